import { setTimeout as sleep } from 'node:timers/promises'
import { builtins } from '../builtins.js'
import type { Client } from '../clients/client.js'
import { acquireFenced, acquireLock, reacquireLock, releaseLock, type Acquired } from '../clients/commands/locks.js'
import { LockNotAcquiredError } from '../errors.js'
import type { Clock, Milliseconds } from '../units.js'
import { LockHold } from './lock-hold.js'
import type { ResolvedLockOptions } from './lock-options.js'
import { isOutage } from './outage.js'

/** The keys of one lock. */
export interface LockKeys {
  /** The lock's key, as its user wrote it. */
  readonly key: string
  /** The same key, as the server knows it. */
  readonly made: string
  /** The key under which its fencing numbers are counted; `undefined` where it has none. */
  readonly counter: string | undefined
}

/**
 * One wait for a lock: a try, then others after longer and longer pauses, until the lock is ours or the time is up.
 * All tries carry one token, so a try whose reply was lost is decided by the next. An outage is waited through like
 * another holder.
 */
export class LockAcquisition {
  readonly #client: Client
  readonly #keys: LockKeys
  readonly #options: ResolvedLockOptions
  readonly #clock: Clock
  readonly #token = builtins.crypto.randomBytes(16).toString('hex')
  /** When the first try began whose outcome is not known; `undefined` when all outcomes are known. */
  #undecidedSince: Milliseconds | undefined

  constructor(client: Client, keys: LockKeys, options: ResolvedLockOptions, clock: Clock) {
    this.#client = client
    this.#keys = keys
    this.#options = options
    this.#clock = clock
  }

  /** Waits for the lock. A rejection leaves no lock behind; where no server can be reached, the ttl ends it. */
  async run(wait: Milliseconds): Promise<LockHold> {
    const { signal } = this.#options
    signal?.throwIfAborted()
    try {
      return await this.#wait(wait)
    } catch (error) {
      if (this.#undecidedSince !== undefined) this.#takeBack()
      throw signal?.aborted ? signal.reason : error
    }
  }

  async #wait(wait: Milliseconds): Promise<LockHold> {
    const { signal } = this.#options
    const until = this.#clock.now() + wait
    for (let tries = 1; ; tries++) {
      const outcome = await this.#try()
      if (outcome instanceof LockHold) return outcome
      const left = until - this.#clock.now()
      if (left <= 0) throw outcome
      await sleep(Math.min(pollPause(tries, Math.random()), left), undefined, signal === undefined ? {} : { signal })
    }
  }

  /** Tries once; resolves to the hold, or to why the lock is not ours yet. */
  async #try(): Promise<LockHold | Error> {
    this.#undecidedSince ??= this.#clock.now()
    try {
      const acquired = await this.#ask()
      if (acquired !== undefined) return await this.#hold(acquired)
      this.#undecidedSince = undefined
      return new LockNotAcquiredError(this.#keys.key, 'is held by somebody else; wait longer, or try again later.')
    } catch (error) {
      if (isOutage(error)) return error as Error
      throw error
    }
  }

  #ask(): Promise<Acquired | undefined> {
    const { made, counter } = this.#keys
    const { ttl, deadline, signal } = this.#options
    const call =
      counter === undefined ? acquireLock(made, this.#token, ttl) : acquireFenced(made, counter, this.#token, ttl)
    return this.#client.execute(call, { deadline, signal })
  }

  async #hold({ fence }: Acquired): Promise<LockHold | Error> {
    const { key } = this.#keys
    const { ttl } = this.#options
    const hold = new LockHold({ key, token: this.#token, fence }, this.#clock)
    if (ttl !== undefined) hold.prove((await this.#heldSince(ttl)) + ttl)
    if (hold.left > 0) return hold
    hold.end()
    return new LockNotAcquiredError(key, `was answered for later than its ttl of ${ttl} ms; give it more.`)
  }

  /** Tells when the lock's ttl began at the earliest. Where most of it may be over by now, it is begun anew. */
  async #heldSince(ttl: Milliseconds): Promise<Milliseconds> {
    const now = this.#clock.now()
    const since = this.#undecidedSince ?? now
    if (now - since < ttl / 2) return since
    const { deadline, signal } = this.#options
    const renewed = await this.#client.execute(reacquireLock(this.#keys.made, this.#token, ttl), { deadline, signal })
    return renewed ? now : since
  }

  /** Releases what may have been taken, in the background: nobody has to wait for it. */
  #takeBack(): void {
    this.#client.execute(releaseLock(this.#keys.made, this.#token)).catch(() => {})
  }
}

/** How long to wait after so many tries, in ms: 10, then up to 250; half of it at random, so that waiters spread. */
export function pollPause(tries: number, random: number): Milliseconds {
  const pause = Math.min(250, 10 * 2 ** (tries - 1))
  return pause / 2 + (pause / 2) * random
}
