import type { Serializer, TextSerializer } from '../serializer.js'
import { jsonSerializer } from './json.js'
import { msgspecJsonSerializer } from './msgspec-json.js'
import { msgpackSerializer } from './msgpack/index.js'
import { pickle5Serializer, pickleSerializer } from './pickle/index.js'
import { rawSerializer } from './raw.js'
import { richJsonSerializer } from './rich-json.js'
import { v8Serializer } from './v8.js'

/** The serializers that have a name in the options. */
export type SerializerName = 'json' | 'msgpack' | 'pickle' | 'v8' | 'raw'

/** Those that have a name in the options. */
export const serializers: Readonly<Record<SerializerName, Serializer>> = {
  json: jsonSerializer,
  msgpack: msgpackSerializer,
  pickle: pickleSerializer,
  v8: v8Serializer,
  raw: rawSerializer,
}

export function isText(serializer: { readonly name: string }): serializer is TextSerializer {
  return serializer === jsonSerializer || serializer === richJsonSerializer || serializer === msgspecJsonSerializer
}

/** Whether a serializer is one of ours, and not a user's own. */
export function isBuiltIn(serializer: { readonly name: string }): boolean {
  const named = Object.values<{ readonly name: string }>(serializers).includes(serializer)
  return named || isText(serializer) || serializer === pickle5Serializer
}

/** Whether it writes Python's pickles. */
export function isPickle(serializer: Serializer): boolean {
  return serializer === pickleSerializer || serializer === pickle5Serializer
}

/**
 * Whether its forms tell what they are: none of them looks like a number, like compressed bytes or like a frame, and it
 * refuses what others wrote. Only such values can do without a frame.
 */
export function isDistinct(serializer: Serializer): boolean {
  return serializer !== rawSerializer && isBuiltIn(serializer)
}
