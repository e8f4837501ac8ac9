import type { Call, Value } from '../../clients/command.js'
import { mapped } from '../../clients/commands/build.js'
import { countEntries, expireEntry, setEntry } from '../../clients/commands/entries.js'
import { exists, set, unlink, type SetCondition } from '../../clients/commands/strings.js'
import { isNumber } from '../../codec/stages.js'
import { after, isPromise } from '../../promises.js'
import type { Milliseconds } from '../../units.js'
import { freshnessOf, keptFor, lifetimeOf } from '../freshness.js'
import { hasFreshness } from '../load-policy.js'
import type { Operation } from '../operation.js'
import type { WriteOptions } from '../options.js'
import { isOver } from '../ttl.js'
import type { OperationContext } from './context.js'

type Only = SetCondition['only']

/** How one call writes values. */
export interface Writing {
  /** In ms; `undefined`: for ever. */
  readonly ttl: Milliseconds | undefined
  readonly grace: Milliseconds
  readonly jitter: number
  /** What gets a frame that says until when it is fresh. */
  readonly stamps: 'nothing' | 'values' | 'values and numbers'
  readonly only: Only
}

/**
 * How a call writes with these options. Where the cache alone asks for grace, numbers stay as they are, so that the server
 * can count with them.
 * @throws {ConfigurationError} E_CONFIG at `method().option`
 */
export function writingOf(context: OperationContext, operation: Operation, options: WriteOptions, only: Only): Writing {
  const given = options.grace ?? options.jitter ?? options.refreshAt
  const policy = given === undefined ? context.loading : context.policyOf(operation, options)
  const wanted = context.codec.framed && hasFreshness(policy)
  const own = !context.codec.bareNumbers || options.refreshAt !== undefined || options.grace !== undefined
  const stamps = !wanted ? 'nothing' : own ? 'values and numbers' : 'values'
  return { ttl: context.ttlOf(options), grace: policy.grace, jitter: policy.jitter, stamps, only }
}

/** Makes the call that writes a value; a promise while the value is being encoded. */
export function writeOf(
  context: OperationContext,
  made: string,
  value: unknown,
  writing: Writing,
): Call<boolean> | Promise<Call<boolean>> {
  const { ttl, jitter, stamps, only } = writing
  const stamped = stamps === 'values and numbers' || (stamps === 'values' && !isNumber(value))
  if (stamped) return stampedWrite(context, made, value, writing)
  const condition = { ttl: jitter === 0 ? ttl : lifetimeOf(ttl, { grace: 0, jitter }, Math.random()).ttl, only }
  const encoded = context.codec.encode(value, made)
  // Spares the promise and the closure of what is encoded at once: bench/suites.
  if (!isPromise(encoded)) return setOrDelete(context, made, encoded, condition)
  return Promise.resolve(encoded).then((ready) => setOrDelete(context, made, ready, condition))
}

/** Where the clock of the server is not known yet, a script on the server writes until when the value is fresh. */
function stampedWrite(
  context: OperationContext,
  made: string,
  value: unknown,
  { ttl, only, ...policy }: Writing,
): Call<boolean> | Promise<Call<boolean>> {
  const lifetime = lifetimeOf(ttl, policy, Math.random())
  const now = lifetime.ttl === undefined ? 0 : context.time.now(made)
  const kept = keptFor(lifetime)
  const encoded = context.codec.encode(value, made, undefined, freshnessOf(lifetime, now ?? 0))
  return after(encoded, (bytes) => {
    if (isOver(lifetime.ttl)) return setNothing(context, made, only)
    if (now === undefined) return setEntry(made, bytes, { kept, fresh: lifetime.ttl, only })
    return only === undefined ? set(made, bytes, { ttl: kept }) : setEntry(made, bytes, { kept, only })
  })
}

/** A ttl that is over keeps nothing; it is still for the value to be one. */
function setOrDelete(
  context: OperationContext,
  made: string,
  value: Value,
  { ttl, only }: SetCondition,
): Call<boolean> {
  if (isOver(ttl)) return setNothing(context, made, only)
  if (only !== undefined && context.codec.framed) return setEntry(made, value, { kept: ttl, only })
  return set(made, value, { ttl, only })
}

/** Asks the primary, as the write would that it stands for. */
function setNothing({ codec }: OperationContext, made: string, only: Only): Call<boolean> {
  if (only === 'NX') {
    const there = codec.framed ? countEntries([made]) : exists([made])
    return { ...mapped(there, (count) => count === 0), intent: 'write' }
  }
  if (only === 'XX' && codec.framed) return expireEntry(made, ['in', 0])
  return mapped(unlink([made]), (removed) => only === undefined || removed > 0)
}
