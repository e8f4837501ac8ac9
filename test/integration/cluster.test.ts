import { describe, expect } from 'vitest'
import { eventually, type LabServer } from '../../src/lab/index.js'
import { cacheOf, OpenSlot, test } from '../support/cluster.js'
import { controlledLoader } from '../support/controlled-loader.js'
import { rejection } from '../support/rejection.js'

const many = Array.from({ length: 100 }, (_, index) => `key:${index}`)

describe('a cluster', () => {
  test('keeps each key on the shard of its slot', async ({ cluster, clusterCache }) => {
    await Promise.all(many.map((key) => clusterCache.set(key, key)))
    expect(await Promise.all(many.map((key) => clusterCache.get(key)))).toEqual(many)
    const sizes = await Promise.all((await cluster.primaries()).map((primary) => primary.command('DBSIZE')))
    expect(sizes.every((size) => Number(size) > 10)).toBe(true)
    expect(clusterCache.topology()).toMatchObject({ state: 'steady', primary: undefined })
    expect(clusterCache.topology().shards).toHaveLength(3)
  })

  test('reads and writes keys of all shards at once, in the order asked', async ({ clusterCache }) => {
    expect(await clusterCache.setMany(pairs(many))).toEqual([])
    expect([...(await clusterCache.getMany([...many, 'missing']))]).toEqual(many.map((key) => [key, key]))
    await clusterCache.sadd('no text', ['member'])
    expect([...(await clusterCache.getMany(['no text', 'key:1']))]).toEqual([['key:1', 'key:1']])
    await clusterCache.delete('no text')
    expect(await clusterCache.has(many)).toBe(true)
    expect(await clusterCache.deleteMany([...many.slice(50), 'missing'])).toBe(50)
    expect(await clusterCache.keys('*')).toHaveLength(50)
    expect(await clusterCache.clear()).toBe(50)
    await clusterCache.ping()
  })
})

test('a pipeline runs operations of one key in their order, also those of many keys', async ({
  clusterCache: cache,
}) => {
  await cache.setMany(pairs(many.slice(0, 10)))
  const results = await cache.pipeline((p) => [
    p.set('key:11', 1),
    p.deleteMany(many),
    p.set('key:2', 2),
    p.getMany(many),
    p.command(['STRLEN', cache.makeKey('key:2')]),
    p.has(many.slice(0, 2)),
  ])
  expect(results).toEqual([true, 11, true, new Map([['key:2', 2]]), 1, false])
})

test('what a shard did not answer for is loaded, and not kept though the shard is back by then', async ({
  cluster,
  clusterCache,
  make,
}) => {
  const cache = cacheOf(cluster, make, { readFrom: 'primary', readDeadline: '600ms' })
  const [away] = (await cluster.primaries()) as [LabServer]
  const keyWhere = async (isWanted: (owner: LabServer) => boolean): Promise<string> => {
    for (const key of many) if (isWanted(await cluster.primaryOf(cache.makeKey(key)))) return key
    throw new Error('no such key')
  }
  const lost = await keyWhere((owner) => owner === away)
  const kept = await keyWhere((owner) => owner !== away)
  await cache.getMany(many, { deadline: '10s' })
  away.pause()
  const load = controlledLoader()
  const asked = cache.getOrSetMany(
    [lost, kept],
    async (missing, context) => {
      await load.loader(context)
      return missing.map((key) => [key, 'loaded'])
    },
    { waitForWrite: true },
  )
  await eventually(() => load.begun === 1)
  away.resume()
  load.finish(undefined)
  expect((await asked).size).toBe(2)
  expect([await clusterCache.get(lost), await clusterCache.get(kept)]).toStrictEqual([undefined, 'loaded'])
})

describe('a scan', () => {
  test('gives every key once while slots move', async ({ cluster, clusterCache: cache }) => {
    const tags = Array.from({ length: 6 }, (_, index) => `{s${index}}`)
    const keys = tags.flatMap((tag) => Array.from({ length: 20 }, (_, index) => `${tag}${index}`))
    await cache.setMany(pairs(keys))
    const rest = [...tags]
    const seen: string[] = []
    for await (const key of cache.iterKeys('*', { batch: 5 })) {
      seen.push(key)
      const tag = seen.length % 10 === 0 ? rest.shift() : undefined
      if (tag !== undefined) await (await OpenSlot.of(cache.makeKey(tag), cluster)).finish()
    }
    expect(rest).toEqual([])
    expect(seen.toSorted()).toEqual(keys.toSorted())
  })

  test('finds the keys of a slot that is open all the time', async ({ cluster, clusterCache: cache }) => {
    const keys = Array.from({ length: 40 }, (_, index) => `{o}${index}`)
    await cache.setMany(pairs(keys))
    await using open = await OpenSlot.of(cache.makeKey('{o}0'), cluster)
    await open.move(...keys.slice(0, 20).map((key) => cache.makeKey(key)))
    const seen: string[] = []
    const left = keys.slice(20)
    for await (const key of cache.iterKeys('{o}*', { batch: 5 })) {
      seen.push(key)
      const next = left.shift()
      if (next !== undefined) await open.move(cache.makeKey(next))
    }
    expect(seen.toSorted()).toEqual(keys.toSorted())
  })

  test('of the members of a set goes on where its slot goes', async ({ cluster, clusterCache: cache }) => {
    const members = Array.from({ length: 2_000 }, (_, index) => index)
    await cache.sadd('{m}', members)
    const open = await OpenSlot.of(cache.makeKey('{m}'), cluster)
    const seen: number[] = []
    for await (const member of cache.sscanIter<number>('{m}', { batch: 50 })) {
      if (seen.length === 100) await open.move(cache.makeKey('{m}'))
      if (seen.length === 1_000) await open.finish()
      seen.push(member)
    }
    expect(seen.toSorted((one, other) => one - other)).toEqual(members)
  })
})

