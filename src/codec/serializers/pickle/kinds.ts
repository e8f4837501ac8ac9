import { isMap, isSet } from 'node:util/types'
import { PyBytearray, PyFrozenset } from './types/collections.js'

/** An object that is of no class, also one from another realm. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** What can change in Python, and therefore cannot be hashed there. A tuple depends on what it holds. */
export function isMutable(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value) || isMap(value) || isPlain(value)) return true
  return value instanceof PyBytearray || (isSet(value) && !(value instanceof PyFrozenset))
}

export function className({ constructor }: object): string {
  return typeof constructor === 'function' ? `an object of class ${constructor.name}` : 'this object'
}

/** A dict is a plain object while all of its keys are text, and a Map from the first other key on. */
export type Dict = Record<string, unknown>

export function isDict(value: unknown): value is Dict {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

/** As JSON.parse does it: `__proto__` is a key like any other. */
export function setKey(dict: Dict, key: string, value: unknown): void {
  if (key !== '__proto__') dict[key] = value
  else Object.defineProperty(dict, key, { value, writable: true, enumerable: true, configurable: true })
}

export function asMap(dict: Dict): Map<unknown, unknown> {
  return new Map(Object.entries(dict))
}
