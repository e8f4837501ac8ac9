import type { Client } from '../clients/client.js'
import type { Call } from '../clients/command.js'
import { extendLock, keepLock, lockHolder, reacquireLock, releaseLock } from '../clients/commands/locks.js'
import { exists } from '../clients/commands/strings.js'
import {
  CommandTimeoutError,
  ConnectionInterruptedError,
  LockError,
  LockNotAcquiredError,
  LockNotOwnedError,
} from '../errors.js'
import type { Key, KeyMaker } from '../keys/key-maker.js'
import { toPositiveMilliseconds, type Clock, type Duration, type Milliseconds } from '../units.js'
import { autoExtend } from './auto-extend.js'
import { LockAcquisition, type LockKeys } from './lock-acquisition.js'
import type { LockHold } from './lock-hold.js'
import { extendOptions } from './option-checks.js'
import { checkFunction, checkOptions } from './option-table.js'
import { noOptions } from './options.js'
import { resolveLockOptions, type LockOptions, type ResolvedLockOptions } from './lock-options.js'

/**
 * A lock that excludes other processes, on the primary. One object is one holder; making it costs nothing.
 * Shape: the made key holds the holder's token, as with valkey-py's Lock, so that Python and Node exclude each other.
 * Errors: beside its own, those of every write. Replication is asynchronous: after a failover two may hold the lock.
 * Source: the method names and their meaning are valkey-py's, where `acquire` gives false when this one rejects
 */
export class Lock {
  /** The lock's key, as its user wrote it. */
  readonly key: string
  readonly #client: Client
  readonly #keys: LockKeys
  readonly #options: ResolvedLockOptions
  readonly #clock: Clock
  #hold: LockHold | undefined
  #signal: AbortSignal | undefined
  #busy = false

  /**
   * @internal `cache.lock` makes them.
   * @throws {ConfigurationError} E_CONFIG, {KeyError} E_KEY
   */
  constructor(client: Client, keys: KeyMaker, key: Key, options: LockOptions, clock: Clock) {
    const { version } = options
    this.key = String(key)
    this.#client = client
    this.#options = resolveLockOptions(options)
    const counter = this.#options.fence ? keys.beside('fence', key, version) : undefined
    this.#keys = { key: this.key, made: keys.make(key, version), counter }
    this.#clock = clock
  }

  /**
   * A signal that fires when the lock is lost, or when its ttl may be over on our clock; not when the lock is released.
   * Its reason is a {@link LockNotOwnedError}. Before the first `acquire` it has fired.
   */
  get signal(): AbortSignal {
    return this.#signal ?? AbortSignal.abort(this.#notHeld())
  }

  /** This holder's number, greater than those of all holders before; `undefined` without `fence`, or while not held. */
  get fence(): number | undefined {
    return this.#hold?.fence
  }

  /**
   * Waits until the lock is ours, for `wait` and one deadline at most. Resolves to the lock itself, for `await using`.
   * @throws {LockNotAcquiredError} E_LOCK_NOT_ACQUIRED when somebody else held the lock all the time
   * @throws {LockError} E_LOCK when this object holds the lock, or waits for it, already
   * @example
   * await using lock = await cache.lock('lock:index', { ttl: '30s' }).acquire()
   */
  async acquire(): Promise<this> {
    await this.#acquire(this.#options.wait)
    return this
  }

  /** Tries once to take the lock. Resolves to true if it is ours now, and to false if somebody else holds it. */
  async tryAcquire(): Promise<boolean> {
    try {
      await this.#acquire(0)
      return true
    } catch (error) {
      if (error instanceof LockNotAcquiredError) return false
      throw error
    }
  }

