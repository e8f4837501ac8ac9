import { isUint8Array } from 'node:util/types'
import type { Serializer } from '../serializer.js'
import { toBytes } from '../value.js'

/** Bytes and text as they are; both come back as a Buffer. */
export const rawSerializer: Serializer = {
  name: 'raw',
  serialize: (value) => {
    if (typeof value === 'string') return value
    // A copy: it may wait for a thread or a server, and its owner may go on writing into it.
    if (isUint8Array(value)) return Buffer.from(value)
    throw new TypeError('only bytes, text and numbers can be stored raw.')
  },
  deserialize: toBytes,
}
