import type { Milliseconds } from '../units.js'
import type { ExecuteOptions } from './connection.js'
import { Deadline, deadlines, type DeadlineQueue } from './deadlines.js'
import { onAbort } from './on-abort.js'

/** Those who wait for the same thing, each until its own deadline or signal. */
export class Waiters<T> {
  readonly #late: (waited: Milliseconds) => Error
  readonly #queue: DeadlineQueue
  readonly #waiters = new Set<Waiter<T>>()

  constructor(late: (waited: Milliseconds) => Error, queue: DeadlineQueue = deadlines) {
    this.#late = late
    this.#queue = queue
  }

  get size(): number {
    return this.#waiters.size
  }

  wait({ deadline, signal }: ExecuteOptions): Promise<T> {
    return new Promise((resolve, reject) => {
      const late = (now: Milliseconds, since: Milliseconds): void => this.#refuse(waiter, this.#late(now - since))
      const waiter = new Waiter<T>(deadline, this.#queue.clock.now(), resolve, reject, late)
      this.#waiters.add(waiter)
      this.#queue.add(waiter)
      if (signal !== undefined) waiter.release = onAbort(signal, () => this.#refuse(waiter, signal.reason))
    })
  }

  /** Gives it to the one who has waited longest; false when nobody waits. */
  serveOne(value: T): boolean {
    for (const waiter of this.#waiters) {
      this.#remove(waiter)
      waiter.resolve(value)
      return true
    }
    return false
  }

  /** Gives it to everybody, in the order in which they came. */
  serve(value: T): void {
    while (this.serveOne(value));
  }

  fail(reason: unknown): void {
    for (const waiter of this.#waiters) this.#refuse(waiter, reason)
  }

  #refuse(waiter: Waiter<T>, reason: unknown): void {
    this.#remove(waiter)
    waiter.reject(reason)
  }

  #remove(waiter: Waiter<T>): void {
    this.#waiters.delete(waiter)
    this.#queue.remove(waiter)
    waiter.release()
  }
}

class Waiter<T> extends Deadline {
  release: () => void = nothing
  readonly resolve: (value: T) => void
  readonly reject: (reason: unknown) => void
  readonly #since: Milliseconds
  readonly #late: (now: Milliseconds, since: Milliseconds) => void

  constructor(
    deadline: Milliseconds,
    since: Milliseconds,
    resolve: (value: T) => void,
    reject: (reason: unknown) => void,
    late: (now: Milliseconds, since: Milliseconds) => void,
  ) {
    super(deadline)
    this.#since = since
    this.resolve = resolve
    this.reject = reject
    this.#late = late
  }

  expire(now: Milliseconds): void {
    this.#late(now, this.#since)
  }
}

function nothing(): void {}
