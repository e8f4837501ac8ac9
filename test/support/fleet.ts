import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { CacheOptions } from '../../src/index.js'
import { eventually, type LabServer } from '../../src/lab/index.js'

/** One load that a process is asked for. */
export interface FleetOrder {
  readonly key: string
  /** How many callers ask at once. */
  readonly callers: number
  /** How long the loader takes, in ms. */
  readonly takes: number
  readonly value: string
}

/** What came of it. */
export interface FleetAnswer {
  /** How often the loader ran there. */
  readonly loads: number
  /** What the callers got, each once. */
  readonly values: readonly string[]
}

/** How many connections listen to shard channels at a server. */
export async function listeners(server: LabServer): Promise<number> {
  const channels = (await server.command('PUBSUB', 'SHARDCHANNELS')) as string[]
  if (channels.length === 0) return 0
  const counts = (await server.command('PUBSUB', 'SHARDNUMSUB', ...channels)) as unknown[]
  return counts.reduce((sum: number, count) => sum + (typeof count === 'number' ? count : 0), 0)
}

/** Another process with a cache of the same options. */
export class FleetMember {
  readonly #child: ChildProcess
  readonly #lines: string[] = []

  private constructor(options: CacheOptions) {
    const args = ['--import', 'tsx', join(import.meta.dirname, 'fleet-child.ts'), JSON.stringify(options)]
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    createInterface(child.stdout).on('line', (line) => this.#lines.push(line))
    this.#child = child
  }

  /** Starts so many; resolves when their caches are connected. */
  static async start(count: number, options: CacheOptions): Promise<readonly FleetMember[]> {
    const members = Array.from({ length: count }, () => new FleetMember(options))
    await Promise.all(members.map((member) => member.#next('ready')))
    return members
  }

  /** Loads with so many callers at once. */
  async load(order: FleetOrder): Promise<FleetAnswer> {
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`)
    return JSON.parse(await this.#next('{')) as FleetAnswer
  }

  /** Resolves when its loader has begun for a key. */
  async loading(key: string): Promise<void> {
    await this.#next(`loading ${key}`)
  }

  /** Ends the process at once, as the system does when memory runs out. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }

  async #next(start: string): Promise<string> {
    const line = await eventually(() => this.#lines.find((one) => one.startsWith(start)) ?? false, { timeout: 30_000 })
    this.#lines.splice(this.#lines.indexOf(line), 1)
    return line
  }
}
