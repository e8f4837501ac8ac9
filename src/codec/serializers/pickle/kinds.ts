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
