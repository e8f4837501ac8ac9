import { ErrorReply, type Reply } from '../../connection/connection.js'
import type { Milliseconds } from '../../units.js'
import type { Call, Division, GroupOf, Intent, KeptWrite, Request, Value } from '../command.js'
import { read, repeatable, write, type Decode } from './build.js'
import { groupsOf, type Group } from './groups.js'
import { count, optional, optionals } from './replies.js'

export function get(key: string, decode: Decode): Call<Value | undefined> {
  return new Get(key, decode)
}

/**
 * Hot path: the lists are made when somebody asks, for most of these leave together, as the keys of one MGET, and
 * thousands may wait (`npm run bench -- heap`).
 */
class Get implements Call<Value | undefined> {
  declare readonly decode: Decode
  declare readonly key: string

  constructor(key: string, decode: Decode) {
    this.key = key
    this.decode = decode
  }

  get name(): string {
    return 'GET'
  }

  get intent(): Intent {
    return 'read'
  }

  get idempotent(): boolean {
    return true
  }

  get keys(): readonly string[] {
    return [this.key]
  }

  get args(): readonly Value[] {
    return ['GET', this.key]
  }

  get reply(): (raw: Reply) => Value | undefined {
    return optional
  }

  get together(): (gets: readonly Request[]) => Call<readonly Reply[]> {
    return this.decode === 'text' ? textsTogether : buffersTogether
  }
}

const textsTogether = (gets: readonly Request[]): Call<readonly Reply[]> => getTogether(gets, 'text')
const buffersTogether = (gets: readonly Request[]): Call<readonly Reply[]> => getTogether(gets, 'buffer')

function getTogether(gets: readonly Request[], decode: Decode): Call<readonly Reply[]> {
  const keys = gets.map(({ keys: [key] }) => key as string)
  return { ...mget(keys, decode), name: 'GET', reply: (raw) => raw as Reply[] }
}

export function mget(keys: readonly string[], decode: Decode): Call<readonly (Value | undefined)[]> {
  const args = ['MGET'].concat(keys)
  const divide = (groupOf?: GroupOf): Division => dividedMget(keys, decode, groupOf)
  return { name: 'MGET', intent: 'read', idempotent: true, keys, args, decode, reply: optionals, divide }
}

/** Key by key GET is asked, of groups MGET, which takes a server a fraction of the time. */
function dividedMget(keys: readonly string[], decode: Decode, groupOf: GroupOf | undefined): Division {
  if (groupOf === undefined)
    return { calls: keys.map((key) => get(key, decode)), tolerates: 'WRONGTYPE', join: asMget, absent: null }
  const groups = groupsOf(keys, groupOf)
  const join = (replies: Reply[]): Reply => inPlaces(groups, replies, keys.length)
  return { calls: groups.map((group) => mget(group.keys, decode)), join, absent: null }
}

/** Puts what was answered for groups into the places of their keys; one reply for all of a group stands for each key. */
function inPlaces(groups: readonly Group[], replies: readonly Reply[], length: number): Reply[] {
  const joined = new Array<Reply>(length).fill(null)
  for (const [index, { places }] of groups.entries()) {
    const reply = replies[index] as Reply
    for (const [at, place] of places.entries()) joined[place] = Array.isArray(reply) ? (reply[at] as Reply) : reply
  }
  return joined
}

/** A value of which is not known whether it is there, since its server was away. */
export const unreached: unique symbol = Symbol('unreached')

/** As {@link mget}; where others answered, what the server was away for with a spared error reads as {@link unreached}. */
export function mgetReached(
  keys: readonly string[],
  decode: Decode,
  spares: (error: unknown) => boolean,
): Call<readonly (Value | undefined | typeof unreached)[]> {
  const reply = (raw: Reply): readonly (Value | undefined | typeof unreached)[] =>
    (raw as Reply[]).map((one) => (one === missing ? unreached : optional(one)))
  const divide = (groupOf?: GroupOf): Division => ({ ...dividedMget(keys, decode, groupOf), absent: missing })
  return { ...mget(keys, decode), reply, spares, divide }
}

const missing = new ErrorReply('UNREACHED')

/** What MGET would answer; that a key holds no string reads as absent, as there. */
function asMget(replies: Reply[]): Reply {
  return replies
}

export interface SetCondition {
  /** How long it is kept, in ms; `undefined`: for ever. */
  readonly ttl: Milliseconds | undefined
  /** Only when the key is absent (`NX`), or only when it is there (`XX`). */
  readonly only?: 'NX' | 'XX' | undefined
}

/** Whether it was written: false when the condition refused it. */
export function set(key: string, value: Value, { ttl, only }: SetCondition): Call<boolean> {
  const args = argsOfSet(key, value, ttl, only)
  return { name: 'SET', intent: 'write', idempotent: false, keys: [key], args, decode: 'text', reply: wasWritten }
}

/** Hot path: an array that grows by one has room for twenty more (bench/suites/many-keys.mjs). */
function argsOfSet(
  key: string,
  value: Value,
  ttl: Milliseconds | undefined,
  only: SetCondition['only'],
): readonly Value[] {
  if (ttl === undefined) return only === undefined ? ['SET', key, value] : ['SET', key, value, only]
  const time = String(ttl)
  return only === undefined ? ['SET', key, value, 'PX', time] : ['SET', key, value, 'PX', time, only]
}

function wasWritten(reply: Reply): boolean {
  return reply !== null
}

/** Reads a value and deletes its key, in one step. */
export function getdel(key: string, decode: Decode): Call<Value | undefined> {
  return write([key], ['GETDEL', key], optional, decode)
}

/** How many were there. What fails in an outage is kept, where the cache keeps deletes. */
export function unlink(keys: readonly string[]): Call<number> {
  return { ...unlinkNow(keys), keeps: () => deletesOf(keys) }
}

/** As {@link unlink}, of which nothing is kept. */
export function unlinkNow(keys: readonly string[]): Call<number> {
  return { ...repeatable(keys, ['UNLINK', ...keys], count), divide: (groupOf) => counted(keys, unlinkNow, groupOf) }
}

/** What is kept of a command that deletes these keys. */
export function deletesOf(keys: readonly string[]): readonly KeptWrite[] {
  return keys.map((key) => ({ key, deletes: true, send: (execute) => execute(unlinkNow([key])) }))
}

/** How many are there; one that is asked twice counts twice. */
export function exists(keys: readonly string[]): Call<number> {
  return { ...read(keys, ['EXISTS', ...keys], count), divide: (groupOf) => counted(keys, exists, groupOf) }
}

/** A command that counts keys, asked in parts. */
export function counted(
  keys: readonly string[],
  make: (keys: readonly string[]) => Call<unknown>,
  groupOf: GroupOf | undefined,
): Division {
  const calls = groupsOf(keys, groupOf).map((group) => make(group.keys))
  return { calls, join: (counts) => counts.reduce<number>(sum, 0), absent: 0 }
}

function sum(total: number, reply: Reply): number {
  return total + Number(reply)
}
