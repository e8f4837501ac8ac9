import { LockNotOwnedError } from '../errors.js'
import { longestTimer, type Clock, type Milliseconds } from '../units.js'

/** What makes a holder. */
export interface Grip {
  /** The lock's key, as its user wrote it. */
  readonly key: string
  readonly token: string
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

  constructor({ key, token, fence }: Grip, clock: Clock) {
    this.#key = key
    this.token = token
    this.fence = fence
    this.#clock = clock
  }

  /** Fires when it is lost, and not when it is released. */
  get signal(): AbortSignal {
    return this.#lost.signal
  }

  /** Fires when it is lost or released. */
  get ended(): AbortSignal {
    return this.#ended.signal
  }

  /** The server keeps it until then at least, on our clock. */
  get expires(): Milliseconds {
    return this.#expires
  }

  /** How long it is certain from now on; less than 0 when it is not. */
  get left(): Milliseconds {
    return this.#certainUntil - this.#clock.now()
  }

  /** The server has just said that it keeps it until then. */
  prove(expires: Milliseconds): void {
    if (this.#ended.signal.aborted) return
    const now = this.#clock.now()
    this.#expires = expires
    this.#certainUntil = now + (expires - now) * certain
    this.#watch()
  }

  /** Why it could not be extended: the cause, should its time run out. */
  failed(reason: unknown): void {
    this.#failure = reason
  }

  /** @returns the error that says so */
  lose(problem: string, cause?: unknown): LockNotOwnedError {
    const error = new LockNotOwnedError(this.#key, problem, { cause })
    this.end()
    this.#lost.abort(error)
    return error
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#ended.abort()
  }

  #watch(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#look(), Math.min(this.left, longestTimer)).unref()
  }

  #look(): void {
    if (this.left > 0) return this.#watch()
    this.lose('may not be ours any more: its ttl is over, and it was not extended in time.', this.#failure)
  }
}

/** The part of a ttl that is relied on. */
const certain = 0.99
