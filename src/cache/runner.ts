import type { CallOptions } from '../clients/client.js'
import type { Call } from '../clients/command.js'
import type { ErrorReply, Reply } from '../connection/connection.js'

/** A call, or a promise of one whose values are still being encoded. */
export type Prepared<Out> = Call<Out> | Promise<Call<Out>>

/** How calls get to the servers: through a client, or gathered in a pipeline. */
export interface Runner {
  run<Out>(call: Prepared<Out>, options: CallOptions): Promise<Out>
  /** Runs calls in one trip; what the server refused stands in the result as an {@link ErrorReply}. */
  runMany(calls: readonly Prepared<unknown>[], options: CallOptions): Promise<readonly (Reply | ErrorReply)[]>
}
