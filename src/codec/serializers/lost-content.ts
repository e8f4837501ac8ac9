import {
  isAnyArrayBuffer,
  isBoxedPrimitive,
  isDataView,
  isMap,
  isNativeError,
  isRegExp,
  isSet,
  isTypedArray,
} from 'node:util/types'
import { CodecError } from '../../errors.js'
import { speaks } from './speaking.js'

/**
 * Whether a serializer has a form for Map and Set, or writes them as it does any other object; `cloned` where it keeps
 * what structuredClone keeps, cycles too, and does not ask `toJSON`.
 */
export type Collections = 'kept' | 'lost' | 'cloned'

/**
 * Refuses a value in which an object would be stored as `{}`, without what it holds: a RegExp, an Error, a Promise that
 * nobody has awaited. It goes through the whole value, so it is asked only where an empty object was written.
 * @param name the serializer that wrote the value
 * @throws {CodecError} E_CODEC of the stage `serialize`, with the path of the object
 */
export function refuseLostContent(value: unknown, name: string, collections: Collections): void {
  const found = find(value, collections, new Set())
  if (found === undefined) return
  const { lost, path } = found
  const kind = Object.prototype.toString.call(lost).slice('[object '.length, -1)
  const where = path === '' ? '' : ` at '${path.length > 200 ? `${path.slice(0, 200)}…` : path}'`
  const problem = `'${name}' would store the ${kind}${where} as {}, without what it holds; ${remedy(lost, collections)}.`
  throw new CodecError('serialize', problem)
}

/**
 * Whether an object would be written as `{}` though there is something in it. What says by a tag what it is, as a Map, a
 * Response or a Blob does, is more than its fields.
 */
export function losesContent(value: object): boolean {
  if (Object.values(value).some(isWritten)) return false
  if (isRegExp(value) || isNativeError(value)) return true
  return (
    [Symbol.toStringTag, Symbol.iterator, Symbol.asyncIterator].some((tag) => tag in value) && !isBoxedPrimitive(value)
  )
}

interface Found {
  readonly lost: object
  /** Such as `user.tags[0]`; empty for the value itself. */
  readonly path: string
}

/** The first such object, in the order in which a serializer goes through the value. */
function find(value: unknown, collections: Collections, seen: Set<object>): Found | undefined {
  if (typeof value !== 'object' || value === null || isTypedArray(value) || seen.has(value)) return undefined
  if (collections === 'cloned' && isCloned(value)) return undefined
  seen.add(value)
  if (Array.isArray(value)) return findItem(value, collections, seen)
  if (collections !== 'cloned' && speaks(value)) return find(value.toJSON(''), collections, seen)
  if (collections !== 'lost' && isMap(value)) return findItem([...value].flat(), collections, seen)
  if (collections !== 'lost' && isSet(value)) return findItem([...value], collections, seen)
  if (losesContent(value)) return { lost: value, path: '' }
  return findField(value as Record<string, unknown>, collections, seen)
}

function isCloned(value: object): boolean {
  return [isRegExp, isNativeError, isAnyArrayBuffer, isDataView].some((is) => is(value))
}

function findItem(items: readonly unknown[], collections: Collections, seen: Set<object>): Found | undefined {
  for (const [index, item] of items.entries()) {
    const found = find(item, collections, seen)
    if (found !== undefined) return { lost: found.lost, path: joined(`[${index}]`, found.path) }
  }
  return undefined
}

function findField(
  fields: Readonly<Record<string, unknown>>,
  collections: Collections,
  seen: Set<object>,
): Found | undefined {
  for (const key of Object.keys(fields)) {
    const found = find(fields[key], collections, seen)
    if (found !== undefined)
      return { lost: found.lost, path: joined(/^[\w$]+$/.test(key) ? key : `[${JSON.stringify(key)}]`, found.path) }
  }
  return undefined
}

function joined(step: string, rest: string): string {
  return rest === '' || rest.startsWith('[') ? step + rest : `${step}.${rest}`
}

function remedy(lost: object, collections: Collections): string {
  if (collections === 'lost' && (isMap(lost) || isSet(lost)))
    return 'serializer: richJson() keeps Map and Set, or make it an array or a plain object'
  if (collections === 'cloned') return 'make it a text or a plain object'
  const rich = collections === 'lost' ? ' (of such objects, richJson() keeps Map, Set, Date and bytes)' : ''
  return `make it a text or a plain object, or give it a toJSON${rich}`
}

function isWritten(value: unknown): boolean {
  return value !== undefined && typeof value !== 'function' && typeof value !== 'symbol'
}
