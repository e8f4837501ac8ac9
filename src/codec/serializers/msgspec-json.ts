import { formatMsgspecNumber } from '../numbers.js'
import type { Serializer, TextSerializer } from '../serializer.js'
import { rewriteJson } from '../json-text.js'
import { jsonSerializer } from './json.js'

/**
 * Returns the JSON serializer for caches that Python shares through msgspec (django-valkey's `MsgSpecJsonSerializer`).
 * It differs from `'json'` in two points: members of sets have the bytes that msgspec gives them, and text with half a
 * surrogate pair, which msgspec cannot read, is a CodecError.
 */
export function msgspecJson(): Serializer {
  return msgspecJsonSerializer
}

/** The serializer of {@link msgspecJson}; its values are JSON, so frames call it `json`. */
export const msgspecJsonSerializer: TextSerializer = {
  ...jsonSerializer,
  serialize(value) {
    const text = jsonSerializer.serialize(value)
    if (text.includes(anySurrogate) && halfPair.test(text))
      throw new TypeError(
        'a text has half of a surrogate pair, which msgspec does not read; repair it, as toWellFormed() does.',
      )
    return text
  },
  asMember: (text) => rewriteJson(text, (part) => part.replace(numbers, number)),
}

/** JSON.stringify and msgspec write the same text, and other numbers: `1e-6` and `0.000001`. */
function number(token: string): string {
  return formatMsgspecNumber(Number(token))
}

const numbers = /-?\d[\d.eE+-]*/g
/** JSON.stringify escapes halves of pairs; whole pairs stay as they are. */
const anySurrogate = '\\ud'
/** An escaped half, and not a backslash in a text that `ud8…` follows. */
const halfPair = /(?<!\\)(?:\\\\)*\\ud[89a-f]/
