import type { CallOptions as ClientCallOptions } from '../../clients/client.js'
import { loopClock } from '../../connection/deadlines.js'
import { ConfigurationError } from '../../errors.js'
import type { Milliseconds } from '../../units.js'
import type { LoadPolicy } from '../load-policy.js'
import type { LoadRequest } from '../loads/load-request.js'
import type { Replaces } from '../loads/outcome.js'
import type { Operation } from '../operation.js'
import { noOptions, type GetOrSetOptions } from '../options.js'
import { leftOf } from '../portions.js'
import { Parsed } from '../schema-codec.js'
import type { LoadTags } from '../tags/load-tags.js'
import { questionOf, type TagQuestion } from '../tags/tag-numbers.js'
import { forClient, type OperationContext } from './context.js'

/** What is read of the options of a call. */
export interface LoadCall {
  readonly options: GetOrSetOptions
  readonly policy: LoadPolicy
  /** How long a loaded value is kept, in ms; `undefined`: for ever. */
  readonly ttl: Milliseconds | undefined
  /** What the value is tagged with. */
  readonly tags: readonly string[]
  /** For the look at the server. */
  readonly look: ClientCallOptions
  /** What was given for all of it, in ms, and when that is over. */
  readonly deadline: Milliseconds | undefined
  readonly until: Milliseconds | undefined
}

/** The look takes half of a deadline at most, so that a frozen server leaves the loader some time. */
export function callOf(operation: Operation, context: OperationContext, options: GetOrSetOptions): LoadCall {
  if (options === noOptions) return plainCallOf(context)
  const policy = context.policyOf(operation, options)
  if (policy.singleFlight === 'fleet' && context.loading.singleFlight !== 'fleet')
    throw new ConfigurationError(
      `${operation.name}().singleFlight`,
      "set singleFlight: 'fleet' for this cache: its writes must know",
    )
  const ttl = context.ttlOf(options)
  const look = forClient(options)
  const { deadline } = look
  const tags = context.tagsOf(operation, options)
  if (deadline === undefined) return { options, policy, ttl, tags, look, deadline, until: undefined }
  const until = loopClock.now() + deadline
  return { options, policy, ttl, tags, look: { ...look, deadline: deadline / 2 }, deadline, until }
}

/** The options of what the look asks after its first command, which has what is left of its time. */
export function lookLeft({ look, deadline = 0, until }: LoadCall): ClientCallOptions {
  return until === undefined ? look : leftOf(look, until - deadline)
}

/** Hot path: one for all calls of a cache that have no options. */
function plainCallOf(context: OperationContext): LoadCall {
  const known = plainCalls.get(context)
  if (known !== undefined) return known
  const { loading: policy, ttl } = context
  const call = { options: noOptions, policy, ttl, tags: [], look: noOptions, deadline: undefined, until: undefined }
  plainCalls.set(context, call)
  return call
}

const plainCalls = new WeakMap<OperationContext, LoadCall>()

/** What a look asks of tags, in what is left of its time. */
export function lookQuestion(call: LoadCall): TagQuestion {
  return questionOf(call.options.version, () => lookLeft(call))
}

export function requestOf(
  operation: Operation,
  { codec }: OperationContext,
  { options, policy, ttl, deadline, until }: LoadCall,
  replaces: Replaces,
  tags: LoadTags | undefined,
): LoadRequest {
  const { share = false, waitForWrite = false, signal } = options
  return { operation, policy, replaces, ttl, share, codec, waitForWrite, tags, signal, deadline, until }
}

/**
 * What a load knows of tags; `undefined` where there are none.
 * @param open whether its loader may say more
 * @param seen the greatest number of an invalidation of its tags that is known
 */
export function loadTagsOf(
  context: OperationContext,
  { options, tags: given }: LoadCall,
  open: boolean,
  seen = 0,
): LoadTags | undefined {
  const { codec, tags } = context
  if (!codec.framed) return undefined
  const { version } = options
  return {
    given,
    open,
    seen,
    readStamp: () => (given.length > 0 ? tags.stamp(version, noOptions) : tags.optionalStamp(version)),
    freshnessOf: (key, fields) =>
      tags.freshnessOf(
        key,
        fields,
        questionOf(version, () => noOptions),
      ),
  }
}

/** What was loaded, as a near cache hands values out; callers who share one object get it as the loader made it. */
export async function given<T>({ near }: OperationContext, { options }: LoadCall, loading: Promise<T>): Promise<T> {
  const value = await loading
  if (near === undefined || options.share === true) return value
  // What a schema has made of it is handed out; beside it stands what is stored.
  return value instanceof Parsed ? (new Parsed(value.input, near.given(value.output)) as T) : near.given(value)
}
