import type { Reply } from '../../connection/connection.js'
import {
  countEntriesScript,
  entryLeftScript,
  expireEntryScript,
  framedNumber,
  incrementEntryScript,
  longestTagged,
  pullEntryScript,
  renameEntryScript,
  setEntryScript,
} from '../commands/entries.js'
import type { Milliseconds } from '../../units.js'
import type { Binary } from './binary.js'
import { Refusal } from './refusal.js'
import { stringAt, timeIn, type RedisCall, type Twin } from './script.js'

/** Whether a key has an entry, and until when it is fresh where a frame says so. */
interface Look {
  readonly there: boolean
  readonly ends?: Milliseconds
  /** For how long it was when it was written. */
  readonly ttl?: Milliseconds
  /** Its frame up to where the value begins, when it has tags. */
  readonly head?: Binary | undefined
}

function look(call: RedisCall, key: Binary): Look {
  const value = stringAt(call, key)
  if (value === undefined) return { there: true }
  if (!value.startsWith('\xc1\x02') || value.length < 19) return { there: value !== '' || call('EXISTS', key) === 1 }
  const ends = numberAt(value, 3)
  if (ends !== 0 && ends <= timeIn(call)) return { there: false }
  const flags = value.charCodeAt(2)
  const at = payloadAt(value, flags)
  const isAbsence = flags % 2 === 0 && value.length === at + ((flags & 4) === 0 ? 0 : 28)
  const head = flags < 8 ? undefined : value.slice(0, at)
  return isAbsence ? { there: false } : { there: true, ends, ttl: numberAt(value, 11), head }
}

/** Where the payload of a frame of version 2 begins. */
function payloadAt(value: Binary, flags: number): number {
  let at = 19
  for (let bit = 0; bit < 3; bit++) if ((flags & (1 << bit)) !== 0) at += 1 + byteAt(value, at)
  if (flags < 8) return at
  let size = 0
  for (let index = at; index < at + 4; index++) size = size * 256 + byteAt(value, index)
  return at + 4 + size
}

function byteAt(value: Binary, at: number): number {
  return at < value.length ? value.charCodeAt(at) : 0
}

/** What a script answers of one entry: with its head, when it has tags. */
function answer(result: number, head: Binary | undefined): Reply {
  return head === undefined ? result : [result, 1, head]
}

function numberAt(value: Binary, at: number): number {
  return Number(Buffer.from(value.slice(at, at + 8), 'latin1').readBigUInt64BE())
}

function bytes(number: number): Binary {
  const written = Buffer.alloc(8)
  written.writeUIntBE(Math.min(number, 2 ** 48 - 1), 2, 6)
  return written.toString('latin1')
}

/** As SETRANGE: what is there keeps its expiry. */
function patch(call: RedisCall, key: Binary, text: Binary): void {
  const value = String(call('GET', key))
  call('SET', key, `${value.slice(0, 3)}${text}${value.slice(19)}`, 'KEEPTTL')
}

const countEntries: Twin = (call, keys) => {
  const looks = keys.map((key) => look(call, key))
  const there = looks.filter((one) => one.there).length
  const tagged = looks.flatMap(({ head }, index) => (head === undefined ? [] : [index + 1, head]))
  return tagged.length === 0 ? there : [there, ...tagged]
}

const entryLeft: Twin = (call, [key = '']) => {
  const { there, ends = 0, ttl = 0, head } = look(call, key)
  if (!there) return -2
  return answer(ends > 0 ? Math.min(ends - timeIn(call), ttl) : Number(call('PTTL', key)), head)
}

const setEntry: Twin = (call, [key = ''], [, value = '', only, fresh = '', allowed, ...expiry]) => {
  if (only !== '') {
    const { there, head } = look(call, key)
    if (head !== undefined && head !== allowed) return [0, 1, head]
    if (head === undefined && there === (only === 'NX')) return null
  }
  const until = fresh === '' ? value.slice(3, 11) : bytes(timeIn(call) + Number(fresh))
  return call('SET', key, `${value.slice(0, 3)}${until}${value.slice(11)}`, ...expiry)
}

const expireEntry: Twin = (call, [key = ''], [, kind, ms, ownGrace]) => {
  const entry = look(call, key)
  const { there, ends = 0, ttl = 0, head } = entry
  const now = timeIn(call)
  const limit = head !== undefined && ends > 0 ? ends - ttl + longestTagged : Infinity
  const lasts = kind === 'never' && limit === Infinity
  const asked = kind === 'never' ? limit : Number(ms) + (kind === 'in' ? now : 0)
  const last = Math.min(asked, limit)
  if (!lasts && last <= now) call('UNLINK', key)
  if (!there) return 0
  if (lasts) return answer(persist(call, key, entry.ends), head)
  const had = kind === 'never' ? 2 : 1
  if (last <= now) return answer(had, head)
  let grace = 0
  if (entry.ends !== undefined) {
    const expires = Number(call('PEXPIRETIME', key))
    grace = ends > 0 && expires > 0 ? Math.max(expires - ends, 0) : Number(ownGrace)
    patch(call, key, bytes(last) + bytes(last - (limit === Infinity ? now : ends - ttl)))
  }
  call('PEXPIREAT', key, String(Math.min(last + grace, limit)))
  return answer(had, head)
}

function persist(call: RedisCall, key: Binary, ends: Milliseconds | undefined): number {
  const had = call('PERSIST', key) === 1 || (ends ?? 0) > 0
  if (ends !== undefined) patch(call, key, '\0'.repeat(16))
  return had ? 2 : 1
}

const pullEntry: Twin = (call, [key = '']) => {
  const { there } = look(call, key)
  const value = call('GETDEL', key)
  return there ? value : null
}

const renameEntry: Twin = (call, [from = '', to = ''], [, allowed]) => {
  const { there, head } = look(call, from)
  if (!there) return 0
  if (head !== undefined && head !== allowed) return [0, 1, head]
  call('RENAME', from, to)
  return 1
}

const incrementEntry: Twin = (call, [key = ''], [, delta = '', creates, ttl = '', judged, valid]) => {
  const stored = call('GET', key)
  const { there, head } = look(call, key)
  if (head !== undefined && head !== judged) return [0, 1, head]
  const counts = stored !== null && there && (head === undefined || valid !== '0')
  const value = counts ? String(stored) : undefined
  if (stored !== null && value === undefined && creates === '1') call('UNLINK', key)
  if (value === undefined && creates !== '1') return null
  if (value !== undefined && value[0] === '\xc1' && value.length > 2 && value.charCodeAt(2) % 2 === 0)
    throw new Refusal(`${framedNumber} a number in a frame`)
  const fraction = /[.eE]/.test(`${value ?? ''} ${delta}`)
  call(fraction ? 'INCRBYFLOAT' : 'INCRBY', key, delta)
  if (value === undefined && ttl !== '') call('PEXPIRE', key, ttl)
  return call('GET', key)
}

/** The twins of the scripts on entries. */
export const entryTwins: readonly (readonly [script: string, twin: Twin])[] = [
  [countEntriesScript, countEntries],
  [entryLeftScript, entryLeft],
  [setEntryScript, setEntry],
  [expireEntryScript, expireEntry],
  [pullEntryScript, pullEntry],
  [renameEntryScript, renameEntry],
  [incrementEntryScript, incrementEntry],
]
