import type { Reply } from '../../connection/connection.js'
import { wallClock, type Milliseconds } from '../../units.js'
import type { Call, Division, GroupOf, KeptWrite, Value } from '../command.js'
import { answerOf, type Answer } from './answer.js'
import { readScript, script, type Decode } from './build.js'
import { incrementExisting } from './counters.js'
import { deletedAt, left } from './expiry.js'
import { groupsOf } from './groups.js'
import { count, flag, optional } from './replies.js'
import { counted, deletesOf } from './strings.js'

// Entries of a cache whose values have frames. An entry is there as long as it is fresh: past its ttl it is absent, though
// the server keeps it for its grace, and so is one whose frame says that there is no value. The server's clock decides.
// Whether an entry with tags is valid is for who asked to find out: see answer.ts.

/** How many of these keys have an entry; one that is asked twice counts twice. */
export function countEntries(keys: readonly string[]): Call<Answer<number>> {
  const reply = (raw: Reply): Answer<number> => answerOf(raw, keys, count, (there, invalid) => there - invalid)
  const call = readScript('EXISTS', countEntriesScript, keys, [timeHere()], reply)
  const divide = (groupOf?: GroupOf): Division => {
    const places = groupsOf(keys, groupOf).map((group) => group.places)
    return { ...counted(keys, countEntries, groupOf), join: (replies) => joinCounts(places, replies) }
  }
  return { ...call, decode: 'buffer', divide }
}

/** The places of keys that a part answers are those among its own keys, from 1 on. */
function joinCounts(places: readonly (readonly number[])[], replies: readonly Reply[]): Reply {
  const total = replies.reduce<number>((sum, reply) => sum + Number(Array.isArray(reply) ? reply[0] : reply), 0)
  const entries = replies.flatMap((reply, part) => (Array.isArray(reply) ? placed(reply.slice(1), places[part]) : []))
  return [total, ...entries]
}

function placed(pairs: readonly Reply[], places: readonly number[] = []): readonly Reply[] {
  return pairs.map((word, at) => (at % 2 === 0 ? (places[Number(word) - 1] ?? 0) + 1 : word))
}

/**
 * How long an entry is still fresh, in ms; `null`: as long as it is there; `undefined`: no such entry. Never more than its
 * ttl, though whoever wrote it knew the server's clock to half a round trip only.
 */
export function entryLeft(key: string): Call<Answer<Milliseconds | null | undefined>> {
  const reply = (raw: Reply): Answer<Milliseconds | null | undefined> =>
    answerOf(raw, [key], left, (ms, invalid) => (invalid > 0 ? undefined : ms))
  return { ...readScript('PTTL', entryLeftScript, [key], [timeHere()], reply), decode: 'buffer' }
}

/** What is written under which condition. */
export interface EntryWrite {
  /** How long the server keeps it, in ms; `undefined`: for ever. */
  readonly kept: Milliseconds | undefined
  /** For how long it is fresh, in ms, which the server writes into the frame. @default what the frame says already */
  readonly fresh?: Milliseconds | undefined
  /** Only when there is no entry (`NX`), or only when there is one (`XX`). */
  readonly only?: 'NX' | 'XX' | undefined
  /** The head of an entry with tags that the condition allows to be replaced. @default none */
  readonly allowed?: Value | undefined
}

/** Writes a value, as SET does; whether it was written: false when the condition refused it. */
export function setEntry(key: string, value: Value, write: EntryWrite): Call<Answer<boolean>> {
  const { kept, fresh, only, allowed } = write
  const expiry = kept === undefined ? [] : ['PX', String(kept)]
  const argv = [value, only ?? '', fresh === undefined ? '' : String(fresh), allowed ?? '', ...expiry]
  const reply = (raw: Reply): Answer<boolean> =>
    answerOf(raw, [key], isWritten, (_, invalid) => {
      const replaced = only === 'NX' ? invalid > 0 : invalid === 0
      return replaced && setEntry(key, value, { ...write, allowed: (raw as Value[])[2] })
    })
  return { ...script('SET', setEntryScript, [key], [timeHere(), ...argv], reply), decode: 'buffer' }
}

function isWritten(raw: Reply): boolean {
  return raw !== null
}

/** Until when an entry is fresh from now on: for some ms, until a moment in ms since 1970, or as long as it is there. */
export type NewExpiry = readonly [kind: 'in' | 'at', ms: Milliseconds] | readonly [kind: 'never']

/**
 * Gives an entry another expiry, and deletes it when that is over already; whether there was one. It keeps its own grace.
 * One that has tags is kept for {@link longestTagged} at most after it was written.
 * @param grace what an entry that had no expiry gets as its grace, in ms
 */
export function expireEntry(key: string, expiry: NewExpiry, grace: Milliseconds = 0): Call<Answer<boolean>> {
  return changeExpiry(key, expiry, grace, flag)
}

/** Makes an entry fresh as long as it is there; whether it had an expiry. One that has tags keeps the longest that it may. */
export function persistEntry(key: string): Call<Answer<boolean>> {
  return changeExpiry(key, ['never'], 0, (raw) => Number(raw) === 2)
}