describe("a connection of one's own", () => {
  test('outlives the signal of the command that opened it', async ({ clusterCache: cache }) => {
    const key = cache.makeKey('k')
    const opening = new AbortController()
    const read = await cache.use(async (own) => {
      await own.command(['SET', key, '1'], { signal: opening.signal })
      opening.abort()
      return own.command(['GET', key])
    })
    expect(read).toBe('1')
  })

  test('ends with its cache, whatever its work waits for', async ({ cluster, make }) => {
    const cache = cacheOf(cluster, make, { closeTimeout: 50 })
    await cache.ping()
    const using = rejection(cache.use(() => new Promise(() => {})))
    await cache.close()
    expect((await using).error).toMatchObject({ code: 'E_CLOSED' })
  })
})

describe('a cache that closes', () => {
  test('lets what is under way follow its slot', async ({ cluster, make }) => {
    const cache = cacheOf(cluster, make)
    await cache.set('{c}k', 1)
    await using open = await OpenSlot.of(cache.makeKey('{c}k'), cluster)
    await open.move(cache.makeKey('{c}k'))
    const [read, written, many] = [cache.get('{c}k'), cache.incr('{c}k'), cache.pipeline((p) => [p.get('{c}k')])]
    await cache.close()
    expect(await Promise.all([read, written, many])).toEqual([1, 2, [2]])
  })
})

describe('a command of several keys', () => {
  test('whose slots differ is refused, and says which keys need a hash tag', async ({ clusterCache: cache }) => {
    for (const refused of [
      cache.sunion(['a', 'b']),
      cache.smove('a', 'b', 1),
      cache.command(['SINTER', 'a', 'b'], { key: [1, 2] }),
    ])
      expect((await rejection(refused)).error).toMatchObject({
        code: 'E_CROSS_SLOT',
        message: expect.stringContaining("'{"),
      })
    const pipeline = cache.pipeline((p) => [p.set('a', 1), p.sunion(['a', 'b'])])
    expect((await rejection(pipeline)).error).toMatchObject({ code: 'E_CROSS_SLOT' })
    expect(await cache.get('a')).toBe(1)
    expect(await cache.sunion(['{t}a', '{t}b'])).toEqual([])
  })
})

describe('a command of the user', () => {
  test('finds its server by its first key, also when its keys are not named', async ({ clusterCache: cache }) => {
    await cache.set('k', 1)
    for (const key of [cache.makeKey('k'), 'plain', 'other']) expect(await cache.command(['SET', key, '5'])).toBe('OK')
    expect(await cache.get('k')).toBe(5)
    expect(await cache.command(['EVAL', 'return redis.call("GET", KEYS[1])', '1', 'plain'])).toBe('5')
  })

  test('about no key is asked of any server when it reads, and refused when it writes', async ({
    clusterCache: cache,
  }) => {
    expect(await cache.command(['ECHO', 'x'])).toBe('x')
    expect((await rejection(cache.command(['FUNCTION', 'FLUSH']))).error).toMatchObject({ code: 'E_UNSUPPORTED' })
  })

  test('that blocks has a connection to the server of its key', async ({ clusterCache: cache }) => {
    const popped = cache.command(['BLPOP', 'list', '5'], { key: 1 })
    await cache.command(['RPUSH', 'list', 'x'], { key: 1 })
    expect(await popped).toEqual([cache.makeKey('list'), 'x'])
  })
})

describe('emptying the database', () => {
  test('empties that of every primary', async ({ cluster, clusterCache: cache }) => {
    await cache.setMany(pairs(many))
    await cache.flushDb()
    const sizes = await Promise.all((await cluster.primaries()).map((primary) => primary.command('DBSIZE')))
    expect(sizes).toEqual([0, 0, 0])
  })
})

function pairs(keys: readonly string[], value?: unknown): [string, unknown][] {
  return keys.map((key) => [key, value ?? key])
}
