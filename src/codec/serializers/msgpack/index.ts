import type { Serializer } from '../../serializer.js'
import { toBytes } from '../../value.js'
import { readMsgpack } from './reader.js'
import { writeMsgpack } from './writer.js'

/**
 * MessagePack, as msgpack-python and msgspec read and write it.
 * Ours, and not @msgpack/msgpack: that has no Map in either direction, refuses a key `__proto__`, wraps a bigint of more
 * than 64 bits silently, turns whole numbers past 2^32 into floats once bigint is on, and allocates what an array's
 * header announces.
 * Source: github.com/msgpack/msgpack, spec.md
 */
export const msgpackSerializer: Serializer = {
  name: 'msgpack',
  serialize: writeMsgpack,
  deserialize: (bytes, maxValues) => readMsgpack(toBytes(bytes), maxValues),
}
