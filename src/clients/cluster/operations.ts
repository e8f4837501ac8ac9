import type { RemoteClient } from '../remote.js'
import type { Job, Unfinished } from '../work.js'

/** Many calls that were sent together to one shard, until the last of them is answered for good. */
export interface Operation {
  readonly shard: RemoteClient
  /** Its place among the calls of the shard. */
  readonly sequence: number
  readonly calls: readonly Job[]
  /** Resolves at its end, whatever came of it. */
  readonly ended: Promise<unknown>
}

/**
 * The operations of many calls that are under way. Their replies are looked at together, so a call that was made after them
 * may hear first that its slot has moved: it waits for them then.
 */
export class Operations {
  readonly #running = new Set<Operation>()
  /** Their calls that are asked again by themselves. */
  readonly #again = new Set<Job>()

  /** Whether any is under way. */
  get busy(): boolean {
    return this.#running.size > 0
  }

  /** Resolves when those are over that are under way now. */
  async settled(): Promise<void> {
    await Promise.all([...this.#running].map(({ ended }) => ended))
  }

  add(operation: Operation): void {
    this.#running.add(operation)
    void operation.ended.then(() => this.#running.delete(operation))
  }

  /** Asks a call of an operation again by itself: it waits for nobody. */
  async again<Out>(job: Job, ask: () => Promise<Out>): Promise<Out> {
    this.#again.add(job)
    try {
      return await ask()
    } finally {
      this.#again.delete(job)
    }
  }

  isAgain(job: Job): boolean {
    return this.#again.has(job)
  }

  /** Those that touch keys that pass the test. */
  touching(concerns: (key: string) => boolean): readonly Operation[] {
    return [...this.#running].filter(({ calls }) => calls.some(({ keys }) => keys.some(concerns)))
  }

  /** Those that a redirected call must not overtake. */
  before({ job, sequence }: Unfinished, shard: RemoteClient): readonly Operation[] {
    if (this.#running.size === 0) return []
    return this.touching((key) => job.keys.includes(key)).filter(
      (other) => other.shard === shard && other.sequence < sequence,
    )
  }
}
