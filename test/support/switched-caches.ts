import { test as base } from 'vitest'
import { createCaches, type Cache, type CacheError, type CacheOptions, type ReportContext } from '../../src/index.js'
import { rejection } from './rejection.js'
import { SwitchedClient, TellingClient } from './switched-client.js'

/** Tests with caches whose client can be switched off. */
export const test = base
  .extend('client', () => new SwitchedClient())
  .extend('telling', () => new TellingClient())
  .extend('reports', (): ReportContext['kind'][] => [])
  .extend(
    'open',
    ({ client, reports }, { onCleanup }) =>
      (options: CacheOptions = {}, over: SwitchedClient = client) => {
        const onError = (_: unknown, { kind }: ReportContext): unknown => reports.push(kind)
        const caches = createCaches({ cache: { client: () => over, ttl: null, onError, ...options } })
        onCleanup(() => caches.close())
        return caches.cache
      },
  )
  .extend('cache', ({ open }) => open())

/** A cache with a deleted key, whose server has it still and is back. */
export async function deleted(
  cache: Cache,
  client: SwitchedClient,
  key: string,
  value: unknown = 'old',
): Promise<CacheError> {
  await cache.set(key, value)
  return failing(client, () => cache.delete(key))
}

/** How a call rejects in an outage that is over then. */
export async function failing(client: SwitchedClient, call: () => Promise<unknown>): Promise<CacheError> {
  client.on = false
  const { error } = await rejection(call())
  client.on = true
  return error as CacheError
}

/** Names of keys. */
export function names(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `name:${index}`)
}
