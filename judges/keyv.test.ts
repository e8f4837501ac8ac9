import keyvTestSuite, { keyvIteratorTests } from '@keyv/test-suite'
import { createCache } from 'cache-manager'
import Keyv from 'keyv'
import timekeeper from 'timekeeper'
import * as vitest from 'vitest'
import { keyvStore, type Keyv5Store } from '../src/adapters/keyv/index.js'
import { createCaches, type Cache } from '../src/index.js'
import { startLab, type Lab, type LabServer } from '../src/lab/index.js'
import { at } from '../test/support/caches.js'
import { bareKeyFunctions } from './support/bare-key-functions.js'

const { afterAll, beforeAll, beforeEach, describe, expect, test } = vitest

/**
 * The suite gives values a second to live and reads them at once, for which a busy machine may need longer. So the
 * clock of Keyv stands still, unless a test waits for an end, and the server keeps the values for minutes: of their end
 * Keyv judges.
 */
const timeless = {
  ...vitest,
  it: (name: string, work: (context: vitest.TestContext) => unknown): void =>
    vitest.it(name, async (context) => {
      if (!name.endsWith('when expires')) timekeeper.freeze(Date.now())
      try {
        await work(context)
      } finally {
        timekeeper.reset()
      }
    }),
}

function patient(store: Keyv5Store): unknown {
  const set = store.set.bind(store)
  return Object.assign(store, {
    set: (key: string, value: unknown, ttl?: number) => set(key, value, ttl && ttl * 100),
  })
}

let lab: Lab
let server: LabServer
let caches: { readonly cache: Cache; readonly raw: Cache; close(): Promise<void> }

beforeAll(async () => {
  lab = await startLab()
  server = await lab.server()
  caches = createCaches({ cache: {}, raw: { serializer: 'raw', prefix: 'raw' } }, { location: at(server) })
})
afterAll(async () => {
  await caches.close()
  await lab.stop()
})

describe.each(['cache', 'raw'] as const)('the suite of Keyv 5, on a %s', (name) => {
  keyvTestSuite(timeless as never, Keyv, () => patient(keyvStore(caches[name])))
  keyvIteratorTests(vitest as never, Keyv, () => keyvStore(caches[name]))
})

test('in a raw cache with bare keys it reads and writes what @keyv/valkey does', async () => {
  const bare = createCaches({
    cache: { location: at(server), ...bareKeyFunctions, serializer: 'raw', format: 'django' },
  })
  const keyv = new Keyv({ store: keyvStore(bare.cache), namespace: 'n' })
  await keyv.set('ours', { a: 1 })
  await server.command('SET', 'n:theirs', '{"value":[2]}')
  expect([await server.command('GET', 'n:ours'), await keyv.get('theirs')]).toEqual(['{"value":{"a":1}}', [2]])
  await bare.close()
})

test('clear deletes what is in the namespace, which is `keyv` unless another is said; undefined is the whole cache', async () => {
  const { cache } = caches
  const kept = async (options: object): Promise<string[]> => {
    const keyv = new Keyv({ store: keyvStore(cache), ...options })
    await Promise.all(['keyv:other', 'n:other', 'other'].map((key) => cache.set(key, 1)))
    await keyv.set('ours', 1)
    await keyv.clear()
    return (await cache.keys('*')).sort()
  }
  await cache.clear()
  expect(await kept({})).toEqual(['n:other', 'other'])
  expect(await kept({ namespace: 'n' })).toEqual(['keyv:other', 'other'])
  expect(await kept({ namespace: undefined })).toEqual([])
})

test.each([{}, { namespace: 'n' }])('many values are set as in its own memory, %o', async (options) => {
  const [ours, memory] = [new Keyv({ store: keyvStore(caches.cache), ...options }), new Keyv(options)]
  const setMany = async (keyv: Keyv): Promise<unknown> => [
    await keyv.setMany([
      { key: 'a', value: 1 },
      { key: 'b', value: null, ttl: 60_000.5 },
    ]),
    await keyv.get(['a', 'b', 'c']),
  ]
  expect(await setMany(ours)).toEqual(await setMany(memory))
})

describe('cache-manager over Keyv 5', () => {
  beforeEach(() => caches.cache.clear())

  test('answers as it does over its own memory', async () => {
    const [ours, memory] = await Promise.all([
      managerOver(new Keyv({ store: keyvStore(caches.cache) })),
      managerOver(new Keyv()),
    ])
    expect(ours).toEqual(memory)
    expect(memory.loads).toBe(2)
  })
})

/** What comes of everything that cache-manager can do. */
async function managerOver(keyv: Keyv): Promise<Record<string, unknown>> {
  const manager = createCache({ stores: [keyv], ttl: 60_000 })
  let loads = 0
  const load = (): Promise<number> => manager.wrap('loaded', async () => ++loads)
  const set = await manager.set('user', { name: 'Ada', tags: ['math'] })
  const mset = await manager.mset([
    { key: 'one', value: 1 },
    { key: 'null', value: null as unknown as number },
    { key: 'short', value: 2, ttl: 1 },
  ])
  await expect.poll(() => manager.get('short'), { timeout: 30_000 }).toBeUndefined()
  const found = [await manager.get('user'), await manager.get('null'), await manager.get('none')]
  const many = await manager.mget(['one', 'short', 'none', 'null'])
  const wrapped = [await load(), await load()]
  const hasEnd = [await manager.ttl('user'), await manager.ttl('none')].map((end) => typeof end)
  const deleted = [await manager.del('user'), await manager.mdel(['one', 'none']), await manager.get('user')]
  await manager.clear()
  return { set, mset, found, many, wrapped, hasEnd, deleted, afterClear: await load(), loads }
}
