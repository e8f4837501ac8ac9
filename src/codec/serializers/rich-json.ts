import { isBoxedPrimitive, isDate, isMap, isSet, isUint8Array } from 'node:util/types'
import { pythonJson } from '../python-json.js'
import type { Serializer, TextSerializer } from '../serializer.js'
import { formatInteger, parseInteger } from '../numbers.js'
import { toBytes, toText } from '../value.js'
import { writeJson } from './json.js'
import { refuseLostContent } from './lost-content.js'
import { parseJson } from './parse-json.js'
import { speaks } from './speaking.js'

/**
 * JSON that also keeps Date, bigint, bytes, Map, Set and the numbers that JSON has not (NaN, ±Infinity, -0).
 * Shape: `{"$date": "2026-01-31T00:00:00.000Z"}`, `{"$bigint": "1"}`, `{"$bytes": base64}`, `{"$map": [[key, value]]}`,
 * `{"$set": [value]}`, `{"$number": "NaN"}`: objects with one key. A user's object whose one key begins with `$` gets
 * one `$` more, so it comes back as it was. Undefined fields are left out, in arrays undefined is null, as in JSON.
 */
export function richJson(): Serializer {
  return richJsonSerializer
}

export const richJsonSerializer: TextSerializer = {
  name: 'rich-json',
  serialize: (value) => {
    const text = writeJson(pack(value))
    if (text.includes('{}')) refuseLostContent(value, 'rich-json', 'kept')
    return text
  },
  deserialize: (stored, maxValues) => {
    const text = toText(stored)
    return parseJson(text, maxValues, text.includes('{"$') ? unpack : undefined)
  },
  asMember: pythonJson,
}

function pack(value: unknown): unknown {
  if (typeof value === 'bigint') return { $bigint: formatInteger(value) }
  if (typeof value === 'number') return isOdd(value) ? { $number: Object.is(value, -0) ? '-0' : String(value) } : value
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(pack)
  return packObject(value)
}

function packObject(value: object): unknown {
  if (isDate(value)) return { $date: value.toJSON() }
  if (isUint8Array(value)) return { $bytes: toBytes(value).toString('base64') }
  if (isMap(value)) return { $map: Array.from(value, ([key, item]) => [pack(key), pack(item)]) }
  if (isSet(value)) return { $set: Array.from(value, pack) }
  if (speaks(value)) return pack(value.toJSON(''))
  if (isBoxedPrimitive(value)) return pack(value.valueOf())
  const fields = Object.entries(value)
  const tag = fields.length === 1 && fields[0]?.[0].startsWith('$') ? '$' : ''
  return Object.fromEntries(fields.map(([key, item]) => [tag + key, pack(item)]))
}

/** A tag around what no writer of ours puts there is somebody else's object: it stays. */
function unpack(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const fields = Object.entries(value)
  const [[key, content] = ['', undefined]] = fields
  if (fields.length !== 1 || !key.startsWith('$')) return value
  if (key.startsWith('$$')) return Object.fromEntries([[key.slice(1), content]])
  return Object.hasOwn(tags, key) ? (tags[key]?.(content) ?? value) : value
}

/** What each tag holds; `undefined` when it is not that. */
const tags: Readonly<Record<string, (content: unknown) => unknown>> = {
  $date: (iso) => (typeof iso === 'string' || iso === null ? new Date(iso ?? NaN) : undefined),
  $bigint: (digits) =>
    typeof digits === 'string' && /^-?\d+$/.test(digits) ? BigInt(parseInteger(digits)) : undefined,
  $bytes: (base64) => (typeof base64 === 'string' ? Buffer.from(base64, 'base64') : undefined),
  $map: (entries) => (isEntries(entries) ? new Map(entries) : undefined),
  $set: (items) => (Array.isArray(items) ? new Set(items) : undefined),
  $number: (name) => (typeof name === 'string' && /^(NaN|-?Infinity|-0)$/.test(name) ? Number(name) : undefined),
}

function isEntries(value: unknown): value is [unknown, unknown][] {
  return Array.isArray(value) && value.every((entry) => Array.isArray(entry) && entry.length === 2)
}

/** What JSON.stringify would turn into something else. */
function isOdd(value: number): boolean {
  return !Number.isFinite(value) || Object.is(value, -0)
}
