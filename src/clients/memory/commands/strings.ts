import type { Reply } from '../../../connection/connection.js'
import type { Milliseconds } from '../../../units.js'
import type { Binary } from '../binary.js'
import type { Commands } from '../command.js'
import { endOf, type TimeUnit } from '../expiry.js'
import type { Keyspace } from '../keyspace.js'
import { syntaxError, wrongArity } from '../refusal.js'

export const stringCommands: Commands = {
  GET: [2, (keyspace, [key = '']) => keyspace.get(key, 'string') ?? null],
  MGET: [-2, (keyspace, keys) => keys.map((key) => textAt(keyspace, key))],
  SET: [-3, set],
  SETNX: [3, (keyspace, [key = '', value = '']) => (set(keyspace, [key, value, 'NX']) === null ? 0 : 1)],
  MSET: [-3, (keyspace, args) => mset(keyspace, pairsOf('mset', args))],
  MSETNX: [-3, msetnx],
  GETDEL: [2, getdel],
  GETEX: [-2, getex],
  APPEND: [3, append],
  STRLEN: [2, (keyspace, [key = '']) => keyspace.get(key, 'string')?.length ?? 0],
}

/** As MGET sees it: what is no string is not there. */
function textAt(keyspace: Keyspace, key: Binary): Binary | null {
  const value = keyspace.find(key)?.value
  return typeof value === 'string' ? value : null
}

function set(keyspace: Keyspace, [key = '', value = '', ...words]: readonly Binary[]): Reply {
  const { only, old, expiry, time } = optionsOf(words, setWords)
  const expiresAt = endOfOption(expiry, time, keyspace.now, 'set')
  const before = old ? (keyspace.get(key, 'string') ?? null) : null
  const there = keyspace.find(key)
  if (only !== undefined && (only === 'NX') === (there !== undefined)) return before
  // NX together with GET is how a lock is taken.
  const kept = only === 'NX' && old
  keyspace.put(key, value, expiry === 'KEEPTTL' ? there?.expiresAt : expiresAt, kept)
  return old ? before : 'OK'
}

function mset(keyspace: Keyspace, pairs: readonly (readonly [Binary, Binary])[]): Reply {
  for (const [key, value] of pairs) keyspace.admit(key, value)
  for (const [key, value] of pairs) keyspace.put(key, value)
  return 'OK'
}

function msetnx(keyspace: Keyspace, args: readonly Binary[]): Reply {
  const pairs = pairsOf('msetnx', args)
  if (pairs.some(([key]) => keyspace.has(key))) return 0
  mset(keyspace, pairs)
  return 1
}

function pairsOf(name: string, args: readonly Binary[]): (readonly [Binary, Binary])[] {
  if (args.length % 2 !== 0) throw wrongArity(name)
  return args.flatMap((key, index) => (index % 2 === 0 ? [[key, args[index + 1] as Binary] as const] : []))
}

function getdel(keyspace: Keyspace, [key = '']: readonly Binary[]): Reply {
  const value = keyspace.get(key, 'string') ?? null
  keyspace.delete(key)
  return value
}

function getex(keyspace: Keyspace, [key = '', ...words]: readonly Binary[]): Reply {
  const { expiry, time } = optionsOf(words, getexWords)
  // As servers have it from 8.1 on: a time that cannot be is refused before anybody looks for the key.
  const expiresAt = endOfOption(expiry, time, keyspace.now, 'getex')
  const value = keyspace.get(key, 'string')
  if (value === undefined) return null
  if (expiry !== undefined) keyspace.expire(key, expiresAt)
  return value
}

function append(keyspace: Keyspace, [key = '', tail = '']: readonly Binary[]): Reply {
  const value = `${keyspace.get(key, 'string') ?? ''}${tail}`
  keyspace.put(key, value, keyspace.find(key)?.expiresAt)
  return value.length
}

interface Options {
  only: string | undefined
  /** Whether the value of before is asked for. */
  old: boolean
  /** The one word about expiry, and its time where it has one. */
  expiry: string | undefined
  time: Binary
}

/** What stands behind key and value; a word may come twice, two that exclude each other may not. */
function optionsOf(words: readonly Binary[], known: ReadonlySet<string>): Options {
  const options: Options = { only: undefined, old: false, expiry: undefined, time: '' }
  for (let at = 0; at < words.length; at++) {
    const word = (words[at] as Binary).toUpperCase()
    const slot = word === 'NX' || word === 'XX' ? 'only' : 'expiry'
    if (word === 'GET' && known.has(word)) options.old = true
    else if (!known.has(word) || (options[slot] ?? word) !== word) throw syntaxError()
    else options[slot] = word
    if (isUnit(word)) options.time = words[++at] ?? refuse()
  }
  return options
}

function endOfOption(
  expiry: string | undefined,
  time: Binary,
  now: Milliseconds,
  command: string,
): Milliseconds | undefined {
  return expiry !== undefined && isUnit(expiry) ? endOf(time, expiry, now, command, 1n) : undefined
}

function isUnit(word: string): word is TimeUnit {
  return units.has(word)
}

function refuse(): never {
  throw syntaxError()
}

const units: ReadonlySet<string> = new Set(['EX', 'PX', 'EXAT', 'PXAT'])
const setWords: ReadonlySet<string> = new Set([...units, 'NX', 'XX', 'GET', 'KEEPTTL'])
const getexWords: ReadonlySet<string> = new Set([...units, 'PERSIST'])
