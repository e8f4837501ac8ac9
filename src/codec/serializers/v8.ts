import { builtins } from '../../builtins.js'
import { defaultMaxValues } from '../bounds.js'
import type { Serializer } from '../serializer.js'
import { toBytes } from '../value.js'
import { refuseLostContent } from './lost-content.js'
import { checkV8Values } from './v8-values.js'

/**
 * What structuredClone keeps: Date, Map, Set, RegExp, typed arrays, errors, cycles, and not a URL or Headers. For Node and
 * Deno, not for Bun.
 */
export const v8Serializer: Serializer = {
  name: 'v8',
  serialize: (value) => {
    const bytes = builtins.v8.serialize(value)
    if (bytes.includes(emptyObject)) refuseLostContent(value, 'v8', 'cloned')
    return bytes
  },
  deserialize: (bytes, maxValues = defaultMaxValues) => {
    if (bytes[0] !== versionTag) throw new RangeError('no header of V8.')
    checkV8Values(toBytes(bytes), maxValues)
    return builtins.v8.deserialize(toBytes(bytes)) as unknown
  },
}

/** Why values cannot be stored in the form of V8 by the runtime of these versions; undefined where they can. */
export function v8Problem(versions: Readonly<Record<string, string | undefined>>): string | undefined {
  if (versions.bun === undefined) return undefined
  return "Bun has another form in place of V8's, which Node cannot read; use 'msgpack' or richJson()"
}

const versionTag = 0xff
/** How an object without fields is written. */
const emptyObject = 'o{\0'
