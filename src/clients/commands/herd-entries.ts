import type { Reply } from '../../connection/connection.js'
import type { Milliseconds } from '../../units.js'
import type { Call, KeptWrite, Value } from '../command.js'
import { readScript, script, type Decode } from './build.js'
import { incrementExisting } from './counters.js'
import { headFunction } from './entries.js'
import { deletedAt, left } from './expiry.js'
import { count, flag, optional } from './replies.js'
import { counted, deletesOf } from './strings.js'

// Entries of a herd cache in Django's format: the server keeps them for `herdTimeout` after their ttl, and so knows their
// ttl by what is left of their expiry. Past it an entry is absent, though a read may still be answered with it. Numbers
// that are counted, sets, hashes and lists are as in any cache, and so are pickles without a marker.

/** How many of these keys have an entry; one that is asked twice counts twice. */
export function countHerdEntries(herdTimeout: Milliseconds, keys: readonly string[]): Call<number> {
  const call = readScript('EXISTS', countHerdScript, keys, [String(herdTimeout)], count)
  return { ...call, divide: (groupOf) => counted(keys, (part) => countHerdEntries(herdTimeout, part), groupOf) }
}

/** What is left of the ttl of an entry, in ms; `null`: no ttl; `undefined`: no such entry. */
export function herdEntryLeft(herdTimeout: Milliseconds, key: string): Call<Milliseconds | null | undefined> {
  return readScript('PTTL', herdLeftScript, [key], [String(herdTimeout)], left)
}

/** Writes a value when there is no entry (`NX`), or when there is one (`XX`); whether it was written. */
export function setHerdEntry(
  herdTimeout: Milliseconds,
  key: string,
  value: Value,
  { kept, only }: { readonly kept: Milliseconds | undefined; readonly only: 'NX' | 'XX' },
): Call<boolean> {
  const argv = [String(herdTimeout), only, value, ...expiry(kept)]
  return script('SET', setHerdScript, [key], argv, (raw) => raw !== null)
}

/** Deletes a key; whether it had an entry. */
export function removeHerdEntry(herdTimeout: Milliseconds, key: string): Call<boolean> {
  return { ...script('UNLINK', removeHerdScript, [key], [String(herdTimeout)], flag), keeps: () => deletesOf([key]) }
}

/** Reads an entry and deletes its key, in one step; `undefined` when there is no entry. */
export function pullHerdEntry(herdTimeout: Milliseconds, key: string, decode: Decode): Call<Value | undefined> {
  return { ...script('GETDEL', pullHerdScript, [key], [String(herdTimeout)], optional), decode }
}

/** What became of an entry's expiry; `repack`: its bytes must change first, in a way that the server does not know. */
export type HerdExpiry = 'absent' | 'done' | 'none' | 'repack'

/** When an entry ends from now on. */
export interface HerdDeadline {
  /** `ms` from now on, or at this time in ms since 1970. */
  readonly command: 'PEXPIRE' | 'PEXPIREAT'
  readonly ms: Milliseconds
  /** The seconds since 1970 that its tuple says. */
  readonly seconds: number
}

/** Gives an entry another ttl. It is told to `repack` what is neither a tuple in clear bytes nor without one. */
export function expireHerdEntry(herdTimeout: Milliseconds, key: string, deadline: HerdDeadline): Call<HerdExpiry> {
  const { command, ms, seconds } = deadline
  const argv = [String(herdTimeout), command, String(ms), String(ms + herdTimeout), int32(seconds)]
  const keeps = (): readonly KeptWrite[] => (command === 'PEXPIREAT' ? deletedAt(key, ms) : [])
  return { ...script('PEXPIRE', expireHerdScript, [key], argv, outcome), idempotent: true, keeps }
}

/** Takes the ttl from an entry that has no tuple; `none` where it has no ttl. */
export function persistHerdEntry(herdTimeout: Milliseconds, key: string): Call<HerdExpiry> {
  return {
    ...script('PERSIST', persistHerdScript, [key], [String(herdTimeout)], outcome),
    idempotent: true,
  }
}

/** Writes a value in place of these bytes, for some ms or until a time; false when the key has others by now. */
export function replaceHerdEntry(
  key: string,
  bytes: Value,
  value: Value,
  expires: readonly ['PX' | 'PXAT', Milliseconds] | readonly [],
): Call<boolean> {
  return script('SET', replaceHerdScript, [key], [bytes, value, ...expires.map(String)], flag)
}

/** Gives an entry another key, which is overwritten, with its ttl; whether there was one. */
export function renameHerdEntry(herdTimeout: Milliseconds, from: string, to: string): Call<boolean> {
  return script('RENAME', renameHerdScript, [from, to], [String(herdTimeout)], flag)
}

/**
 * Adds to a number, in one step; `undefined` when there is none, and none is to be made. The error of a value in a tuple
 * begins with {@link tupleEntry}.
 * @param created how long a number is kept that was not there, in ms or for ever
 */
