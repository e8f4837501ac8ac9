import type { Reply } from '../../../connection/connection.js'
import type { Binary } from '../binary.js'
import type { Commands } from '../command.js'
import type { Keyspace } from '../keyspace.js'
import { addDecimals, fits64, narrow, toDecimal, toInteger } from '../numbers.js'
import { Refusal } from '../refusal.js'

export const counterCommands: Commands = {
  INCR: [2, (keyspace, [key = '']) => increment(keyspace, key, 1n)],
  DECR: [2, (keyspace, [key = '']) => increment(keyspace, key, -1n)],
  INCRBY: [3, (keyspace, [key = '', delta = '']) => increment(keyspace, key, toInteger(delta))],
  DECRBY: [3, decrementBy],
  INCRBYFLOAT: [3, incrementByFloat],
}

function decrementBy(keyspace: Keyspace, [key = '', delta = '']: readonly Binary[]): Reply {
  const value = -toInteger(delta)
  if (!fits64(value)) throw new Refusal('ERR decrement would overflow')
  return increment(keyspace, key, value)
}

function increment(keyspace: Keyspace, key: Binary, delta: bigint): Reply {
  const sum = toInteger(keyspace.get(key, 'string') ?? '0') + delta
  if (!fits64(sum)) throw new Refusal('ERR increment or decrement would overflow')
  keyspace.put(key, String(sum), keyspace.find(key)?.expiresAt)
  return narrow(sum)
}

function incrementByFloat(keyspace: Keyspace, [key = '', delta = '']: readonly Binary[]): Reply {
  const sum = addDecimals(toDecimal(keyspace.get(key, 'string') ?? '0'), toDecimal(delta))
  keyspace.put(key, sum, keyspace.find(key)?.expiresAt)
  return sum
}
