/**
 * What a value is made of. `'tree'`: primitive values, or plain objects and arrays of such, each of which stands in one
 * place · `'graph'`: the same, where one stands in several places, within itself, very deep, or has no prototype ·
 * `'other'`: anything else is in it, such as a Date, a Map, bytes or an instance of a class.
 */
export type Shape = 'tree' | 'graph' | 'other'

/** Looks at all of a value, once. */
export function shapeOf(value: unknown): Shape {
  if (!isObject(value)) return 'tree'
  const seen = new Set<object>([value])
  let level: object[] = [value]
  let shape: Shape = 'tree'
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest) shape = 'graph'
    const next: object[] = []
    for (const one of level) {
      if (!isPlain(one)) return 'other'
      if (isUnusual(one)) shape = 'graph'
      for (const part of Object.values(one) as unknown[]) {
        if (!isObject(part)) continue
        if (seen.has(part)) shape = 'graph'
        else next.push(part)
        seen.add(part)
      }
    }
    level = next
  }
  return shape
}

/** Freezes a value of plain objects and arrays with all that is in it. */
export function freezeDeeply(value: unknown): void {
  if (!isObject(value)) return
  const seen = new Set<object>([value])
  for (const one of seen) {
    Object.freeze(one)
    for (const part of Object.values(one) as unknown[]) if (isObject(part)) seen.add(part)
  }
}

/** Freezes a tree, and gives it. As no part of it is met twice, it need not be noted what was met. */
export function freezeTree(tree: unknown, depth = 0): unknown {
  if (typeof tree !== 'object' || tree === null) return tree
  if (depth > deepest) freezeDeeply(tree)
  else for (const part of Object.values(Object.freeze(tree)) as unknown[]) freezeTree(part, depth + 1)
  return tree
}

/**
 * Copies a tree. Hot path: a tenth of what decoding takes, a twentieth of `structuredClone` (`bench/suites/near.mjs`).
 */
export function copyOfTree<T>(tree: T): T
export function copyOfTree(tree: unknown): unknown {
  if (typeof tree !== 'object' || tree === null) return tree
  return Array.isArray(tree) ? copyOfArray(tree) : copyOfObject(tree)
}

function copyOfArray(array: readonly unknown[]): unknown[] {
  const copy = array.slice()
  for (let index = 0; index < copy.length; index++) {
    const part = copy[index]
    if (typeof part === 'object' && part !== null) copy[index] = copyOfTree(part)
  }
  return copy
}

function copyOfObject(object: object): Record<string, unknown> {
  const copy: Record<string, unknown> = { ...object }
  for (const name in copy) {
    const part = copy[name]
    if (typeof part === 'object' && part !== null) copy[name] = copyOfTree(part)
  }
  return copy
}

/**
 * A frozen copy of plain objects and arrays; anything else is given as it is. The value itself is never frozen: it may
 * be what a loader, a schema or a serializer of the application gives to others as well.
 */
export function frozenCopyOf<T>(value: T, shape: Shape = shapeOf(value)): T {
  if (!isObject(value) || shape === 'other') return value
  const copy = shape === 'tree' ? copyOfTree(value) : copyOfGraph(value)
  freezeDeeply(copy)
  return copy
}

/** Copies plain objects and arrays of any depth; one that stands in several places has one copy. */
function copyOfGraph<T extends object>(value: T): T
function copyOfGraph(value: object): unknown {
  const copies = new Map<unknown, object>([[value, emptyLike(value)]])
  for (const [one, copy] of copies)
    for (const [name, part] of Object.entries(one as object) as [string, unknown][]) {
      if (isObject(part) && !copies.has(part)) copies.set(part, emptyLike(part))
      // An assignment would take a field __proto__ for the prototype.
      Object.defineProperty(copy, name, { ...ordinary, value: copies.get(part) ?? part })
    }
  return copies.get(value)
}

function emptyLike(value: object): object {
  return Array.isArray(value)
    ? new Array(value.length)
    : (Object.create(Object.getPrototypeOf(value) as null) as object)
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Array.prototype) return Array.isArray(value)
  return (prototype === Object.prototype || prototype === null) && Object.getOwnPropertySymbols(value).length === 0
}

/** Whether it has no prototype, or a field by the name of its prototype. */
function isUnusual(value: object): boolean {
  return Object.getPrototypeOf(value) === null || Object.hasOwn(value, '__proto__')
}

const ordinary = { writable: true, enumerable: true, configurable: true } as const
/** What is deeper is not copied by calls that call themselves. */
const deepest = 200
