import type { CallOptions, Client } from '../clients/client.js'
import type { ErrorReply, Reply } from '../connection/connection.js'
import { ClosedError } from '../errors.js'
import { allReady } from './all-ready.js'
import type { Prepared, Runner } from './runner.js'

/** Hands calls to a client, at once where nothing is awaited, and knows which are still being encoded. */
export class ClientRunner implements Runner {
  readonly #client: Client
  readonly #preparing = new Set<Promise<unknown>>()
  #closed = false

  constructor(client: Client) {
    this.#client = client
  }

  /** Whether something is still being encoded. */
  get busy(): boolean {
    return this.#preparing.size > 0
  }

  run<Out>(call: Prepared<Out>, options: CallOptions): Promise<Out> {
    if (this.#closed) return Promise.reject(new ClosedError('the cache'))
    return call instanceof Promise
      ? this.#prepared(call, (ready) => this.#client.execute(ready, options))
      : this.#client.execute(call, options)
  }

  runMany(calls: readonly Prepared<unknown>[], options: CallOptions): Promise<readonly (Reply | ErrorReply)[]> {
    if (this.#closed) return Promise.reject(new ClosedError('the cache'))
    const ready = allReady(calls)
    return ready instanceof Promise
      ? this.#prepared(ready, (encoded) => this.#client.batch(encoded, options))
      : this.#client.batch(ready, options)
  }

  /** Takes no more calls; resolves when all that were begun have reached the client. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#preparing)
  }

  #prepared<In, Out>(input: Promise<In>, send: (ready: In) => Promise<Out>): Promise<Out> {
    let outcome!: Promise<Out>
    const handing = input.then((ready) => void (outcome = send(ready))).finally(() => this.#preparing.delete(handing))
    this.#preparing.add(handing)
    return handing.then(() => outcome)
  }
}
