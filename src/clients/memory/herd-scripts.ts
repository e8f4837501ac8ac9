import type { Reply } from '../../connection/connection.js'
import {
  countHerdScript,
  expireHerdScript,
  herdLeftScript,
  incrementHerdScript,
  persistHerdScript,
  pullHerdScript,
  removeHerdScript,
  renameHerdScript,
  replaceHerdScript,
  setHerdScript,
  tupleEntry,
} from '../commands/herd-entries.js'
import type { Milliseconds } from '../../units.js'
import type { Binary } from './binary.js'
import { Refusal } from './refusal.js'
import { stringAt, type RedisCall, type Twin } from './script.js'

/** What a value is, as the scripts have it. */
type Form = 'tuple' | 'bytes' | 'text' | 'other'

/** What is left of an entry's ttl: -1 where it has none, `undefined` where there is no entry. */
interface Look {
  readonly left: Milliseconds | undefined
  readonly form: Form
}

function look(call: RedisCall, key: Binary, herdTimeout: Binary = ''): Look {
  const left = Number(call('PTTL', key))
  if (left === -2) return { left: undefined, form: 'other' }
  const form = formOf(call, key)
  const kept = left >= 0 && (form === 'tuple' || form === 'bytes') ? Number(herdTimeout) : 0
  return { left: left === -1 || left > kept ? left - kept : undefined, form }
}

function formOf(call: RedisCall, key: Binary): Form {
  const head = stringAt(call, key)?.slice(0, 64)
  if (head === undefined || /^[-+]?[\d.][\d.eE+-]*$/.test(head)) return 'other'
  if (!head.startsWith('\x80')) return 'bytes'
  return /django_[a-z]+\.[a-z_.]+[^A-Za-z\d]+Marker/.test(head) ? 'tuple' : 'text'
}

const countEntries: Twin = (call, keys, [herd]) => keys.filter((key) => look(call, key, herd).left !== undefined).length

const entryLeft: Twin = (call, [key = ''], [herd]) => look(call, key, herd).left ?? -2

const setEntry: Twin = (call, [key = ''], [herd, only, value = '', ...expiry]) => {
  const there = look(call, key, herd).left !== undefined
  return there === (only === 'NX') ? null : call('SET', key, value, ...expiry)
}

const removeEntry: Twin = (call, [key = ''], [herd]) => {
  const there = look(call, key, herd).left !== undefined
  call('UNLINK', key)
  return there ? 1 : 0
}

const pullEntry: Twin = (call, [key = ''], [herd]) => {
  const there = look(call, key, herd).left !== undefined
  const value = call('GETDEL', key)
  return there ? value : null
}

const expireEntry: Twin = (call, [key = ''], [herd, command = '', ms = '', kept = '', seconds = '']) => {
  const { left, form } = look(call, key, herd)
  if (left === undefined) return 0
  if (form !== 'other') {
    const patched = form === 'tuple' ? patch(String(call('GET', key)), seconds) : undefined
    if (patched === undefined) return 3
    call('SET', key, patched, 'KEEPTTL')
  }
  call(command, key, form === 'other' ? ms : kept)
  return 1
}

/** The pickle with another deadline; `undefined` where it has another form. */
function patch(value: Binary, seconds: Binary): Binary | undefined {
  const tail = value.slice(-12)
  const known = /^[^G].[^\x8a].J.{4}\x87\x94\.$/s.test(tail) && tail[3] !== '\x05'
  return known && seconds !== '' ? `${value.slice(0, -7)}${seconds}${value.slice(-3)}` : undefined
}

const persistEntry: Twin = (call, [key = ''], [herd]) => {
  const { left, form } = look(call, key, herd)
  if (left === undefined) return 0
  if (left === -1) return 2
  if (form !== 'other') return 3
  call('PERSIST', key)
  return 1
}

const replaceEntry: Twin = (call, [key = ''], [bytes, value = '', ...expiry]) => {
  if (call('GET', key) !== bytes) return 0
  call('SET', key, value, ...expiry)
  return 1
}

const renameEntry: Twin = (call, [from = '', to = ''], [herd]) => {
  if (look(call, from, herd).left === undefined) return 0
  call('RENAME', from, to)
  return 1
}

const incrementEntry: Twin = (call, [key = ''], [herd, delta = '', creates, ttl = '']) => {
  const { left, form } = look(call, key, herd)
  if (left === undefined) return creates === '1' ? created(call, key, delta, ttl) : null
  if (form === 'tuple' || form === 'bytes') throw new Refusal(`${tupleEntry} a number beside its deadline`)
  return add(call, key, delta, String(call('GET', key)))
}

function created(call: RedisCall, key: Binary, delta: Binary, ttl: Binary): Reply {
  call('UNLINK', key)
  add(call, key, delta, '')
  if (ttl !== '') call('PEXPIRE', key, ttl)
  return call('GET', key)
}

function add(call: RedisCall, key: Binary, delta: Binary, value: Binary): Reply {
  call(/[.eE]/.test(`${value}${delta}`) ? 'INCRBYFLOAT' : 'INCRBY', key, delta)
  return call('GET', key)
}

/** The twins of the scripts on entries of a herd cache. */
export const herdTwins: readonly (readonly [script: string, twin: Twin])[] = [
  [countHerdScript, countEntries],
  [herdLeftScript, entryLeft],
  [setHerdScript, setEntry],
  [removeHerdScript, removeEntry],
  [expireHerdScript, expireEntry],
  [persistHerdScript, persistEntry],
  [replaceHerdScript, replaceEntry],
  [pullHerdScript, pullEntry],
  [renameHerdScript, renameEntry],
  [incrementHerdScript, incrementEntry],
]
