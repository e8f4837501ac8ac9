import { LockNotOwnedError } from '../errors.js'
import { timerDelay, type Clock, type Milliseconds } from '../units.js'

/** What tells one holder of a lock from another. */
export interface Holder {
  /** The lock's key, as its user wrote it. */
  readonly key: string
  /** What the key holds on the server while this is the holder. */
  readonly token: string
  /** The fencing number, where one was asked for. */
  readonly fence: number | undefined
}

/**
 * One time of holding a lock, and until when that is certain on our own clock.
 * The signal fires when the lock is lost, or when its ttl may be over: a little before, so that work has time to stop
 * and clocks need not run quite alike.
 */
export class LockHold {
  readonly token: string
  readonly fence: number | undefined
  readonly #key: string
  readonly #clock: Clock
  readonly #lost = new AbortController()
  readonly #ended = new AbortController()
  #expires: Milliseconds = Infinity
  #certainUntil: Milliseconds = Infinity
  #timer: NodeJS.Timeout | undefined
  #failure: unknown

  constructor({ key, token, fence }: Holder, clock: Clock) {
    this.#key = key
    this.token = token
    this.fence = fence
    this.#clock = clock
  }

  /** Fires when the lock is lost, and not when it is released. */
  get signal(): AbortSignal {
    return this.#lost.signal
  }

  /** Fires when the lock is lost or released. */
  get ended(): AbortSignal {
    return this.#ended.signal
  }

  /** Until when the server keeps the lock at least, on our clock. */
  get expires(): Milliseconds {
    return this.#expires
  }

  /** How long the lock is certain to be ours from now on, in ms; less than 0 when it is not certain. */
  get left(): Milliseconds {
    return this.#certainUntil - this.#clock.now()
  }

  /** Notes that the server has just set the end of the lock to `expires`. */
  prove(expires: Milliseconds): void {
    if (this.#ended.signal.aborted) return
    const now = this.#clock.now()
    this.#expires = expires
    this.#certainUntil = now + (expires - now) * certain
    this.#watch()
  }

  /** Notes that the server keeps the lock until `expires` at least; it may have said later before, and that stands. */
  proveAtLeast(expires: Milliseconds): void {
    if (expires > this.#expires) this.prove(expires)
  }

  /** Notes why the lock could not be extended: the cause, should its time run out. */
  failed(reason: unknown): void {
    this.#failure = reason
  }

  /** Ends the hold because somebody else may have the lock; returns the error that says so. */
  lose(problem: string, cause?: unknown): LockNotOwnedError {
    const error = new LockNotOwnedError(this.#key, problem, { cause })
    this.end()
    this.#lost.abort(error)
    return error
  }

  /** Ends the hold; nothing is watched any more. */
  end(): void {
    clearTimeout(this.#timer)
    this.#ended.abort()
  }

  #watch(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#look(), timerDelay(this.left)).unref()
  }

  #look(): void {
    if (this.left > 0) return this.#watch()
    this.lose('may not be ours any more: its ttl is over, and it was not extended in time.', this.#failure)
  }
}

/** The part of a ttl that is relied on. */
const certain = 0.99
