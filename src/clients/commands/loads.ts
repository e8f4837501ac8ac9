import { writeFreshness, type Freshness } from '../../codec/frame.js'
import type { Milliseconds } from '../../units.js'
import type { Call, Value } from '../command.js'
import { script } from './build.js'
import { serverNow, timeHere } from './entries.js'
import { flag } from './replies.js'

/**
 * Writes a value in place of an entry that is stale, absent, or still the one that was seen; whether it was written. What
 * is fresh and was not seen is newer. What is fresh as long as it is there stays: all such entries have the same freshness,
 * so it does not tell which of them was seen. `ttl` in ms; `undefined`: for ever.
 */
export function replaceEntry(key: string, seen: Freshness, value: Value, ttl: Milliseconds | undefined): Call<boolean> {
  return replacing('SET IF SEEN', key, seen, [value, ...(ttl === undefined ? [] : ['PX', String(ttl)])])
}

/** Deletes an entry under the condition of {@link replaceEntry}; whether it was deleted. */
export function removeEntry(key: string, seen: Freshness): Call<boolean> {
  return replacing('UNLINK IF SEEN', key, seen, [''])
}

/**
 * Writes a value, or `undefined`: that there is none, in place of this very one or of nothing; whether that was done.
 * `ttl` in ms; `undefined`: for ever.
 */
export function replaceValue(
  key: string,
  held: Value,
  value: Value | undefined,
  ttl: Milliseconds | undefined,
): Call<boolean> {
  const expiry = ttl === undefined ? [] : ['PX', String(ttl)]
  const argv = value === undefined ? [held] : [held, value, ...expiry]
  return script(value === undefined ? 'UNLINK IF SAME' : 'SET IF SAME', replaceValueScript, [key], argv, flag)
}

export const replaceValueScript = `local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return 0 end
if not ARGV[2] then return redis.call('UNLINK', KEYS[1]) end
redis.call('SET', KEYS[1], ARGV[2], unpack(ARGV, 3))
return 1`

/** A frame of version 2 begins with 0xC1 and 2; its freshness is 16 bytes from the fourth on (codec/frame.ts). */
export const replaceScript: string = `${serverNow}local held = redis.call('GETRANGE', KEYS[1], 0, 18)
if held ~= '' then
  if #held < 19 or string.sub(held, 1, 2) ~= '\\193\\2' then return 0 end
  local fresh = 0
  for at = 4, 11 do fresh = fresh * 256 + string.byte(held, at) end
  if fresh == 0 or (now < fresh and string.sub(held, 4) ~= ARGV[2]) then return 0 end
end
if ARGV[3] == '' then return redis.call('UNLINK', KEYS[1]) end
redis.call('SET', KEYS[1], ARGV[3], unpack(ARGV, 4))
return 1`

function replacing(name: string, key: string, seen: Freshness, argv: readonly Value[]): Call<boolean> {
  return script(name, replaceScript, [key], [timeHere(), bytesOf(seen), ...argv], flag)
}

/** A freshness as it stands in a frame. */
function bytesOf(freshness: Freshness): Buffer {
  const frame = Buffer.alloc(19)
  writeFreshness(frame, freshness)
  return frame.subarray(3)
}
