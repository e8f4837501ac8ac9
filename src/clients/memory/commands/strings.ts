import type { Reply } from '../../../connection/connection.js'
import type { Milliseconds } from '../../../units.js'
import type { Binary } from '../binary.js'
import { readOptions, type Commands, type OptionMeanings } from '../command.js'
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
  const { only, old, expiry } = setOptionsOf(words)
  const expiresAt = expiry.endOf('set', keyspace.now)
  const before = old ? (keyspace.get(key, 'string') ?? null) : null
  const there = keyspace.find(key)
  if (only !== undefined && (only === 'NX') === (there !== undefined)) return before
  keyspace.put(key, value, expiry.chosen === 'KEEPTTL' ? there?.expiresAt : expiresAt)
  return old ? before : 'OK'
}

interface SetOptions {
  readonly only: 'NX' | 'XX' | undefined
  /** Whether the value of before is asked for. */
  readonly old: boolean
  readonly expiry: ExpiryOption
}

function setOptionsOf(words: readonly Binary[]): SetOptions {
  let [only, old] = [undefined as SetOptions['only'], false]
  const expiry = new ExpiryOption()
  const when = (wanted: 'NX' | 'XX') => (): void => {
    if (only !== undefined && only !== wanted) throw syntaxError()
    only = wanted
  }
  const keep = (): void => expiry.choose('KEEPTTL')
  readOptions(words, { NX: when('NX'), XX: when('XX'), GET: () => (old = true), KEEPTTL: keep, ...expiry.meanings })
  return { only, old, expiry }
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
  const expiry = new ExpiryOption()
  readOptions(words, { PERSIST: () => expiry.choose('PERSIST'), ...expiry.meanings })
  const value = keyspace.get(key, 'string')
  if (value === undefined) return null
  const expiresAt = expiry.endOf('getex', keyspace.now)
  if (expiry.chosen !== undefined) keyspace.expire(key, expiresAt)
  return value
}

function append(keyspace: Keyspace, [key = '', tail = '']: readonly Binary[]): Reply {
  const value = `${keyspace.get(key, 'string') ?? ''}${tail}`
  keyspace.put(key, value, keyspace.find(key)?.expiresAt)
  return value.length
}

type ExpiryWord = TimeUnit | 'KEEPTTL' | 'PERSIST'

/** The one option about expiry that SET and GETEX may have. */
class ExpiryOption {
  chosen: ExpiryWord | undefined
  #time: Binary = ''

  readonly meanings: OptionMeanings = {
    EX: (next) => this.choose('EX', next),
    PX: (next) => this.choose('PX', next),
    EXAT: (next) => this.choose('EXAT', next),
    PXAT: (next) => this.choose('PXAT', next),
  }

  choose(word: ExpiryWord, next?: () => Binary): void {
    if (this.chosen !== undefined && this.chosen !== word) throw syntaxError()
    this.chosen = word
    if (next !== undefined) this.#time = next()
  }

  endOf(command: string, now: Milliseconds): Milliseconds | undefined {
    const unit = this.chosen
    if (unit === undefined || unit === 'KEEPTTL' || unit === 'PERSIST') return undefined
    return endOf(this.#time, unit, now, command, 1n)
  }
}
