import type { CallOptions } from '../clients/client.js'
import type { Call } from '../clients/command.js'
import type { Split } from '../clients/split.js'
import type { ErrorReply, Reply } from '../connection/connection.js'
import { isPromise } from '../promises.js'

/** What is still being encoded. Its keys are known before, so that it keeps its place among calls of the same keys. */
export class Encoding<Ready> {
  readonly keys: readonly string[]
  readonly ready: Promise<Ready>

  constructor(keys: readonly string[], ready: Promise<Ready>) {
    this.keys = keys
    this.ready = ready
    ready.catch(() => {})
  }
}

/** What is ready, or still being encoded. */
export type Prepared<Ready> = Ready | Encoding<Ready>

/** How calls get to the servers: through a client, or gathered in a pipeline. */
export interface Runner {
  /** Runs one call. */
  run<Out>(call: Prepared<Call<Out>>, options: CallOptions): Promise<Out>
  /** Runs a call that is so large that it is sent in portions. */
  runSplit<Out>(split: Prepared<Split<Out>>, options: CallOptions): Promise<Out>
  /** Resolves when it is the turn of a call that has these keys, and goes its own way. No keys are all keys. */
  turn(keys: readonly string[], options: CallOptions): Promise<void>
  /** Runs many calls; what the server refused stands in the result as an {@link ErrorReply}. */
  runMany(calls: Prepared<readonly Call<unknown>[]>, options: CallOptions): Promise<readonly (Reply | ErrorReply)[]>
}

/** Makes calls of encoded values, at once where these are there. */
export function prepare<In, Ready>(
  keys: readonly string[],
  encoded: In | Promise<In>,
  make: (encoded: In) => Ready,
): Prepared<Ready> {
  return isPromise(encoded)
    ? new Encoding(keys, Promise.resolve(encoded as Promise<In>).then(make))
    : make(encoded as In)
}
