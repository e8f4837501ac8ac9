import type { CallOptions, Client, TopologySnapshot } from '../clients/client.js'
import type { Call, Intent } from '../clients/command.js'
import type { ScanFrom } from '../clients/commands/scan.js'
import type { OwnConnection } from '../clients/own-connection.js'
import type { ErrorReply, Reply } from '../connection/connection.js'
import type { TopologyEvent } from '../topology/events.js'
import type { Milliseconds } from '../units.js'
import type { WriteWatch } from './write-watch.js'

/** A client whose writes are noted by a {@link WriteWatch}; what runs on connections of one's own is not seen. */
export class WatchedClient implements Client {
  readonly #client: Client
  readonly #writes: WriteWatch

  constructor(client: Client, writes: WriteWatch) {
    this.#client = client
    this.#writes = writes
  }

  execute<Out>(call: Call<Out>, options?: CallOptions): Promise<Out> {
    this.#writes.note(call)
    return this.#client.execute(call, options)
  }

  batch(calls: readonly Call<unknown>[], options?: CallOptions): Promise<readonly (Reply | ErrorReply)[]> {
    for (const call of calls) this.#writes.note(call)
    return this.#client.batch(calls, options)
  }

  scan<Item>(from: ScanFrom<Item>, options?: CallOptions): AsyncIterable<readonly Item[]> {
    return this.#client.scan(from, options)
  }

  lease<Out>(
    intent: Intent,
    work: (connection: OwnConnection) => Out | Promise<Out>,
    options?: CallOptions,
  ): Promise<Out> {
    return this.#client.lease(intent, work, options)
  }

  serverTime(key: string): Milliseconds | undefined {
    return this.#client.serverTime?.(key)
  }

  topology(): TopologySnapshot {
    return this.#client.topology()
  }

  onTopology(listener: (event: TopologyEvent) => void): () => void {
    return this.#client.onTopology(listener)
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  destroy(reason?: Error): void {
    this.#client.destroy(reason)
  }
}
