import { Cache } from '../../src/cache/cache.js'

/** What a user sees of a cache, of all its groups of operations. */
export function publicMethods(): string[] {
  return methodsOf(Cache.prototype).sort()
}

/** They serve the groups themselves; the compiler hides them from users. */
const inner = new Set([
  'constructor',
  'makeKeys',
  'call',
  'checkReadable',
  'callWith',
  'decode',
  'decodeAll',
  'decodeScored',
  'encodeMembers',
  'ttlOf',
])

function methodsOf(prototype: object): string[] {
  if (prototype === Object.prototype) return []
  const own = Object.getOwnPropertyNames(prototype).filter((name) => !inner.has(name))
  return [...own, ...methodsOf(Object.getPrototypeOf(prototype) as object)]
}
