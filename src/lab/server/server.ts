import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { addressOf, type Address, type Reply } from '../../connection/connection.js'
import type { Milliseconds } from '../../units.js'
import { configText, type ServerConfig } from './config-file.js'
import { Control } from './control.js'
import { eventually } from '../eventually.js'
import { LabError } from '../lab-error.js'
import type { Place } from './place.js'
import { loopback } from '../ports.js'
import type { LabProxy } from '../proxy/proxy.js'
import type { Watchdog } from './watchdog.js'

/** How one server is started. */
export interface ServerSetup {
  readonly program: string
  /** Its own folder: config, log and what it writes. */
  readonly folder: string
  readonly place: Place
  readonly config: ServerConfig
  /** Files by name that lie in its folder before its first start. @default none */
  readonly files?: Readonly<Record<string, string>> | undefined
  /** More arguments for the command line. */
  readonly args: readonly string[]
  readonly watchdog: Watchdog
}

/** `paused`: alive and deaf, as a hung server is. */
export type ServerState = 'running' | 'paused' | 'stopped'

/** One real server process, a data node or a sentinel, on a loopback port. */
export class LabServer {
  /** Where others reach it: its own port, or its proxy's. */
  readonly host: string
  readonly port: number
  readonly address: Address
  /** Where its own connections come from, if not from 127.0.0.1 as everybody's. */
  readonly source: string | undefined
  readonly #setup: ServerSetup
  readonly #control: Control
  #child: ChildProcess | undefined
  #state: ServerState = 'stopped'

  /** @internal The lab makes them. */
  constructor(setup: ServerSetup) {
    this.#setup = setup
    const { port, known, source } = setup.place
    this.host = known.host
    this.port = known.port
    this.address = addressOf(known)
    this.source = source
    this.#control = new Control({ host: loopback, port }, { password: [setup.config['requirepass'] ?? []].flat()[0] })
  }

  /** @throws {LabError} E_LAB when it was started without */
  get proxy(): LabProxy {
    const { proxy } = this.#setup.place
    if (proxy) return proxy
    throw new LabError(`${this.address} has no proxy: start it, or its group, with proxied: true.`)
  }

  get state(): ServerState {
    return this.#state
  }

  /** Of the running process; undefined when there is none. */
  get pid(): number | undefined {
    return this.#state === 'stopped' ? undefined : this.#child?.pid
  }

  /**
   * Starts the process, with the config it was left with, and waits until it answers.
   * @throws {LabError} E_LAB it did not come up; the message ends with its log
   */
  async start(): Promise<void> {
    if (this.#state !== 'stopped') return
    if (this.#setup.watchdog.stopped) throw new LabError('The lab was stopped; start another one.')
    if (!existsSync(this.#configFile)) await this.#writeConfig()
    const child = this.#spawn()
    const ended = new AbortController()
    child.once('exit', () => ended.abort())
    child.once('error', () => ended.abort())
    try {
      await eventually(() => this.ask(['PING'], 500), { timeout: 10_000, interval: 5, signal: ended.signal })
    } catch (cause) {
      await this.kill()
      throw new LabError(`${this.#setup.program} did not start on ${this.address}:\n${lastLines(this.log())}`, {
        cause,
      })
    }
  }

  /** Runs a command with a deadline of 5 s and gives the reply as text. */
  command(...args: readonly (string | number)[]): Promise<Reply> {
    return this.ask(args.map(String), 5_000)
  }

  /** The same with a timeout of your own, in ms. */
  ask(args: readonly string[], timeout: Milliseconds): Promise<Reply> {
    return this.#control.ask(args, timeout)
  }

  /** SIGKILL: it is gone at once, as in a crash. */
  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  /** SIGTERM: it closes in good order; SIGKILL when that takes more than 3 s. */
  async stop(): Promise<void> {
    this.resume()
    const force = setTimeout(() => void this.kill(), 3_000)
    await this.#end('SIGTERM').finally(() => clearTimeout(force))
  }

  /** SIGSTOP: it keeps its sockets and answers nothing. */
  pause(): void {
    if (this.#state !== 'running') return
    signal(this.#child, 'SIGSTOP')
    this.#state = 'paused'
  }

  /** SIGCONT. */
  resume(): void {
    if (this.#state !== 'paused') return
    signal(this.#child, 'SIGCONT')
    this.#state = 'running'
  }

  /** Starts it again on the same port; a running one is killed first. */
  async restart(): Promise<void> {
    await this.kill()
    await this.start()
  }

  /** Everything it logged, over all its starts. */
  log(): string {
    return existsSync(this.#logFile) ? readFileSync(this.#logFile, 'utf8') : ''
  }

  get #configFile(): string {
    return join(this.#setup.folder, 'server.conf')
  }

  get #logFile(): string {
    return join(this.#setup.folder, 'server.log')
  }

  async #writeConfig(): Promise<void> {
    await mkdir(this.#setup.folder, { recursive: true })
    const { config, files = {}, folder } = this.#setup
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    await writeFile(this.#configFile, configText(config))
  }

  #spawn(): ChildProcess {
    const { program, args, folder, watchdog } = this.#setup
    const log = openSync(this.#logFile, 'a')
    const child = spawn(program, [this.#configFile, ...args], {
      cwd: folder,
      detached: true,
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    const { pid } = child
    child.unref()
    child.on('error', () => this.#ended(child))
    child.once('exit', () => {
      if (pid !== undefined) watchdog.forget(pid)
      this.#ended(child)
    })
    if (pid !== undefined) watchdog.add(pid)
    this.#child = child
    this.#state = 'running'
    return child
  }

  #ended(child: ChildProcess): void {
    if (this.#child !== child) return
    this.#state = 'stopped'
    this.#control.drop()
  }

  async #end(by: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (this.#state === 'stopped' || !child) return
    child.ref()
    signal(child, by)
    await once(child, 'exit')
  }
}

/** By its id: Deno takes a child for ended once `child.kill` has sent it any signal (findings/deno-child-kill.sh). */
function signal(child: ChildProcess | undefined, name: NodeJS.Signals): void {
  if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(child.pid, name)
}

function lastLines(log: string): string {
  return log.trimEnd().split('\n').slice(-8).join('\n')
}
