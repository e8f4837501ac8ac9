import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findBinaries, type Binaries } from './binaries.js'
import { nodeConfig, type ServerConfig } from './config-file.js'
import type { LabGroup } from './group.js'
import { resolveGroupOptions, type GroupOptions } from './group-options.js'
import { startGroup } from './group-start.js'
import { freePort } from './ports.js'
import { LabServer } from './server.js'
import { Watchdog } from './watchdog.js'

export interface LabOptions {
  /** Where the lab makes a temporary folder of its own. @default the system's folder for temporary files */
  readonly folder?: string | undefined
}

export interface ServerOptions {
  /** Settings; they win over the lab's own. */
  readonly config?: ServerConfig | undefined
  /** More arguments for the command line. */
  readonly args?: readonly string[] | undefined
}

/**
 * Starts a lab: real servers for tests and demos, on loopback ports, in a temporary folder.
 * Everything stops with the process that started it, however that ends.
 * @throws {LabError} E_LAB when there are no server programs on PATH
 */
export async function startLab({ folder = tmpdir() }: LabOptions = {}): Promise<Lab> {
  const binaries = findBinaries()
  return new Lab(binaries, await mkdtemp(join(folder, 'valkey-cache-lab-')))
}

/** Starts servers, and ends all that it started. */
export class Lab {
  readonly folder: string
  readonly #binaries: Binaries
  readonly #watchdog: Watchdog
  readonly #servers = new Set<LabServer>()
  #stopping: Promise<void> | undefined

  constructor(binaries: Binaries, folder: string) {
    this.folder = folder
    this.#binaries = binaries
    this.#watchdog = new Watchdog(folder)
  }

  /** Which servers these are: `valkey`, or `redis` where there is no Valkey. */
  get software(): 'valkey' | 'redis' {
    return this.#binaries.name
  }

  /** A standalone server. */
  async server({ config = {}, args = [] }: ServerOptions = {}): Promise<LabServer> {
    const port = await freePort()
    const server = this.#add('server', port, { ...nodeConfig(port), ...config }, args)
    await server.start()
    return server
  }

  /** A primary, its replicas and their sentinels; resolves when the group has settled. */
  group(options: GroupOptions = {}): Promise<LabGroup> {
    return startGroup((kind, port, config) => this.#add(kind, port, config), resolveGroupOptions(options))
  }

  /** Kills every server and removes the folder. */
  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop())
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #add(kind: 'server' | 'sentinel', port: number, config: ServerConfig, args: readonly string[] = []): LabServer {
    const program = this.#binaries[kind]
    const folder = join(this.folder, String(port))
    const server = new LabServer({ program, folder, port, config, args, watchdog: this.#watchdog })
    this.#servers.add(server)
    return server
  }

  async #stop(): Promise<void> {
    await Promise.all([...this.#servers].map((server) => server.kill()))
    await this.#watchdog.stop()
  }
}
