import { LRUCache } from 'lru-cache'
import { ErrorReply, type Reply } from '../connection/connection.js'
import { replyError } from '../connection/reply-error.js'
import { ClosedError, UnsupportedError } from '../errors.js'
import { plainTopology, type CallOptions, type Client, type TopologySnapshot } from './client.js'
import type { Call, Value } from './command.js'
import { scanSteps, type ScanFrom } from './commands/scan.js'
import { runInMemory, type Store } from './memory-commands.js'

/**
 * A client without a server: the commands run on a bounded map in this process.
 * Bounds: 64 MiB of keys and values; the least recently used go first.
 */
export class MemoryClient implements Client {
  readonly #store: Store = new LRUCache<string, Value>({
    maxSize: largestStore,
    ttlResolution: 0,
    sizeCalculation: (value, key) => key.length + value.length + 1,
  })
  #closed = false

  async execute<Out>(call: Call<Out>, options: CallOptions = {}): Promise<Out> {
    const reply = this.#run(call, options)
    if (reply instanceof ErrorReply) throw replyError(address, call.name, reply)
    return call.reply(reply)
  }

  async batch(calls: readonly Call<unknown>[], options: CallOptions = {}): Promise<readonly Reply[]> {
    return calls.map((call) => this.#run(call, options))
  }

  scan<Item>(from: ScanFrom<Item>, options: CallOptions = {}): AsyncIterable<readonly Item[]> {
    return scanSteps((cursor) => this.execute(from(cursor), options))
  }

  async lease(): Promise<never> {
    throw new UnsupportedError('The memory client has no connections; use a server for this.')
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
    this.#store.clear()
  }

  #run(call: Call<unknown>, { signal }: CallOptions): Reply {
    if (this.#closed) throw new ClosedError(address)
    signal?.throwIfAborted()
    return runInMemory(this.#store, call)
  }
}

const address = 'memory'
const largestStore = 64 * 1024 * 1024
