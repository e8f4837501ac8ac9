import { abortable } from '../connection/limit.js'
import type { Lease } from '../connection/pool.js'

/** Connections of one's own, each while its work runs. */
export class Leases {
  readonly #open = new Set<Lease>()
  #ended: Error | undefined

  /** Drops the connection when the work is over, or when the signal says that nobody waits for it. */
  async use<Out>(lease: Lease, signal: AbortSignal | undefined, work: () => Out | Promise<Out>): Promise<Out> {
    this.#open.add(lease)
    try {
      if (this.#ended !== undefined) throw this.#ended
      signal?.throwIfAborted()
      const running = Promise.resolve(work())
      return await (signal === undefined ? running : abortable(running, signal))
    } finally {
      this.#open.delete(lease)
      lease.release()
    }
  }

  /** Drops all of them, and those to come. */
  end(reason: Error): void {
    this.#ended = reason
    for (const lease of this.#open) lease.release()
  }
}
