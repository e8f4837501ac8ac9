import type { Freshness } from '../../codec/frame.js'
import type { Value } from '../../codec/value.js'
import type { Milliseconds } from '../../units.js'
import { lifetimeOf, type Lifetime } from '../freshness.js'
import type { LoadPolicy } from '../load-policy.js'
import { isOver } from '../ttl.js'

/**
 * What the value of a load may take the place of: of nothing, since nothing was found; of these very bytes; of the entry of
 * this freshness that was found; of anything, where the load was asked for. `undefined`: no server was reached, and the
 * value is not kept.
 */
export type Replaces = 'nothing' | 'anything' | Held | Freshness | undefined

/** What was found and is no entry with a freshness: it cannot be read, or is due in a herd cache that Django reads. */
export interface Held {
  readonly held: Value
}

/** The freshness of the entry that may be replaced; `undefined` where something else may. */
export function freshnessIn(replaces: Replaces): Freshness | undefined {
  return typeof replaces === 'object' && 'until' in replaces ? replaces : undefined
}

/** The bytes that may be replaced; `undefined` where something else may. */
export function heldIn(replaces: Replaces): Value | undefined {
  return typeof replaces === 'object' && 'held' in replaces ? replaces.held : undefined
}

/** What a loader said of its value, beside the value. */
export interface Said {
  /** How long the value is kept, in ms, where it said so; `{ ms: undefined }`: for ever. */
  readonly ttl: { readonly ms: Milliseconds | undefined } | undefined
  /** What it tagged its value with. @default nothing */
  readonly tags?: readonly string[] | undefined
  /** Whether the value is handed over and not kept. */
  readonly skipped: boolean
}

/** What becomes of the entry: the value is written, or that there is none; it is removed; or it stays as it is. */
export type Outcome =
  { readonly entry: 'value' | 'absence'; readonly lifetime: Lifetime } | { readonly entry: 'removed' | 'untouched' }

/** What an outcome depends on. */
export interface OutcomeOf {
  readonly said: Said
  /** How long values are kept where the loader does not say so, in ms; `undefined`: for ever. */
  readonly ttl: Milliseconds | undefined
  readonly replaces: Replaces
  readonly policy: LoadPolicy
  /** From 0 to 1, 1 excluded. */
  readonly random: number
}

/**
 * Decides what becomes of the entry when a loader gave this value. A loader that gave `undefined` found nothing: an entry
 * that was there before is out of date then, and would be served for the rest of its grace.
 */
export function outcomeOf(value: unknown, { said, ttl, replaces, policy, random }: OutcomeOf): Outcome {
  if (said.skipped || replaces === undefined) return untouched
  if (value === undefined) return outcomeOfNothing(replaces, policy, random)
  const kept = said.ttl === undefined ? ttl : said.ttl.ms
  return isOver(kept) ? untouched : { entry: 'value', lifetime: lifetimeOf(kept, policy, random) }
}

function outcomeOfNothing(replaces: Replaces, { negativeTtl, jitter }: LoadPolicy, random: number): Outcome {
  if (negativeTtl !== undefined)
    return { entry: 'absence', lifetime: lifetimeOf(Math.ceil(negativeTtl), { grace: 0, jitter }, random) }
  return replaces === 'nothing' || heldIn(replaces) !== undefined ? untouched : removed
}

export const untouched: Outcome = Object.freeze({ entry: 'untouched' })
const removed: Outcome = Object.freeze({ entry: 'removed' })
