import { ErrorReply, type Reply } from '../../connection/connection.js'
import { replyError } from '../../connection/reply-error.js'
import { ClosedError, CommandTimeoutError, UnsupportedError } from '../../errors.js'
import { wallClock, type Clock, type Milliseconds } from '../../units.js'
import { plainTopology, type CallOptions, type Client, type LocalEntry, type TopologySnapshot } from '../client.js'
import type { Call } from '../command.js'
import { scanSteps, type ScanFrom } from '../commands/scan.js'
import type { Bounds } from './keyspace.js'
import { MemoryServer } from './server.js'

/**
 * A client without a server: the same calls, answered in this process.
 * Bounds: 100,000 keys and 64 MiB; the least recently used go first, and what is larger by itself is refused.
 * Units: times are those of the host's clock, to the ms, as on a server.
 * Errors: a command that only a server can run is an UnsupportedError: blocking ones, scripts, channels, lists, streams.
 */
export class MemoryClient implements Client {
  readonly #server: MemoryServer
  readonly #clock: Clock
  #closed = false

  constructor(bounds: Bounds = defaultBounds, clock: Clock = wallClock) {
    this.#server = new MemoryServer(bounds, clock)
    this.#clock = clock
  }

  async execute<Out>(call: Call<Out>, options: CallOptions = {}): Promise<Out> {
    this.#check([call], options)
    const reply = this.#server.prepare(call)()
    if (reply instanceof ErrorReply) throw replyError(address, call.name, reply)
    return call.reply(reply)
  }

  /** None of them runs when one of them cannot. */
  async batch(calls: readonly Call<unknown>[], options: CallOptions = {}): Promise<readonly Reply[]> {
    if (calls.length === 0) return []
    this.#check(calls, options)
    const prepared = calls.map((call) => this.#server.prepare(call))
    return prepared.map((run) => run())
  }

  scan<Item>(from: ScanFrom<Item>, options: CallOptions = {}): AsyncIterable<readonly Item[]> {
    return scanSteps((cursor) => this.execute(from(cursor), options))
  }

  async lease(): Promise<never> {
    throw new UnsupportedError('The memory client has no connections; use a server for this.')
  }

  peek(key: string): LocalEntry | undefined {
    return this.#server.peek(key)
  }

  serverTime(): Milliseconds {
    return this.#clock.now()
  }

  topology(): TopologySnapshot {
    return plainTopology
  }

  onTopology(): () => void {
    return () => {}
  }

  async close(): Promise<void> {
    this.destroy()
  }

  destroy(): void {
    this.#closed = true
    this.#server.clear()
  }

  #check(calls: readonly Call<unknown>[], { signal, deadline = Infinity }: CallOptions): void {
    if (this.#closed) throw new ClosedError(address)
    signal?.throwIfAborted()
    if (!(deadline > 0)) throw new CommandTimeoutError(calls.map(({ name }) => name).join('+'), 0, false)
  }
}

const address = 'memory'
const defaultBounds: Bounds = { entries: 100_000, bytes: 64 * 1024 * 1024 }
