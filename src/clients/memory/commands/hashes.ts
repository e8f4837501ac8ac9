import type { Reply } from '../../../connection/connection.js'
import type { Binary } from '../binary.js'
import type { Commands } from '../command.js'
import type { Keyspace } from '../keyspace.js'
import { addDecimals, fits64, narrow, parseInteger, toDecimal, toInteger } from '../numbers.js'
import { endOf } from '../expiry.js'
import { Refusal, syntaxError, wrongArity } from '../refusal.js'

export const hashCommands: Commands = {
  HSET: [-4, (keyspace, args) => setFields(keyspace, 'hset', args)],
  HMSET: [-4, (keyspace, args) => (setFields(keyspace, 'hmset', args), 'OK')],
  HSETNX: [4, setNew],
  HGET: [3, (keyspace, [key = '', field = '']) => fieldsOf(keyspace, key).get(field) ?? null],
  HMGET: [-3, (keyspace, [key = '', ...fields]) => valuesAt(fieldsOf(keyspace, key), fields)],
  HGETALL: [2, (keyspace, [key = '']) => new Map(fieldsOf(keyspace, key))],
  HDEL: [-3, remove],
  HLEN: [2, (keyspace, [key = '']) => fieldsOf(keyspace, key).size],
  HKEYS: [2, (keyspace, [key = '']) => [...fieldsOf(keyspace, key).keys()]],
  HVALS: [2, (keyspace, [key = '']) => [...fieldsOf(keyspace, key).values()]],
  HEXISTS: [3, (keyspace, [key = '', field = '']) => Number(fieldsOf(keyspace, key).has(field))],
  HSTRLEN: [3, (keyspace, [key = '', field = '']) => fieldsOf(keyspace, key).get(field)?.length ?? 0],
  HPEXPIRE: [-6, expireFields],
  HPERSIST: [-5, persistFields],
  HPTTL: [-5, fieldTtls],
  HINCRBY: [4, increment],
  HINCRBYFLOAT: [4, incrementByFloat],
}

function fieldsOf(keyspace: Keyspace, key: Binary): ReadonlyMap<Binary, Binary> {
  return keyspace.get(key, 'hash') ?? new Map()
}

function valuesAt(hash: ReadonlyMap<Binary, Binary>, fields: readonly Binary[]): Reply {
  return fields.map((field) => hash.get(field) ?? null)
}

/** How many fields are new. */
function setFields(keyspace: Keyspace, name: string, [key = '', ...pairs]: readonly Binary[]): number {
  if (pairs.length % 2 !== 0) throw wrongArity(name)
  return keyspace.change(key, 'hash', pairs, (hash) => {
    const before = hash.size
    for (let index = 0; index < pairs.length; index += 2) hash.set(pairs[index] as Binary, pairs[index + 1] as Binary)
    return hash.size - before
  })
}

/** Gives a field another value; its ttl stays. */
function replaceValue(keyspace: Keyspace, key: Binary, field: Binary, value: Binary): void {
  keyspace.change(key, 'hash', [field, value], (hash) => {
    const end = hash.endOf(field)
    hash.set(field, value).expire(field, end)
  })
}

function setNew(keyspace: Keyspace, [key = '', field = '', value = '']: readonly Binary[]): Reply {
  if (fieldsOf(keyspace, key).has(field)) return 0
  return setFields(keyspace, 'hsetnx', [key, field, value])
}

function remove(keyspace: Keyspace, [key = '', ...fields]: readonly Binary[]): Reply {
  return keyspace.change(key, 'hash', [], (hash) => fields.filter((field) => hash.delete(field)).length)
}

/** For each field: 1 it has a ttl now, 2 it was over and is gone, -2 it is not there. */
function expireFields(keyspace: Keyspace, [key = '', time = '', ...words]: readonly Binary[]): Reply {
  const fields = fieldsIn(words)
  const end = endOf(time, 'PX', keyspace.now, 'hpexpire', 0n)
  return keyspace.change(key, 'hash', [], (hash) =>
    fields.map((field) => {
      if (!hash.has(field)) return -2
      if (end <= keyspace.now) return hash.delete(field) ? 2 : -2
      hash.expire(field, end)
      return 1
    }),
  )
}

/** For each field: 1 it has no ttl any more, -1 it had none, -2 it is not there. */
function persistFields(keyspace: Keyspace, [key = '', ...words]: readonly Binary[]): Reply {
  const fields = fieldsIn(words)
  return keyspace.change(key, 'hash', [], (hash) =>
    fields.map((field) => {
      if (!hash.has(field)) return -2
      const had = hash.endOf(field) !== undefined
      hash.expire(field, undefined)
      return had ? 1 : -1
    }),
  )
}

function fieldTtls(keyspace: Keyspace, [key = '', ...words]: readonly Binary[]): Reply {
  const fields = fieldsIn(words)
  const hash = keyspace.get(key, 'hash')
  return fields.map((field) => {
    if (!hash?.has(field)) return -2
    const end = hash.endOf(field)
    return end === undefined ? -1 : end - keyspace.now
  })
}

/** What stands behind `FIELDS` and their number. */
function fieldsIn([word = '', count = '', ...fields]: readonly Binary[]): readonly Binary[] {
  if (word.toUpperCase() !== 'FIELDS') throw syntaxError()
  if (Number(count) !== fields.length)
    throw new Refusal('ERR numfields should be greater than 0 and match the provided number of fields')
  return fields
}

function increment(keyspace: Keyspace, [key = '', field = '', delta = '']: readonly Binary[]): Reply {
  const added = toInteger(delta)
  const value = parseInteger(fieldsOf(keyspace, key).get(field) ?? '0')
  if (value === undefined) throw new Refusal('ERR hash value is not an integer')
  if (!fits64(value + added)) throw new Refusal('ERR increment or decrement would overflow')
  replaceValue(keyspace, key, field, String(value + added))
  return narrow(value + added)
}

function incrementByFloat(keyspace: Keyspace, [key = '', field = '', delta = '']: readonly Binary[]): Reply {
  const added = toDecimal(delta)
  if (added === undefined) throw new Refusal('ERR value is NaN or Infinity')
  const sum = addDecimals(toDecimal(fieldsOf(keyspace, key).get(field) ?? '0', 'ERR hash value is not a float'), added)
  replaceValue(keyspace, key, field, sum)
  return sum
}
