import type { CallOptions, Client, LeaseOptions } from '../../clients/client.js'
import type { Call, Intent } from '../../clients/command.js'
import type { OwnConnection } from '../../clients/own-connection.js'
import type { ErrorReply, Reply } from '../../connection/connection.js'
import { ClientLayer } from '../client-layer.js'
import { noteWrite } from '../write-watch.js'
import type { NearStore } from './near-store.js'

/**
 * A client whose writes drop what a near cache holds of their keys: before they are sent, so that no later read of this
 * process finds what was there before, and once they have settled, for a replica may have answered with that meanwhile.
 */
export class NearClient extends ClientLayer {
  readonly #store: NearStore
  readonly #stop: () => void

  constructor(client: Client, store: NearStore) {
    super(client)
    this.#store = store
    this.#stop = super.track(store)
  }

  override execute<Out>(call: Call<Out>, options?: CallOptions): Promise<Out> {
    if (call.intent === 'read') return this.client.execute(call, options)
    return this.#writing([call], () => this.client.execute(call, options))
  }

  override batch(calls: readonly Call<unknown>[], options?: CallOptions): Promise<readonly (Reply | ErrorReply)[]> {
    const writes = calls.filter(({ intent }) => intent === 'write')
    if (writes.length === 0) return this.client.batch(calls, options)
    return this.#writing(writes, () => this.client.batch(calls, options))
  }

  /**
   * Every command on a connection of one's own counts as a write: of the keys that were given, or else of all. Reads of
   * other callers go on beside the work, so each command drops what they have brought since the one before.
   */
  override lease<Out>(
    intent: Intent,
    work: (connection: OwnConnection) => Out | Promise<Out>,
    options: LeaseOptions = {},
  ): Promise<Out> {
    if (intent === 'read') return this.client.lease(intent, work, options)
    const { keys = [] } = options
    const drop = (): void => {
      if (keys.length === 0) this.#store.onWriteWhere(() => true)
      else this.#store.onWrite(keys)
    }
    return this.#between(drop, () => this.client.lease(intent, (own) => work(own.observed(drop)), options))
  }

  override close(): Promise<void> {
    this.#end()
    return this.client.close()
  }

  override destroy(reason?: Error): void {
    this.#end()
    this.client.destroy(reason)
  }

  #end(): void {
    this.#stop()
    this.#store.clear()
  }

  #writing<Out>(calls: readonly Call<unknown>[], write: () => Promise<Out>): Promise<Out> {
    return this.#between(() => calls.forEach((call) => noteWrite(call, this.#store)), write)
  }

  #between<Out>(drop: () => void, write: () => Promise<Out>): Promise<Out> {
    drop()
    const outcome = write()
    outcome.then(drop, drop)
    return outcome
  }
}
