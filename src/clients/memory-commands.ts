import type { LRUCache } from 'lru-cache'
import { ErrorReply, type Reply } from '../connection/connection.js'
import { UnsupportedError } from '../errors.js'
import { monotonicClock } from '../units.js'
import type { Call, Value } from './command.js'

/** Values by key; expiry is the map's. */
export type Store = LRUCache<string, Value>

type Command = (store: Store, args: readonly string[], call: Call<unknown>) => Reply

/**
 * Runs a command on a map and answers as a server does.
 * @throws {UnsupportedError} E_UNSUPPORTED for commands that the memory client does not have
 */
export function runInMemory(store: Store, call: Call<unknown>): Reply {
  const name = call.script === undefined ? String(call.args[0]) : `script ${call.name}`
  const command = commands[name]
  if (command === undefined) throw new UnsupportedError(`The memory client has no ${name}; use a server for it.`)
  return command(store, call.args.slice(1) as string[], call)
}

const commands: Readonly<Record<string, Command>> = {
  PING: () => 'PONG',
  GET: (store, [key = '']) => stored(store.get(key)),
  MGET: (store, keys) => keys.map((key) => stored(store.get(key))),
  SET: (store, [key = '', , ...options], { args }) => set(store, key, args[2] as Value, options),
  UNLINK: (store, keys) => keys.filter((key) => store.delete(key)).length,
  EXISTS: (store, keys) => keys.filter((key) => store.has(key)).length,
  PEXPIRE: (store, [key = '', ttl]) => expire(store, key, Number(ttl)),
  PERSIST: (store, [key = '']) => (left(store, key) >= 0 ? expire(store, key, undefined) : 0),
  PTTL: (store, [key = '']) => left(store, key),
  INCRBY: (store, [key = '', delta = '0']) => increment(store, key, delta),
  'script INCRBY': (store, [, , key = '', delta = '0']) => (store.has(key) ? increment(store, key, delta) : null),
  'script LOCK ACQUIRE': (store, [, , key = '', counter = '', token = '', ...options]) =>
    acquire(store, key, counter, token, options),
  'script LOCK RELEASE': (store, [, , key = '', token]) => (store.get(key) === token && store.delete(key) ? 1 : 0),
  'script LOCK EXTEND': (store, [, , key = '', token, by, replace]) =>
    store.get(key) === token && left(store, key) >= 0
      ? expire(store, key, Number(by) + (replace === '1' ? 0 : left(store, key)))
      : 0,
  'script LOCK REACQUIRE': (store, [, , key = '', token, ttl]) =>
    store.get(key) === token ? expire(store, key, Number(ttl)) : 0,
  SCAN: (store, [, , pattern = '']) => ['0', [...store.keys()].filter((key) => prefixOf(pattern, key))],
}

function stored(value: Value | undefined): Reply {
  return value === undefined || typeof value === 'string' ? (value ?? null) : Buffer.from(value)
}

function set(store: Store, key: string, value: Value, options: readonly string[]): Reply {
  const [before, wanted] = [stored(store.get(key)), options.includes('GET')]
  if (options.includes(before === null ? 'XX' : 'NX')) return wanted ? before : null
  const px = options.indexOf('PX')
  put(store, key, value, px < 0 ? undefined : Number(options[px + 1]))
  return wanted ? before : 'OK'
}

function put(store: Store, key: string, value: Value, ttl: number | undefined): void {
  store.set(key, value, ttl === undefined ? { ttl: 0 } : { ttl })
}

function expire(store: Store, key: string, ttl: number | undefined): number {
  const value = store.get(key)
  if (value === undefined) return 0
  put(store, key, value, ttl)
  return 1
}

/** -2: not there; -1: no expiry. */
function left(store: Store, key: string): number {
  if (!store.has(key)) return -2
  const ttl = store.getRemainingTTL(key)
  return ttl === Infinity ? -1 : Math.ceil(ttl)
}

function increment(store: Store, key: string, delta: string): Reply {
  const value = store.get(key) ?? '0'
  if (!/^-?\d+$/.test(String(value))) return new ErrorReply('ERR value is not an integer or out of range')
  const sum = BigInt(String(value)) + BigInt(delta)
  if (sum !== BigInt.asIntN(64, sum)) return new ErrorReply('ERR increment or decrement would overflow')
  const ttl = left(store, key)
  put(store, key, String(sum), ttl < 0 ? undefined : ttl)
  return String(sum)
}

/** The next fencing number, when the lock is free or the token's already; no clock but ours runs here. */
function acquire(store: Store, key: string, counter: string, token: string, options: readonly string[]): Reply {
  const holder = set(store, key, token, ['NX', 'GET', ...options])
  if (holder !== null && holder !== token) return null
  const fence = Math.max(Number(store.get(counter) ?? 0) + 1, Math.floor(monotonicClock.now()))
  put(store, counter, String(fence), fenceKept)
  return fence
}

/** The one pattern that is used so far: a literal prefix and a star. */
function prefixOf(pattern: string, key: string): boolean {
  return key.startsWith(pattern.slice(0, -1).replace(/\[(.)\]|\\(.)/g, '$1$2'))
}

/** A day, in ms. */
const fenceKept = 86_400_000
