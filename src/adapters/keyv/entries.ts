import type { Cache } from '../../cache/cache.js'
import { strict, textOf } from '../support/demands.js'

/** Reads many values in the order of their keys; `undefined` for those that are not there. */
export async function valuesOf(cache: Cache, keys: readonly string[]): Promise<unknown[]> {
  const found = await cache.getMany(keys, strict)
  return keys.map((key) => textOf(found.get(key)))
}

/** Gives the keys that match a glob with their values, while it walks through the keys of the server. */
export async function* entriesOf(cache: Cache, pattern: string): AsyncGenerator<[key: string, value: unknown], void> {
  let page: string[] = []
  for await (const key of cache.iterKeys(pattern, strict)) {
    page.push(key)
    if (page.length < pageLength) continue
    yield* await pairsOf(cache, page)
    page = []
  }
  yield* await pairsOf(cache, page)
}

async function pairsOf(cache: Cache, keys: readonly string[]): Promise<[key: string, value: unknown][]> {
  const found = await cache.getMany(keys, strict)
  return [...found].map(([key, value]) => [String(key), textOf(value)])
}

/** How many values are read at a time. */
const pageLength = 100
