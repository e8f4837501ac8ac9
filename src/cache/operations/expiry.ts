import { mapped } from '../../clients/commands/build.js'
import { expireEntry, persistEntry, type NewExpiry } from '../../clients/commands/entries.js'
import { persist, pexpire, pexpireAt } from '../../clients/commands/expiry.js'
import { exists } from '../../clients/commands/strings.js'
import { ConfigurationError } from '../../errors.js'
import type { Key } from '../../keys/key-maker.js'
import { show, type Milliseconds } from '../../units.js'
import { noOptions, type CallOptions, type ReadOptions, type TtlOptions } from '../options.js'
import { pastTtl } from '../freshness.js'
import { isOver, resolveTtl, type Ttl } from '../ttl.js'
import { describe, type Operation, type OperationTable } from '../operation.js'
import { callOptions, readOptions, ttlOptions } from '../option-checks.js'
import { Operations } from './base.js'
import type { OperationContext } from './context.js'
import { changeHerdExpiry } from './herd-expiry.js'

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

  /**
   * Starts the ttl of a key again, with the cache's ttl when none is given. Resolves to true if the key existed; a value
   * that is past its ttl does not. A ttl of 0 or less deletes it. The value keeps its own grace.
   * @example
   * await cache.touch('session:1', { ttl: '30m' })
   */
  async touch(key: Key, options: TtlOptions = noOptions): Promise<boolean> {
    this.context.check(operations.touch, options)
    return changeExpiry(this.context, operations.touch, key, inMilliseconds(this.context.ttlOf(options)), options)
  }

  /**
   * Gives a key a new ttl; `null` keeps it for ever, 0 or less deletes it. Resolves to true if the key existed.
   * @example
   * await cache.expire('session:1', '30m')
   */
  async expire(key: Key, ttl: Ttl, options: CallOptions = noOptions): Promise<boolean> {
    return changeExpiry(this.context, operations.expire, key, inMilliseconds(resolveTtl(ttl, 'ttl')), options)
  }

  /**
   * Lets a key expire at a moment, a Date or ms since 1970. Resolves to true if the key existed. A moment that has
   * passed deletes it.
   */
  async expireAt(key: Key, moment: Date | Milliseconds, options: CallOptions = noOptions): Promise<boolean> {
    const at = Math.ceil(Number(moment))
    const known = moment instanceof Date || typeof moment === 'number'
    if (!known || !Number.isSafeInteger(at))
      throw new ConfigurationError('expireAt', `expected a Date or ms since 1970, got ${show(moment)}`)
    return changeExpiry(this.context, operations.expireAt, key, ['at', at], options)
  }

  /** Takes the ttl and the grace from a key, so that it is kept for ever. Resolves to true if it had a ttl. */
  async persist(key: Key, options: CallOptions = noOptions): Promise<boolean> {
    const { context } = this
    const made = context.key(operations.persist, key, options)
    if (context.herd !== undefined) {
      const target = { operation: operations.persist, made, options }
      return (await changeHerdExpiry(context, context.herd, target, ['never'])) === 'done'
    }
    return context.callEntry(operations.persist, options, () => (context.codec.framed ? persistEntry : persist)(made))
  }

  /**
   * Resolves to what is left of the ttl of a key, in ms: `null` when it is kept for ever, `undefined` when it does not
   * exist, or is past its ttl. The grace is not counted.
   * @example
   * const ms = await cache.ttl('session:1')
   */
  async ttl(key: Key, options: ReadOptions = noOptions): Promise<Milliseconds | null | undefined> {
    const { context } = this
    return context.callEntry(operations.ttl, options, () =>
      context.entries.left(context.key(operations.ttl, key, options)),
    )
  }
}

function inMilliseconds(ttl: Milliseconds | undefined): NewExpiry {
  return ttl === undefined ? ['never'] : ['in', ttl]
}

/** Whether there was an entry. An expiry that is over deletes it. */
async function changeExpiry(
  context: OperationContext,
  operation: Operation<boolean>,
  key: Key,
  expiry: NewExpiry,
  options: CallOptions,
): Promise<boolean> {
  const made = context.key(operation, key, options)
  if (context.codec.framed)
    return context.callEntry(operation, options, () => expireEntry(made, expiry, pastTtl(context.loading)))
  const [kind, ms] = expiry
  if (kind === 'in' && isOver(ms)) return context.callEntry(operation, options, () => context.entries.remove(made))
  if (context.herd !== undefined) {
    const outcome = await changeHerdExpiry(context, context.herd, { operation, made, options }, expiry)
    return outcome !== 'absent' && outcome !== false
  }
  if (kind === 'in') return context.call(operation, options, () => pexpire(made, ms))
  if (kind === 'at') return context.call(operation, options, () => pexpireAt(made, ms))
  const hadExpiry = await context.call(operation, options, () => persist(made))
  const onPrimary = { ...options, readFrom: 'primary' } as const
  return hadExpiry || context.call(operation, onPrimary, () => mapped(exists([made]), (there) => there > 0))
}