  /**
   * Releases the lock. Whatever comes of that, this object does not hold the lock any more.
   * @throws {LockNotOwnedError} E_LOCK_NOT_OWNED when the lock was not ours any more, or not held at all
   * @throws {ConnectionInterruptedError} E_INTERRUPTED when the reply was lost; if the release did not run, the ttl ends
   * the lock
   */
  async release(): Promise<void> {
    const hold = this.#held()
    this.#hold = undefined
    this.#busy = false
    hold.end()
    if (!(await this.#release(releaseLock(this.#keys.made, hold.token)))) throw this.#lost(hold)
  }

  /**
   * Adds time to what is left of the lock's ttl, or with `replace` sets what is left; in ms or as a literal. With
   * `autoExtend` a time longer than the ttl stands: renewing the lock never shortens it.
   * @throws {LockNotOwnedError} E_LOCK_NOT_OWNED when the lock is not ours any more, or not held at all
   * @throws {LockError} E_LOCK when the lock has no ttl
   */
  async extend(by: Duration, options: { readonly replace?: boolean } = noOptions): Promise<void> {
    checkOptions('lock.extend', extendOptions, options)
    const { replace = false } = options
    const hold = this.#held()
    this.#ttl()
    const ms = Math.ceil(toPositiveMilliseconds(by, 'lock.extend'))
    const now = this.#clock.now()
    await this.#renew(hold, extendLock(this.#keys.made, hold.token, ms, replace), this.#options.deadline)
    hold.prove(replace ? now + ms : hold.expires + ms)
  }

  /** Sets what is left of the lock's ttl to all of it, even when more was left; errors as with {@link extend}. */
  async reacquire(): Promise<void> {
    const hold = this.#held()
    const [ttl, now] = [this.#ttl(), this.#clock.now()]
    await this.#renew(hold, reacquireLock(this.#keys.made, hold.token, ttl), this.#options.deadline)
    hold.prove(now + ttl)
  }

  /** Asks the primary whether anybody holds the lock. */
  async locked(): Promise<boolean> {
    return (await this.#client.execute(exists([this.#keys.made]), this.#reading)) > 0
  }

  /** Asks the primary whether this object holds the lock. */
  async owned(): Promise<boolean> {
    const hold = this.#hold
    if (hold === undefined) return false
    const owned = (await this.#client.execute(lockHolder(this.#keys.made), this.#reading)) === hold.token
    if (!owned && hold === this.#hold) this.#lost(hold)
    return owned
  }

  /**
   * Acquires the lock, runs the work and releases the lock. Resolves to what the work gives.
   * @throws what the work throws, as it is
   * @throws {LockNotOwnedError} E_LOCK_NOT_OWNED when the work ended well although the lock was lost
   */
  async run<T>(work: (lock: Lock) => T | Promise<T>): Promise<T> {
    checkFunction('run', work)
    await this.acquire()
    let result: T
    try {
      result = await work(this)
    } catch (error) {
      await this[Symbol.asyncDispose]().catch(() => {})
      throw error
    }
    await this[Symbol.asyncDispose]()
    return result
  }

  /** Releases the lock, if it is held. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hold !== undefined) await this.release()
  }

  get #reading(): { readonly readFrom: 'primary'; readonly deadline: Milliseconds | undefined } {
    return { readFrom: 'primary', deadline: this.#options.deadline }
  }

  async #acquire(wait: Milliseconds): Promise<void> {
    if (this.#busy) throw new LockError(this.key, 'is in use by this object; make one for each holder.')
    this.#busy = true
    try {
      const hold = await new LockAcquisition(this.#client, this.#keys, this.#options, this.#clock).run(wait)
      this.#hold = hold
      this.#signal = hold.signal
      if (this.#options.autoExtend) void autoExtend(this.#ttl(), () => this.#keep(hold), hold.ended)
    } finally {
      this.#busy = this.#hold !== undefined
    }
  }

  /**
   * Releases once more when the reply was lost. Whether the first release ran, or the lock was lost before, cannot be
   * told apart then, so that stays an error.
   */
  async #release(call: Call<boolean>): Promise<boolean> {
    const { deadline } = this.#options
    try {
      return await this.#client.execute(call, { deadline })
    } catch (error) {
      const again = mayHaveRun(error) && (await this.#client.execute(call, { deadline }).catch(() => false))
      if (again) return true
      throw error
    }
  }

  /** Renews the lock for {@link autoExtend}, never to an earlier end; what goes wrong is told by the signal. */
  async #keep(hold: LockHold): Promise<boolean> {
    try {
      const [ttl, now] = [this.#ttl(), this.#clock.now()]
      // Less than what is left, so that a renewal in vain is known as the cause when the lock is lost.
      await this.#renew(hold, keepLock(this.#keys.made, hold.token, ttl), Math.max(0, hold.left * 0.9))
      hold.proveAtLeast(now + ttl)
      return true
    } catch (error) {
      hold.failed(error)
      return false
    }
  }

  async #renew(hold: LockHold, call: Call<boolean>, deadline: Milliseconds | undefined): Promise<void> {
    hold.signal.throwIfAborted()
    if (!(await this.#client.execute(call, { deadline }))) throw this.#lost(hold)
  }

  #ttl(): Milliseconds {
    const { ttl } = this.#options
    if (ttl === undefined) throw new LockError(this.key, 'has no ttl to extend; it is held until it is released.')
    return ttl
  }

  #held(): LockHold {
    if (this.#hold === undefined) throw this.#notHeld()
    return this.#hold
  }

  #notHeld(): LockNotOwnedError {
    return new LockNotOwnedError(this.key, 'is not held by this object; acquire it first.')
  }

  #lost(hold: LockHold): LockNotOwnedError {
    return hold.lose(
      'is not ours any more: its ttl ended or it was deleted, and others may have entered what it guards.',
    )
  }
}

function mayHaveRun(error: unknown): boolean {
  return (error instanceof ConnectionInterruptedError || error instanceof CommandTimeoutError) && error.sent
}
