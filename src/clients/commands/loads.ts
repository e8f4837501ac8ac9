import { writeFreshness, type Freshness } from '../../codec/frame.js'
import type { Milliseconds } from '../../units.js'
import type { Call, Value } from '../command.js'
import { write } from './build.js'
import { flag } from './replies.js'
import { shaOf } from './script-sha.js'

/**
 * Writes a value in place of an entry that is stale, absent, or still the one that was seen; whether it was written. What
 * is fresh and was not seen is newer. `ttl` in ms; `undefined`: for ever.
 */
export function replaceEntry(key: string, seen: Freshness, value: Value, ttl: Milliseconds | undefined): Call<boolean> {
  return replacing('SET IF SEEN', key, seen, [value, ...(ttl === undefined ? [] : ['PX', String(ttl)])])
}

/** Deletes an entry under the condition of {@link replaceEntry}; whether it was deleted. */
export function removeEntry(key: string, seen: Freshness): Call<boolean> {
  return replacing('UNLINK IF SEEN', key, seen, [''])
}

/** A frame of version 2 begins with 0xC1 and 2; its freshness is 16 bytes from the fourth on (codec/frame.ts). */
export const replaceScript = `local held = redis.call('GETRANGE', KEYS[1], 0, 18)
if held ~= '' then
  if #held < 19 or string.sub(held, 1, 2) ~= '\\193\\2' then return 0 end
  if string.sub(held, 4) ~= ARGV[1] then
    local fresh = 0
    for at = 4, 11 do fresh = fresh * 256 + string.byte(held, at) end
    local now = redis.call('TIME')
    if fresh == 0 or now[1] * 1000 + math.floor(now[2] / 1000) < fresh then return 0 end
  end
end
if ARGV[2] == '' then return redis.call('UNLINK', KEYS[1]) end
redis.call('SET', KEYS[1], ARGV[2], unpack(ARGV, 3))
return 1`

function replacing(name: string, key: string, seen: Freshness, argv: readonly Value[]): Call<boolean> {
  const call = write([key], ['EVALSHA', shaOf(replaceScript), 1, key, bytesOf(seen), ...argv], flag)
  return { ...call, name, script: replaceScript }
}

/** A freshness as it stands in a frame. */
function bytesOf(freshness: Freshness): Buffer {
  const frame = Buffer.alloc(19)
  writeFreshness(frame, freshness)
  return frame.subarray(3)
}
