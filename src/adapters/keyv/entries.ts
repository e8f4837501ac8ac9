import type { Cache } from '../../cache/cache.js'
import { strict, textOf } from '../support/demands.js'

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
