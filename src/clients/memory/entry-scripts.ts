import type { Reply } from '../../connection/connection.js'
import {
  countEntriesScript,
  entryLeftScript,
  expireEntryScript,
  framedNumber,
  incrementEntryScript,
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
}

function look(call: RedisCall, key: Binary): Look {
  const value = stringAt(call, key)
  if (value === undefined) return { there: true }
  if (!value.startsWith('\xc1\x02') || value.length < 19) return { there: value !== '' || call('EXISTS', key) === 1 }
  const ends = numberAt(value, 3)
  if (ends !== 0 && ends <= timeIn(call)) return { there: false }
  const flags = value.charCodeAt(2)
  const empty = flags === 0 ? 19 : 48 + (value.length > 19 ? value.charCodeAt(19) : 0)
  return flags % 2 === 0 && value.length === empty ? { there: false } : { there: true, ends, ttl: numberAt(value, 11) }
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

const countEntries: Twin = (call, keys) => keys.filter((key) => look(call, key).there).length

const entryLeft: Twin = (call, [key = '']) => {
  const { there, ends = 0, ttl = 0 } = look(call, key)
  if (!there) return -2
  return ends > 0 ? Math.min(ends - timeIn(call), ttl) : call('PTTL', key)
}

const setEntry: Twin = (call, [key = ''], [, value = '', only, fresh = '', ...expiry]) => {
  if (only !== '' && look(call, key).there === (only === 'NX')) return null
  const until = fresh === '' ? value.slice(3, 11) : bytes(timeIn(call) + Number(fresh))
  return call('SET', key, `${value.slice(0, 3)}${until}${value.slice(11)}`, ...expiry)
}

const expireEntry: Twin = (call, [key = ''], [, kind, ms, ownGrace]) => {
  const { there, ends } = look(call, key)
  const now = timeIn(call)
  if (kind === 'never') return there ? persist(call, key, ends) : 0
  const last = Number(ms) + (kind === 'in' ? now : 0)
  if (last <= now) call('UNLINK', key)
  if (!there || last <= now) return there ? 1 : 0
  let grace = 0
  if (ends !== undefined) {
    const expires = Number(call('PEXPIRETIME', key))
    grace = ends > 0 && expires > 0 ? Math.max(expires - ends, 0) : Number(ownGrace)
    patch(call, key, bytes(last) + bytes(last - now))
  }
  call('PEXPIREAT', key, String(last + grace))
  return 1
}

function persist(call: RedisCall, key: Binary, ends: Milliseconds | undefined): Reply {
  const had = call('PERSIST', key) === 1 || (ends ?? 0) > 0
  if (ends !== undefined) patch(call, key, '\0'.repeat(16))
  return had ? 2 : 1
}

const pullEntry: Twin = (call, [key = '']) => {
  const { there } = look(call, key)
  const value = call('GETDEL', key)
  return there ? value : null
}

const renameEntry: Twin = (call, [from = '', to = '']) => {
  if (!look(call, from).there) return 0
  call('RENAME', from, to)
  return 1
}

const incrementEntry: Twin = (call, [key = ''], [, delta = '', creates, ttl = '']) => {
  const stored = call('GET', key)
  const value = stored !== null && look(call, key).there ? String(stored) : undefined
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