/** Its script may run twice: it reckons from what it finds, so that the second time changes nothing more. */
function changeExpiry(
  key: string,
  [kind, ms = 0]: NewExpiry,
  grace: Milliseconds,
  read: (raw: Reply) => boolean,
): Call<Answer<boolean>> {
  const argv = [kind, String(ms), String(grace)]
  const keeps = (): readonly KeptWrite[] => {
    if (kind === 'at') return deletedAt(key, ms)
    return kind === 'in' && ms <= 0 ? deletesOf([key]) : []
  }
  const reply = (raw: Reply): Answer<boolean> => answerOf(raw, [key], read, (valid, invalid) => valid && invalid === 0)
  const call = script('PEXPIRE', expireEntryScript, [key], [timeHere(), ...argv], reply)
  return { ...call, decode: 'buffer', idempotent: true, keeps }
}

/** Reads an entry and deletes its key, in one step; `undefined` when there is no entry. */
export function pullEntry(key: string, decode: Decode): Call<Value | undefined> {
  return { ...script('GETDEL', pullEntryScript, [key], [timeHere()], optional), decode }
}

/**
 * Gives an entry another key, which is overwritten, with its ttl, its grace and its tags; whether there was one.
 * @param allowed the head of an entry with tags that are known to be valid
 */
export function renameEntry(from: string, to: string, allowed: Value = ''): Call<Answer<boolean>> {
  const reply = (raw: Reply): Answer<boolean> =>
    answerOf(raw, [from], flag, (_, invalid) => invalid === 0 && renameEntry(from, to, (raw as Value[])[2]))
  return { ...script('RENAME', renameEntryScript, [from, to], [timeHere(), allowed], reply), decode: 'buffer' }
}

/**
 * Adds to a number, in one step; `undefined` when there is none, and none is to be made. The error of a number in a frame
 * begins with {@link framedNumber}.
 * @param created how long a number is kept that was not there, in ms or for ever
 * @param judged what is known of an entry with tags: an invalid one counts as absent
 */
export function incrementEntry(
  key: string,
  delta: number | bigint,
  created?: { readonly ttl: Milliseconds | undefined },
  judged?: JudgedHead,
): Call<Answer<number | bigint | undefined>> {
  const { name, reply: sum } = incrementExisting(key, delta)
  const read = (raw: Reply): number | bigint | undefined => sum(raw === null ? null : String(raw))
  const reply = (raw: Reply): Answer<number | bigint | undefined> =>
    answerOf(raw, [key], read, (_, invalid) =>
      incrementEntry(key, delta, created, { head: (raw as Value[])[2] as Value, valid: invalid === 0 }),
    )
  const argv = [String(delta), created === undefined ? '0' : '1', String(created?.ttl ?? '')]
  const known = judged === undefined ? [] : [judged.head, judged.valid ? '1' : '0']
  const call = script(name, incrementEntryScript, [key], [timeHere(), ...argv, ...known], reply)
  return { ...call, decode: 'buffer' }
}

/** The head of an entry with tags, and whether they are known to be valid. */
interface JudgedHead {
  readonly head: Value
  readonly valid: boolean
}

/** How the error begins of a number that the server cannot count with. */
export const framedNumber = 'FRAMED'

/** The first argument of each script: what time it is here, in ms since 1970, for servers that do not tell a user the time. */
export function timeHere(): string {
  return String(wallClock.now())
}

/**
 * What scripts begin with that need the time: `now`, in ms since 1970, which is that of their first argument where the
 * server does not tell its time.
 */
export const serverNow = `local clock = redis.pcall('TIME')
local now = clock.err and tonumber(ARGV[1]) or clock[1] * 1000 + math.floor(clock[2] / 1000)
`

/**
 * Begins scripts that look at values. `headOf` reads a value up to a byte, and gives nil for a list, a set or the like. Any
 * other error of the server, as for a user who may not read, is that of the script.
 */
export const headFunction = `local function headOf(key, last)
  local head = redis.pcall('GETRANGE', key, 0, last)
  if type(head) ~= 'table' then return head end
  if not string.find(head.err, 'WRONGTYPE', 1, true) then redis.call('GETRANGE', key, 0, last) end
end
`

/** The longest time that a tagged value is kept, its grace included, in ms: 30 days. What is known of tags lives longer. */
export const longestTagged: Milliseconds = 30 * 86_400_000

/**
 * What the scripts begin with. `look` says whether a key has an entry, and where a frame says so until when it is fresh, for
 * how long it was when it was written, and its head when it has tags (codec/frame.ts); `bytes` writes a number as frames
 * have it.
 */
