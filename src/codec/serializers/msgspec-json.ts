import { isEscaped, rewriteJson } from '../json-text.js'
import { formatMsgspecNumber } from '../numbers.js'
import type { Serializer, TextSerializer } from '../serializer.js'
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
    if (hasHalfPair(text))
      throw new TypeError(
        'a text has half of a surrogate pair, which msgspec does not read; repair it, as toWellFormed() does.',
      )
    return text
  },
  asMember: (text) => rewriteJson(text, (part) => part.replace(numbers, rewrite)),
}

/** JSON.stringify and msgspec write the same text, and other numbers: `0.000001` and `1e-6`. */
function rewrite(number: string): string {
  return formatMsgspecNumber(Number(number))
}

/** JSON.stringify escapes the halves of pairs, `\ud800` to `\udfff`; whole pairs stay as they are. */
function hasHalfPair(text: string): boolean {
  for (let at = text.indexOf(half); at !== -1; at = text.indexOf(half, at + half.length))
    if (!isEscaped(text, at) && /[89a-f]/.test(text.charAt(at + half.length))) return true
  return false
}

const numbers = /-?\d[\d.eE+-]*/g
const half = '\\ud'
