import type { Reply } from '../../../connection/connection.js'
import type { Binary } from '../binary.js'
import type { Commands } from '../command.js'
import type { Keyspace } from '../keyspace.js'
import { addDecimals, fits64, narrow, parseInteger, toDecimal, toInteger } from '../numbers.js'
import { Refusal, wrongArity } from '../refusal.js'

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

function setNew(keyspace: Keyspace, [key = '', field = '', value = '']: readonly Binary[]): Reply {
  if (fieldsOf(keyspace, key).has(field)) return 0
  return setFields(keyspace, 'hsetnx', [key, field, value])
}

function remove(keyspace: Keyspace, [key = '', ...fields]: readonly Binary[]): Reply {
  return keyspace.change(key, 'hash', [], (hash) => fields.filter((field) => hash.delete(field)).length)
}

function increment(keyspace: Keyspace, [key = '', field = '', delta = '']: readonly Binary[]): Reply {
  const added = toInteger(delta)
  const value = parseInteger(fieldsOf(keyspace, key).get(field) ?? '0')
  if (value === undefined) throw new Refusal('ERR hash value is not an integer')
  if (!fits64(value + added)) throw new Refusal('ERR increment or decrement would overflow')
  setFields(keyspace, 'hincrby', [key, field, String(value + added)])
  return narrow(value + added)
}

function incrementByFloat(keyspace: Keyspace, [key = '', field = '', delta = '']: readonly Binary[]): Reply {
  const added = toDecimal(delta)
  if (added === undefined) throw new Refusal('ERR value is NaN or Infinity')
  const sum = addDecimals(toDecimal(fieldsOf(keyspace, key).get(field) ?? '0', 'ERR hash value is not a float'), added)
  setFields(keyspace, 'hincrbyfloat', [key, field, sum])
  return sum
}
