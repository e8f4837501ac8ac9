import type { Milliseconds } from '../../units.js'
import { Alarm, type DeadlineQueue } from '../deadlines.js'
import { SignsOfLife } from '../signs-of-life.js'
import type { PendingCommand } from './pending.js'

/** Watches how long one connection is silent, and tells once it is for too long; again after the next sign of life. */
export class SilenceWatch {
  readonly #queue: DeadlineQueue
  readonly #oldest: () => PendingCommand | undefined
  readonly #signs: SignsOfLife
  readonly #alarm: Alarm
  readonly #heardListeners = new Set<() => void>()
  #after: (() => Milliseconds) | undefined
  #silent: () => void = nothing

  /** @param oldest the command whose reply is due next */
  constructor(queue: DeadlineQueue, oldest: () => PendingCommand | undefined) {
    this.#queue = queue
    this.#oldest = oldest
    this.#signs = new SignsOfLife(queue.clock.now())
    this.#alarm = new Alarm(() => this.#judge(), queue)
  }

  /** How long nothing has come although a command waits for its reply, in ms. */
  get silence(): Milliseconds {
    const oldest = this.#oldest()
    return oldest === undefined ? 0 : this.#signs.silence(this.#queue.clock.recent(), oldest.bytes)
  }

  /** Calls `silent` when the silence reaches `after()` ms. */
  tell(after: () => Milliseconds, silent: () => void): void {
    this.#after = after
    this.#silent = silent
    this.#setAlarm()
  }

  onceHeard(listener: () => void): () => void {
    this.#heardListeners.add(listener)
    return () => this.#heardListeners.delete(listener)
  }

  /** Bytes came. */
  heard(): void {
    this.#signs.heard(this.#queue.clock.now())
    this.#setAlarm()
    if (this.#heardListeners.size === 0) return
    const listeners = [...this.#heardListeners]
    this.#heardListeners.clear()
    for (const listener of listeners) listener()
  }

  /** The first command after a time in which nothing was asked has left: silence counts from now on. */
  asked(): void {
    this.#signs.heard(this.#queue.clock.now())
    this.#setAlarm()
  }

  /** The system took so many bytes that it had asked us to hold back, since then. */
  drained(bytes: number, since: Milliseconds): void {
    const now = this.#queue.clock.now()
    this.#signs.drained(now, bytes, now - since)
  }

  stop(): void {
    this.#alarm.clear()
    this.#heardListeners.clear()
  }

  #setAlarm(): void {
    if (this.#after !== undefined && !this.#alarm.isSet && this.#oldest() !== undefined)
      this.#alarm.set(this.#queue.clock.now() + this.#after())
  }

  /** The alarm goes off without having been set anew by each reply: it may be that all is well. */
  #judge(): void {
    if (this.#after === undefined || this.#oldest() === undefined) return
    const left = this.#after() - this.silence
    if (left <= 0) this.#silent()
    else this.#alarm.set(this.#queue.clock.now() + left)
  }
}

function nothing(): void {}
