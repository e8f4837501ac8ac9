import { describe, expect, test } from 'vitest'
import { createCaches, type CacheOptions } from '../../src/index.js'

const location = 'valkey://127.0.0.1:1/0'
const ownPool = (): never => {
  throw new Error('is not asked for')
}

describe('a near cache is refused where nobody would tell it of changes', () => {
  test.for<[what: string, options: CacheOptions, path: string]>([
    ['a pool of one’s own', { prefix: 'app', near: true, pool: ownPool }, 'caches.users.near'],
    ['several connections with default', { near: true, pool: { connections: 2 } }, 'caches.users.pool.connections'],
    [
      'several connections with opt-in',
      { prefix: 'app', near: { mode: 'opt-in' }, pool: { connections: 2 } },
      'caches.users.pool.connections',
    ],
  ])('%s', ([, options, path]) => {
    expect(() => createCaches({ users: { location, ...options } })).toThrow(
      expect.objectContaining({ code: 'E_CONFIG', message: expect.stringContaining(path) as string }) as Error,
    )
  })

  test.for([10_000_001, 1e9, 2 ** 33])(
    '%d entries are refused: their places would be reserved at once',
    (maxEntries) => {
      expect(() => createCaches({ users: { location, near: { maxEntries } } })).toThrow(
        expect.objectContaining({
          code: 'E_CONFIG',
          message: expect.stringContaining('caches.users.near.maxEntries') as string,
        }) as Error,
      )
    },
  )

  test('several connections are taken with broadcast, where each of them brings every announcement', async () => {
    const options = { location, prefix: 'app', near: true, pool: { connections: 2 } }
    const caches = createCaches({ users: options })
    expect(caches.users.stats().near).toMatchObject({ entries: 0 })
    await caches.close()
  })
})
