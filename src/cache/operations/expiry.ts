import { mapped } from '../../clients/commands/build.js'
import { persist, pexpire, pexpireAt, pttl } from '../../clients/commands/expiry.js'
import { exists, unlink } from '../../clients/commands/strings.js'
import { ConfigurationError } from '../../errors.js'
import type { Key } from '../../keys/key-maker.js'
import { show, type Milliseconds } from '../../units.js'
import type { CallOptions, ReadOptions, TtlOptions } from '../options.js'
import { isOver, resolveTtl, type Ttl } from '../ttl.js'
import { Counters } from './counters.js'

/** How long things are kept. */
export abstract class Expiry extends Counters {
  /** Gives it a new ttl; whether it was there. A ttl of 0 or less deletes. */
  async touch(key: Key, options: TtlOptions = {}): Promise<boolean> {
    return this.#expire('touch', key, this.ttlOf(options), options)
  }

  /** As {@link touch}, with the ttl in plain sight; `null` is for ever. */
  async expire(key: Key, ttl: Ttl, options: CallOptions = {}): Promise<boolean> {
    return this.#expire('expire', key, resolveTtl(ttl, 'ttl'), options)
  }

  /** Ends it at a moment, a Date or ms since 1970; whether it was there. A moment that has passed deletes. */
  async expireAt(key: Key, moment: Date | Milliseconds, options: CallOptions = {}): Promise<boolean> {
    const at = Math.ceil(Number(moment))
    const known = moment instanceof Date || typeof moment === 'number'
    if (!known || !Number.isSafeInteger(at))
      throw new ConfigurationError('expireAt', `expected a Date or ms since 1970, got ${show(moment)}`)
    return this.call('expireAt', options, () => pexpireAt(this.makeKey(key, options), at))
  }

  /** Keeps it for ever; whether it had a ttl. */
  async persist(key: Key, options: CallOptions = {}): Promise<boolean> {
    return this.call('persist', options, () => persist(this.makeKey(key, options)))
  }

  /** What is left of its ttl in ms; `null`: kept for ever; `undefined`: not there. */
  async ttl(key: Key, options: ReadOptions = {}): Promise<Milliseconds | null | undefined> {
    return this.call('ttl', options, () => pttl(this.makeKey(key, options)))
  }

  async #expire(
    operation: 'touch' | 'expire',
    key: Key,
    ttl: Milliseconds | undefined,
    options: CallOptions,
  ): Promise<boolean> {
    const made = this.makeKey(key, options)
    if (isOver(ttl)) return this.call(operation, options, () => mapped(unlink([made]), (removed) => removed > 0))
    if (ttl !== undefined) return this.call(operation, options, () => pexpire(made, ttl))
    const hadExpiry = await this.call(operation, options, () => persist(made))
    const onPrimary = { ...options, readFrom: 'primary' } as const
    return hadExpiry || this.call(operation, onPrimary, () => mapped(exists([made]), (there) => there > 0))
  }
}