const entryFunctions = `${serverNow}${headFunction}local function number(text, at)
  local sum = 0
  for index = at, at + 7 do sum = sum * 256 + string.byte(text, index) end
  return sum
end
local function payloadAt(key, flags)
  local at = 19
  for bit = 0, 2 do
    local has = math.floor(flags / 2 ^ bit) % 2 == 1
    if has then at = at + 1 + (string.byte(redis.call('GETRANGE', key, at, at)) or 0) end
  end
  if flags < 8 then return at end
  local size = 0
  for index = at, at + 3 do size = size * 256 + (string.byte(redis.call('GETRANGE', key, index, index)) or 0) end
  return at + 4 + size
end
local function look(key)
  local head = headOf(key, 19)
  if not head then return true end
  if string.sub(head, 1, 2) ~= '\\193\\2' or #head < 19 then return #head > 0 or redis.call('EXISTS', key) == 1 end
  local ends = number(head, 4)
  if ends ~= 0 and ends <= now then return false end
  local flags = string.byte(head, 3)
  if flags % 2 == 1 and flags < 8 then return true, ends, number(head, 12) end
  local at = payloadAt(key, flags)
  local empty = at + (flags % 8 >= 4 and 28 or 0)
  if flags % 2 == 0 and redis.call('STRLEN', key) == empty then return false end
  return true, ends, number(head, 12), flags >= 8 and redis.call('GETRANGE', key, 0, at - 1) or nil
end
local function bytes(number)
  local rest, text = math.min(number, 281474976710655), ''
  for _ = 1, 8 do
    text = string.char(rest % 256) .. text
    rest = math.floor(rest / 256)
  end
  return text
end
`

export const countEntriesScript: string = `${entryFunctions}local answer = {0}
for index, key in ipairs(KEYS) do
  local there, _, _, head = look(key)
  if there then answer[1] = answer[1] + 1 end
  if head then
    answer[#answer + 1] = index
    answer[#answer + 1] = head
  end
end
return #answer == 1 and answer[1] or answer`

export const entryLeftScript: string = `${entryFunctions}local there, ends, ttl, head = look(KEYS[1])
if not there then return -2 end
local left = (ends and ends > 0) and math.min(ends - now, ttl) or redis.call('PTTL', KEYS[1])
return head and {left, 1, head} or left`

export const setEntryScript: string = `${entryFunctions}local value, only, fresh, allowed = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
if only ~= '' then
  local there, _, _, head = look(KEYS[1])
  if head and head ~= allowed then return {0, 1, head} end
  if not head and there == (only == 'NX') then return false end
end
if fresh ~= '' then value = string.sub(value, 1, 3) .. bytes(now + fresh) .. string.sub(value, 12) end
return redis.call('SET', KEYS[1], value, unpack(ARGV, 6))`

export const expireEntryScript: string = `${entryFunctions}local there, ends, ttl, head = look(KEYS[1])
local kind, last = ARGV[2], tonumber(ARGV[3])
local function answer(result) return head and {result, 1, head} or result end
if kind == 'in' then last = last + now end
local written, limit, had = now, math.huge, 1
if head and ends > 0 then
  written, limit = ends - ttl, ends - ttl + ${longestTagged}
  if kind == 'never' then kind, last, had = 'at', limit, 2 end
  last = math.min(last, limit)
end
if kind ~= 'never' and last <= now then redis.call('UNLINK', KEYS[1]) end
if not there then return 0 end
if kind == 'never' then
  if redis.call('PERSIST', KEYS[1]) == 1 or (ends or 0) > 0 then had = 2 end
  if ends then redis.call('SETRANGE', KEYS[1], 3, string.rep('\\0', 16)) end
  return answer(had)
end
if last <= now then return answer(had) end
local grace = 0
if ends then
  local expires = redis.call('PEXPIRETIME', KEYS[1])
  grace = (ends > 0 and expires > 0) and math.max(expires - ends, 0) or ARGV[4]
  redis.call('SETRANGE', KEYS[1], 3, bytes(last) .. bytes(last - written))
end
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', math.min(last + grace, limit)))
return answer(had)`

export const pullEntryScript: string = `${entryFunctions}local there = look(KEYS[1])
local value = redis.call('GETDEL', KEYS[1])
return there and value`

export const renameEntryScript: string = `${entryFunctions}local there, _, _, head = look(KEYS[1])
if not there then return 0 end
if head and head ~= ARGV[2] then return {0, 1, head} end
redis.call('RENAME', KEYS[1], KEYS[2])
return 1`

export const incrementEntryScript: string = `${entryFunctions}local value = redis.call('GET', KEYS[1])
local delta, creates = ARGV[2], ARGV[3] == '1'
local there, _, _, head = look(KEYS[1])
if head and head ~= ARGV[5] then return {0, 1, head} end
if value and (not there or head and ARGV[6] == '0') then
  if creates then redis.call('UNLINK', KEYS[1]) end
  value = false
end
if not value and not creates then return false end
local mark, _, flags = string.byte(value or '', 1, 3)
if mark == 193 and flags and flags % 2 == 0 then return redis.error_reply('${framedNumber} a number in a frame') end
local fraction = string.find(value or '', '[.eE]') or string.find(delta, '[.eE]')
redis.call(fraction and 'INCRBYFLOAT' or 'INCRBY', KEYS[1], delta)
if not value and ARGV[4] ~= '' then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
return redis.call('GET', KEYS[1])`
