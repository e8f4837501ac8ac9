import { mapped } from '../../clients/commands/build.js'
import { persist, pexpire, pexpireAt, pttl } from '../../clients/commands/expiry.js'
import { exists, unlink } from '../../clients/commands/strings.js'
import { ConfigurationError } from '../../errors.js'
import type { Key } from '../../keys/key-maker.js'
import { show, type Milliseconds } from '../../units.js'
import { noOptions, type CallOptions, type ReadOptions, type TtlOptions } from '../options.js'
import { isOver, resolveTtl, type Ttl } from '../ttl.js'
import { describe, type Operation, type OperationTable } from '../operation.js'
import { callOptions, readOptions, ttlOptions } from '../option-checks.js'
import { Operations } from './base.js'
import type { OperationContext } from './context.js'

const operations = describe({
  ttl: { takes: readOptions, outage: undefined },
  touch: { takes: ttlOptions, outage: false },
  expire: { takes: callOptions, outage: false },
  expireAt: { takes: callOptions, outage: false },
  persist: { takes: callOptions, outage: false },
})

/** How long things are kept. */
export class Expiry extends Operations {
  static readonly operations: OperationTable = operations

  /** Gives it a new ttl; whether it was there. A ttl of 0 or less deletes. */
  async touch(key: Key, options: TtlOptions = noOptions): Promise<boolean> {
    this.context.check(operations.touch, options)
    return expireIn(this.context, operations.touch, key, this.context.ttlOf(options), options)
  }

  /** As {@link touch}, with the ttl in plain sight; `null` is for ever. */
  async expire(key: Key, ttl: Ttl, options: CallOptions = noOptions): Promise<boolean> {
    return expireIn(this.context, operations.expire, key, resolveTtl(ttl, 'ttl'), options)
  }

  /** Ends it at a moment, a Date or ms since 1970; whether it was there. A moment that has passed deletes. */
  async expireAt(key: Key, moment: Date | Milliseconds, options: CallOptions = noOptions): Promise<boolean> {
    const at = Math.ceil(Number(moment))
    const known = moment instanceof Date || typeof moment === 'number'
    if (!known || !Number.isSafeInteger(at))
      throw new ConfigurationError('expireAt', `expected a Date or ms since 1970, got ${show(moment)}`)
    return this.context.callOn(operations.expireAt, key, options, (made) => pexpireAt(made, at))
  }

  /** Keeps it for ever; whether it had a ttl. */
  async persist(key: Key, options: CallOptions = noOptions): Promise<boolean> {
    return this.context.callOn(operations.persist, key, options, (made) => persist(made))
  }

  /** What is left of its ttl in ms; `null`: kept for ever; `undefined`: not there. */
  async ttl(key: Key, options: ReadOptions = noOptions): Promise<Milliseconds | null | undefined> {
    return this.context.callOn(operations.ttl, key, options, pttl)
  }
}

async function expireIn(
  context: OperationContext,
  operation: Operation<boolean>,
  key: Key,
  ttl: Milliseconds | undefined,
  options: CallOptions,
): Promise<boolean> {
  const made = context.key(operation, key, options)
  if (isOver(ttl)) return context.call(operation, options, () => mapped(unlink([made]), (removed) => removed > 0))
  if (ttl !== undefined) return context.call(operation, options, () => pexpire(made, ttl))
  const hadExpiry = await context.call(operation, options, () => persist(made))
  const onPrimary = { ...options, readFrom: 'primary' } as const
  return hadExpiry || context.call(operation, onPrimary, () => mapped(exists([made]), (there) => there > 0))
}
