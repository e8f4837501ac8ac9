import { Cache } from '../../src/cache/cache.js'
import { rejects } from '../../src/cache/operation.js'

/** What a user sees of a cache, of all its groups of operations. */
export function publicMethods(): string[] {
  return methodsOf(Cache.prototype).sort()
}

/** What each operation of a cache answers in an outage, by the names of those that have an answer. */
export const fallbacks: Readonly<Record<string, unknown>> = Object.fromEntries(
  Object.entries(Cache.operations).flatMap(([name, { outage }]) => (outage === rejects ? [] : [[name, outage]])),
)

function methodsOf(prototype: object): string[] {
  if (prototype === Object.prototype) return []
  const own = Object.getOwnPropertyNames(prototype).filter((name) => !notForUsers.has(name))
  return [...own, ...methodsOf(Object.getPrototypeOf(prototype) as object)]
}

/** `servesPastTtl` is what adapters ask of a cache; the declarations that are shipped do not have it. */
const notForUsers: ReadonlySet<string> = new Set(['constructor', 'servesPastTtl'])
