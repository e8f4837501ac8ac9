import type { CallOptions, Client } from '../clients/client.js'
import type { Call } from '../clients/command.js'
import type { ErrorReply, Reply } from '../connection/connection.js'
import { ClientLayer } from './client-layer.js'
import type { WriteWatch } from './write-watch.js'

/** A client whose writes are noted by a {@link WriteWatch}; what runs on connections of one's own is not seen. */
export class WatchedClient extends ClientLayer {
  readonly #writes: WriteWatch

  constructor(client: Client, writes: WriteWatch) {
    super(client)
    this.#writes = writes
  }

  override execute<Out>(call: Call<Out>, options?: CallOptions): Promise<Out> {
    this.#writes.note(call)
    return this.client.execute(call, options)
  }

  override batch(calls: readonly Call<unknown>[], options?: CallOptions): Promise<readonly (Reply | ErrorReply)[]> {
    for (const call of calls) this.#writes.note(call)
    return this.client.batch(calls, options)
  }
}
