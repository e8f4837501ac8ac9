import type { Call, Value } from '../../clients/command.js'
import { mappedAnswer, type Answer } from '../../clients/commands/answer.js'
import { mapped } from '../../clients/commands/build.js'
import { setEntry } from '../../clients/commands/entries.js'
import { set, unlink, type SetCondition } from '../../clients/commands/strings.js'
import type { Tagging } from '../../codec/tag-field.js'
import { isNumber } from '../../codec/stages.js'
import { after, isPromise } from '../../promises.js'
import type { Milliseconds } from '../../units.js'
import { freshnessOf, keptFor, lifetimeOf, type LifetimePolicy } from '../freshness.js'
import { hasFreshness, type LoadPolicy } from '../load-policy.js'
import type { Operation } from '../operation.js'
import { noOptions, type WriteOptions } from '../options.js'
import { taggedLifetime } from '../tags/tagged.js'
import { isOver } from '../ttl.js'
import { forClient, type OperationContext } from './context.js'

type Only = SetCondition['only']

/** How one call writes values. */
export interface Writing {
  /** In ms; `undefined`: for ever. */
  readonly ttl: Milliseconds | undefined
  readonly lifetime: LifetimePolicy
  /** What gets a frame, or in a herd cache a tuple, that says until when it is fresh. */
  readonly stamps: 'nothing' | 'values' | 'values and numbers'
  readonly only: Only
}

/**
 * How a call writes with these options. Where the cache alone asks for grace, numbers stay as they are, so that the server
 * can count with them; in a herd cache they are as dear as any value.
 * @throws {ConfigurationError} E_CONFIG at `method().option`
 */
export function writingOf(context: OperationContext, operation: Operation, options: WriteOptions, only: Only): Writing {
  if (options === noOptions && only === undefined) return plainWritingOf(context)
  const policy = context.policyOf(operation, options)
  return { ttl: context.ttlOf(options), lifetime: policy, stamps: stampsOf(context, policy, options), only }
}

/** Hot path: one for all writes of a cache that have no options. */
function plainWritingOf(context: OperationContext): Writing {
  const known = plainWritings.get(context)
  if (known !== undefined) return known
  const { ttl, loading: lifetime } = context
  const writing = { ttl, lifetime, stamps: stampsOf(context, lifetime, noOptions), only: undefined }
  plainWritings.set(context, writing)
  return writing
}

const plainWritings = new WeakMap<OperationContext, Writing>()

function stampsOf({ codec }: OperationContext, policy: LoadPolicy, options: WriteOptions): Writing['stamps'] {
  if (policy.herdTimeout !== undefined) return 'values and numbers'
  if (!codec.framed || !hasFreshness(policy)) return 'nothing'
  const own = !codec.bareNumbers || options.refreshAt !== undefined || options.grace !== undefined
  return own ? 'values and numbers' : 'values'
}

/**
 * How a call tags its values; `undefined` where it has no tags. The values count as made when the call is: the number of
 * the last invalidation is read then, and what is invalidated later makes them invalid. A call whose ttl is over reads none,
 * for it is a delete, which an outage must find complete in order to keep it.
 */
export function taggerFor(
  context: OperationContext,
  operation: Operation,
  { ttl }: Pick<Writing, 'ttl'>,
  options: Omit<WriteOptions, 'tags'> & { readonly tags?: unknown },
): ((tags: readonly string[] | undefined) => Promise<Tagging> | undefined) | undefined {
  if (options.tags === undefined) return undefined
  let reading: Promise<number> | undefined
  return (given) => {
    const tags = context.tagsOf(operation, { tags: given })
    if (tags.length === 0 || isOver(ttl)) return undefined
    reading ??= context.tags.stamp(options.version, context.remaining(forClient(options))())
    const tagging = reading.then((stamp) => ({ stamp, tags }))
    tagging.catch(() => {})
    return tagging
  }
}

/** Makes the call that writes a value; a promise while the value is being encoded. */
export function writeOf(
  context: OperationContext,
  made: string,
  value: unknown,
  writing: Writing,
  tagging?: Promise<Tagging>,
): Call<Answer<boolean>> | Promise<Call<Answer<boolean>>> {
  const { ttl, lifetime, stamps, only } = writing
  if (tagging !== undefined) return stampedWrite(context, made, value, writing, tagging)
  const stamped = stamps === 'values and numbers' || (stamps === 'values' && !isNumber(value))
  if (stamped) return stampedWrite(context, made, value, writing)
  const condition = { ttl: lifetime.jitter === 0 ? ttl : lifetimeOf(ttl, lifetime, Math.random()).ttl, only }
  const encoded = context.codec.encode(value, made)
  // Spares the promise and the closure of what is encoded at once: bench/suites.
  if (!isPromise(encoded)) return setOrDelete(context, made, encoded, condition)
  return Promise.resolve(encoded).then((ready) => setOrDelete(context, made, ready, condition))
}

/**
 * Where the clock of the server is not known yet, a script on the server writes until when the value is fresh. A tuple has
 * the time of this host's clock.
 */
function stampedWrite(
  context: OperationContext,
  made: string,
  value: unknown,
  { ttl, only, lifetime: policy }: Writing,
  tagging?: Promise<Tagging>,
): Call<Answer<boolean>> | Promise<Call<Answer<boolean>>> {
  const untagged = lifetimeOf(ttl, policy, Math.random())
  const lifetime = tagging === undefined ? untagged : taggedLifetime(untagged)
  const now = lifetime.ttl === undefined || context.herd !== undefined ? 0 : context.time.now(made)
  const kept = keptFor(lifetime)
  const encoded = context.codec.encode(value, made, undefined, freshnessOf(lifetime, now ?? 0), tagging)
  return after(encoded, (bytes) => {
    if (isOver(lifetime.ttl)) return setNothing(context, made, only)
    if (now === undefined) return setEntry(made, bytes, { kept, fresh: lifetime.ttl, only })
    return only === undefined
      ? set(made, bytes, { ttl: kept })
      : context.entries.setIf(made, bytes, { ttl: kept, only })
  })
}

/** A ttl that is over keeps nothing; it is still for the value to be one. */
function setOrDelete(
  context: OperationContext,
  made: string,
  value: Value,
  { ttl, only }: SetCondition,
): Call<Answer<boolean>> {
  if (isOver(ttl)) return setNothing(context, made, only)
  return only === undefined ? set(made, value, { ttl }) : context.entries.setIf(made, value, { ttl, only })
}

/** Asks the primary, as the write would that it stands for. */
function setNothing({ entries }: OperationContext, made: string, only: Only): Call<Answer<boolean>> {
  if (only === 'NX') return { ...mappedAnswer(entries.count([made]), (count) => count === 0), intent: 'write' }
  return only === 'XX' ? entries.remove(made) : mapped(unlink([made]), () => true)
}