export function incrementHerdEntry(
  herdTimeout: Milliseconds,
  key: string,
  delta: number | bigint,
  created?: { readonly ttl: Milliseconds | undefined },
): Call<number | bigint | undefined> {
  const { name, reply } = incrementExisting(key, delta)
  const argv = [String(herdTimeout), String(delta), created === undefined ? '0' : '1', String(created?.ttl ?? '')]
  return script(name, incrementHerdScript, [key], argv, reply)
}

/** How the error begins of a number that the server cannot count with. */
export const tupleEntry = 'TUPLE'

function expiry(kept: Milliseconds | undefined): readonly string[] {
  return kept === undefined ? [] : ['PX', String(kept)]
}

function outcome(raw: Reply): HerdExpiry {
  return (['absent', 'done', 'none', 'repack'] as const)[Number(raw)] ?? 'absent'
}

/** As a pickle has it; nothing where it has another form. */
function int32(seconds: number): Buffer {
  const bytes = Buffer.alloc(4)
  if (seconds < 65_536 || seconds >= 2 ** 31) return bytes.subarray(4)
  bytes.writeInt32LE(seconds)
  return bytes
}

/**
 * What the scripts begin with. `formOf` says what a value is: a `tuple`, `bytes` that are a tuple when they have an expiry
 * (they are compressed), `text` that has none, or `other`, which the server can work with. `look` gives what is left of
 * an entry's ttl, -1 where it has none, and false where there is no entry.
 */
const entryFunctions = `${headFunction}local herd = tonumber(ARGV[1])
local function formOf(key)
  local head = headOf(key, 63)
  if not head or string.find(head, '^[-+]?[%d.][%d.eE+-]*$') then return 'other' end
  if string.byte(head) ~= 128 then return 'bytes' end
  return string.find(head, 'django_%l+%.[%l_.]+[^%w]+Marker') and 'tuple' or 'text'
end
local function look(key)
  local left = redis.call('PTTL', key)
  if left == -2 then return false end
  local form = formOf(key)
  if left >= 0 and (form == 'tuple' or form == 'bytes') then left = left - herd end
  return (left > 0 or left == -1) and left, form
end
`

export const countHerdScript: string = `${entryFunctions}local count = 0
for _, key in ipairs(KEYS) do if look(key) then count = count + 1 end end
return count`

export const herdLeftScript: string = `${entryFunctions}return look(KEYS[1]) or -2`

export const setHerdScript: string = `${entryFunctions}if (look(KEYS[1]) ~= false) == (ARGV[2] == 'NX') then return false end
return redis.call('SET', KEYS[1], ARGV[3], unpack(ARGV, 4))`

export const removeHerdScript: string = `${entryFunctions}local there = look(KEYS[1])
redis.call('UNLINK', KEYS[1])
return there and 1 or 0`

export const pullHerdScript: string = `${entryFunctions}local there = look(KEYS[1])
local value = redis.call('GETDEL', KEYS[1])
return there and value`

export const expireHerdScript: string = `${entryFunctions}local left, form = look(KEYS[1])
if not left then return 0 end
if form == 'other' then
  redis.call(ARGV[2], KEYS[1], ARGV[3])
  return 1
end
local tail = redis.call('GETRANGE', KEYS[1], -12, -1)
local patched = form == 'tuple' and ARGV[5] ~= '' and string.find(tail, '^[^G].[^\\138][^\\5]J....\\135\\148%.$')
if not patched then return 3 end
redis.call('SETRANGE', KEYS[1], redis.call('STRLEN', KEYS[1]) - 7, ARGV[5])
redis.call(ARGV[2], KEYS[1], ARGV[4])
return 1`

export const persistHerdScript: string = `${entryFunctions}local left, form = look(KEYS[1])
if not left then return 0 end
if left == -1 then return 2 end
if form ~= 'other' then return 3 end
redis.call('PERSIST', KEYS[1])
return 1`

export const replaceHerdScript: string = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], unpack(ARGV, 3))
return 1`

export const renameHerdScript: string = `${entryFunctions}if not look(KEYS[1]) then return 0 end
redis.call('RENAME', KEYS[1], KEYS[2])
return 1`

export const incrementHerdScript: string = `${entryFunctions}local left, form = look(KEYS[1])
local delta, creates = ARGV[2], ARGV[3] == '1'
if not left and not creates then return false end
if not left then redis.call('UNLINK', KEYS[1]) end
if left and (form == 'tuple' or form == 'bytes') then return redis.error_reply('${tupleEntry} a number beside its deadline') end
local fraction = string.find((left and redis.call('GET', KEYS[1]) or '') .. delta, '[.eE]')
redis.call(fraction and 'INCRBYFLOAT' or 'INCRBY', KEYS[1], delta)
if not left and ARGV[4] ~= '' then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
return redis.call('GET', KEYS[1])`
