import { isUint8Array } from 'node:util/types'
import type { Serializer } from '../serializer.js'
import { toBytes } from '../value.js'

/** Bytes and text as they are; both come back as a Buffer. */
export const rawSerializer: Serializer = {
  name: 'raw',
  serialize: (value) => {
    if (typeof value === 'string' || isUint8Array(value)) return value
    throw new TypeError('only bytes, text and numbers can be stored raw.')
  },
  deserialize: toBytes,
}
