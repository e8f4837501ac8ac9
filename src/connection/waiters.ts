import type { Clock, Milliseconds } from '../units.js'
import type { ExecuteOptions } from './connection.js'
import { onAbort } from './on-abort.js'
import { Sweeper } from './sweeper.js'

interface Waiter<T> {
  readonly since: Milliseconds
  readonly deadline: Milliseconds
  readonly resolve: (value: T) => void
  readonly reject: (reason: unknown) => void
  release: () => void
}

/** Those who wait for the same thing, each until its own deadline or signal, all by one clock. */
export class Waiters<T> {
  readonly #clock: Clock
  readonly #late: (waited: Milliseconds) => Error
  readonly #sweeper: Sweeper
  readonly #waiters = new Set<Waiter<T>>()

  constructor(clock: Clock, late: (waited: Milliseconds) => Error) {
    this.#clock = clock
    this.#late = late
    this.#sweeper = new Sweeper(clock, (now) => this.#sweep(now))
  }

  wait({ deadline, signal }: ExecuteOptions): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter<T> = { since: this.#clock.now(), deadline, resolve, reject, release: nothing }
      this.#waiters.add(waiter)
      if (signal !== undefined) waiter.release = onAbort(signal, () => this.#refuse(waiter, signal.reason))
      this.#sweeper.start()
    })
  }

  /** Here it is, for everybody, in the order they came. */
  serve(value: T): void {
    for (const waiter of this.#waiters) {
      this.#remove(waiter)
      waiter.resolve(value)
    }
  }

  fail(reason: unknown): void {
    for (const waiter of this.#waiters) this.#refuse(waiter, reason)
  }

  #sweep(now: Milliseconds): boolean {
    for (const waiter of this.#waiters) if (waiter.deadline <= now) this.#refuse(waiter, this.#late(now - waiter.since))
    return this.#waiters.size > 0
  }

  #refuse(waiter: Waiter<T>, reason: unknown): void {
    this.#remove(waiter)
    waiter.reject(reason)
  }

  #remove(waiter: Waiter<T>): void {
    this.#waiters.delete(waiter)
    waiter.release()
  }
}

function nothing(): void {}
