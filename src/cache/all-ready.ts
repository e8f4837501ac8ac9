/**
 * All of them, as soon as the last one is there; at once when nothing is awaited. Codecs rarely take their time; then
 * nobody pays for promises, and commands leave in the order they were called.
 */
export function allReady<T>(values: readonly (T | Promise<T>)[]): readonly T[] | Promise<readonly T[]> {
  return values.some(isPromise) ? Promise.all(values) : (values as readonly T[])
}

/** Whether there is nothing in it, and nothing on its way. */
export function isNone(values: readonly unknown[] | Promise<readonly unknown[]>): boolean {
  return !(values instanceof Promise) && values.length === 0
}

function isPromise(value: unknown): boolean {
  return value instanceof Promise
}
