import { deserialize, serialize } from 'node:v8'
import type { Serializer } from '../serializer.js'
import { toBytes } from '../value.js'

/** What structuredClone keeps: Date, Map, Set, RegExp, typed arrays, errors, cycles. For Node alone. */
export const v8Serializer: Serializer = {
  name: 'v8',
  serialize,
  deserialize: (bytes) => {
    if (bytes[0] !== versionTag) throw new RangeError('no header of V8.')
    return deserialize(toBytes(bytes)) as unknown
  },
}

const versionTag = 0xff
