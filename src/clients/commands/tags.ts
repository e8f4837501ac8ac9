import type { Milliseconds } from '../../units.js'
import type { Call, Value } from '../command.js'
import { mapped, read, script } from './build.js'
import { serverNow, timeHere } from './entries.js'
import { count, nothing, optionalCount, text } from './replies.js'
import { mgetReached, unreached } from './strings.js'

/** What is known of a tag that was invalidated. */
export interface TagMark {
  /** The number of the last invalidation: values with a lower stamp are invalid. */
  readonly invalid: number
  /** The number of the last soft invalidation: values with a lower stamp are stale. 0 where there was none since. */
  readonly stale: number
  /** When values that are stale by it become invalid, in ms since 1970 on the clock of the tag's server; 0: never. */
  readonly goneAt: Milliseconds
}

/** The number of the last invalidation, or `undefined` where there was none. */
export function readSequence(key: string): Call<number | undefined> {
  return read([key], ['GET', key], optionalCount)
}

/** Makes the number of a new invalidation: greater than all before. What is repeated makes a greater one. */
export function advanceSequence(key: string): Call<number> {
  return { ...script('INVALIDATE', advanceScript, [key], [timeHere()], count), idempotent: true }
}

/** How a tag is invalidated. */
export interface Invalidation {
  /** As {@link advanceSequence} made it. */
  readonly number: number
  /** After how many ms values that are stale by it become invalid, 0 for never; `undefined`: they are invalid at once. */
  readonly soft: Milliseconds | undefined
}

/**
 * Invalidates a tag. What is repeated, or comes later than a greater number, changes nothing.
 * Shape: one key that holds the three numbers of a {@link TagMark} with colons between them, and expires.
 */
export function markTag(key: string, { number, soft }: Invalidation): Call<void> {
  const argv = [timeHere(), String(number), soft === undefined ? '' : String(soft)]
  return { ...script('INVALIDATE', markScript, [key], argv, nothing), idempotent: true }
}

/**
 * What is known of tags: `undefined` for one that was not invalidated; {@link unreached} where others answered, for what
 * the server was away with a spared error.
 */
export function readMarks(
  keys: readonly string[],
  spares: (error: unknown) => boolean,
): Call<readonly (TagMark | undefined | typeof unreached)[]> {
  return mapped(mgetReached(keys, 'text', spares), (values) => values.map(markOf))
}

/** Reads what the key of a tag holds. */
export function parseMark(held: string): TagMark {
  const [, invalid, stale, goneAt] = markShape.exec(held) ?? []
  return invalid === undefined
    ? unknownMark
    : { invalid: Number(invalid), stale: Number(stale), goneAt: Number(goneAt) }
}

/** Of a tag that cannot be read: it counts as invalidated now. */
export const unknownMark: TagMark = Object.freeze({ invalid: Infinity, stale: 0, goneAt: 0 })

/** Of a tag that was softly invalidated now. */
export const softMark: TagMark = Object.freeze({ invalid: 0, stale: Infinity, goneAt: 0 })

/** How long a tag is remembered after its last invalidation, in ms: longer than any value that it could invalidate. */
export const tagLife: Milliseconds = 31 * 86_400_000

/** One more than the last, or the server's time in ms, whichever is greater: so it grows too when the key was lost. */
export const advanceScript: string = `${serverNow}local last = tonumber(redis.call('GET', KEYS[1]) or 0) or 0
local number = math.max(last + 1, now)
redis.call('SET', KEYS[1], string.format('%.0f', number))
return number`

/**
 * Numbers only grow. A soft invalidation whose time is over counts as one of the other kind; of two, the earlier time
 * counts.
 */
export const markScript: string = `${serverNow}local held = redis.call('GET', KEYS[1]) or ''
local invalid, stale, gone = string.match(held, '^(%d+):(%d+):(%d+)$')
invalid, stale, gone = tonumber(invalid or 0), tonumber(stale or 0), tonumber(gone or 0)
local number, soft = tonumber(ARGV[2]), ARGV[3]
if gone > 0 and now >= gone then invalid = math.max(invalid, stale) end
if stale <= invalid then stale, gone = 0, 0 end
if soft == '' then
  invalid = math.max(invalid, number)
elseif number > invalid then
  local ends = soft == '0' and 0 or now + soft
  if stale == 0 or (ends > 0 and (gone == 0 or ends < gone)) then gone = ends end
  stale = math.max(stale, number)
end
if stale <= invalid then stale, gone = 0, 0 end
redis.call('SET', KEYS[1], string.format('%.0f:%.0f:%.0f', invalid, stale, gone), 'PX', ${tagLife})
return 1`

function markOf(held: Value | undefined | typeof unreached): TagMark | undefined | typeof unreached {
  return held === undefined || held === unreached ? held : parseMark(text(held))
}

const markShape = /^(\d+):(\d+):(\d+)$/
