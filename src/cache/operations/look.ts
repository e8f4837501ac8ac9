import type { Opened } from '../../codec/codec.js'
import type { FrameFields, Freshness } from '../../codec/frame.js'
import type { Value } from '../../codec/value.js'
import { CodecError } from '../../errors.js'
import type { Milliseconds } from '../../units.js'
import { isOfAnotherType } from '../checked-reply.js'
import type { LoadPolicy } from '../load-policy.js'
import type { EntryState } from '../loads/entry-state.js'
import type { Stale } from '../loads/load-request.js'
import type { Replaces } from '../loads/outcome.js'
import type { Operation } from '../operation.js'
import type { TagQuestion } from '../tags/tag-numbers.js'
import { staleAt } from '../tags/validity.js'
import type { OperationContext } from './context.js'
import { lookLeft, type LoadCall } from './load-call.js'

/** What a look that ends in a load has found. */
export interface Look {
  readonly replaces: Replaces
  readonly stale: Stale | undefined
}

export const nothingFound: Look = Object.freeze({ replaces: 'nothing', stale: undefined })

/** Whether an entry is what its key has: a value, or that there is none. */
export function isServed(state: EntryState, value: unknown, entry: Opened | undefined): boolean {
  return state === 'fresh' && (value !== undefined || entry?.isAbsence() === true)
}

/** A stored value that is not served. */
export interface Unserved {
  readonly stored: Value
  readonly state: EntryState
  /** What it was decoded to. */
  readonly value: unknown
  readonly entry: Opened | undefined
}

export function lookOf({ stored, state, value, entry }: Unserved): Look {
  const freshness = entry?.fields.freshness
  if (entry === undefined || freshness === undefined || state === 'fresh')
    return { replaces: { held: stored }, stale: undefined }
  const served = state === 'stale' && value !== undefined
  return { replaces: freshness, stale: served ? { value, read: () => entry.read() } : undefined }
}

/** The time on the server's clock by which an entry is judged, in ms; what is fresh as long as it is there needs none. */
export function timeFor(
  { time }: OperationContext,
  call: LoadCall,
  made: string,
  freshness: Freshness | undefined,
): Milliseconds | Promise<Milliseconds> {
  if (freshness === undefined || freshness.until === 0) return 0
  return time.nowForReads(made) ?? time.ask(made, lookLeft(call))
}

/** The key of a look, and what was found under it. */
export interface Found {
  readonly made: string
  readonly stored: Value | undefined
}

/** What a look that failed comes to; throws what is neither an outage nor a value that cannot be read. */
export function replacesAfter(
  operation: Operation,
  { failSafe }: OperationContext,
  error: unknown,
  { made, stored }: Found,
): Replaces {
  if (isOfAnotherType(error)) return 'nothing'
  if (error instanceof CodecError) {
    failSafe.reportUnreadable(operation, error, made)
    return stored === undefined ? 'nothing' : { held: stored }
  }
  failSafe.survive(operation, error)
  return undefined
}

/** How long a tagged value is fresh. Where its tags cannot be read, and there is grace, it is stale from now on. */
export function freshnessUnderTags(
  operation: Operation,
  context: OperationContext,
  made: string,
  fields: FrameFields,
  { grace }: LoadPolicy,
  asked: TagQuestion,
): Freshness | Promise<Freshness> {
  try {
    const freshness = context.tags.freshnessOf(made, fields, asked)
    if (grace === 0 || !(freshness instanceof Promise)) return freshness
    return freshness.catch((error: unknown) => staleWithoutTags(operation, context, made, fields, error))
  } catch (error) {
    if (grace === 0) throw error
    return staleWithoutTags(operation, context, made, fields, error)
  }
}

function staleWithoutTags(
  operation: Operation,
  { failSafe, time }: OperationContext,
  made: string,
  { freshness }: FrameFields,
  error: unknown,
): Freshness {
  const now = time.now(made)
  if (now === undefined) throw error
  failSafe.survive(operation, error)
  return staleAt(freshness, now)
}
