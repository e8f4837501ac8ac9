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
