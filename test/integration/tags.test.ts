import { readFileSync } from 'node:fs'
import { describe, expect } from 'vitest'
import {
  AuthenticationError,
  CommandTimeoutError,
  ConfigurationError,
  type CacheOptions,
  type LoaderContext,
  type ReportContext,
} from '../../src/index.js'
import { eventually, type LabServer } from '../../src/lab/index.js'
import { at, test } from '../support/caches.js'
import { rejection } from '../support/rejection.js'

const framed: CacheOptions = { format: 'framed' }

test('what is known of tags outlives clear, for loads elsewhere are judged by it', async ({ server, make }) => {
  const { one, other } = make({ one: framed, other: framed }, { location: at(server) })
  const load = async (): Promise<string> => {
    await one.invalidateTags(['a'])
    await one.clear()
    return 'old'
  }
  expect(await other.getOrSet('k', load, { tags: ['a'], waitForWrite: true })).toBe('old')
  expect(await other.get('k')).toBeUndefined()
})

test('no key of ours is without an expiry, but the number of the last invalidation', async ({ server, make }) => {
  const { cache } = make({ cache: { ...framed, location: at(server), prefix: 'p' } })
  await cache.set('k', 1, { tags: ['a'], ttl: null })
  await cache.getOrSet('l', () => 1, { tags: ['a', 'b'], ttl: null, waitForWrite: true })
  await cache.invalidateTags(['a', 'b'])
  await cache.invalidateTags(['a'], { soft: '1m' })
  const keys = (await server.command('KEYS', '*')) as string[]
  const ttls = await Promise.all(keys.map(async (key) => [key, await server.command('PTTL', key)] as const))
  const forEver = ttls.filter(([, ttl]) => ttl === -1).map(([key]) => key.replace(/\{.*\}/, '{}'))
  expect([keys.length, forEver]).toStrictEqual([5, ['p:@1:tags:{}:sequence']])
})

test('the number of the last invalidation grows, also when it was lost', async ({ server, make }) => {
  const { cache } = make({ cache: { ...framed, location: at(server) } })
  await cache.invalidateTags(['a'])
  const [sequence = ''] = (await server.command('KEYS', '*:tags:*')) as string[]
  const before = Number(await server.command('GET', sequence))
  await cache.set('k', 1, { tags: ['a'] })
  await server.command('DEL', sequence)
  expect(await cache.get('k')).toBe(1)
  await cache.set('l', 1, { tags: ['a'] })
  await cache.invalidateTags(['a'])
  expect(await cache.getMany(['k', 'l'])).toStrictEqual(new Map())
  expect(Number(await server.command('GET', sequence))).toBeGreaterThan(before)
})

test('a tag whose key holds something else counts as invalidated, until it is invalidated', async ({
  server,
  make,
}) => {
  const { cache } = make({ cache: { ...framed, location: at(server) } })
  await cache.invalidateTags(['a'])
  await cache.set('k', 1, { tags: ['a'] })
  const [tag = ''] = (await server.command('KEYS', '*:tag:*')) as string[]
  await server.command('SET', tag, 'something else')
  expect(await cache.get('k')).toBeUndefined()
  await cache.invalidateTags(['a'])
  await cache.set('k', 2, { tags: ['a'] })
  expect(await cache.get('k')).toBe(2)
})

describe('round trips', () => {
  test('of a hit are one where the tags were named, and two where not', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { ...framed, location: at(ownServer) } })
    await cache.setMany({ a: 1, b: 2, c: 3 }, { tags: ['x', 'y'] })
    await cache.set('untagged', 1)
    /** How often the server read from its sockets; what else it was asked meanwhile only adds to that. */
    const trips = async (work: () => Promise<unknown>): Promise<number> => {
      let least = Infinity
      for (let n = 0; n < 20; n++) {
        const before = await reads(ownServer)
        await work()
        least = Math.min(least, (await reads(ownServer)) - before)
      }
      return least
    }
    const one = await trips(() => cache.get('untagged'))
    expect(await trips(() => cache.get('a'))).toBe(one + 1)
    expect(await trips(() => cache.get('a', { tags: ['x', 'y', 'z'] }))).toBe(one)
    expect(await trips(() => cache.getOrSet('a', () => 0, { tags: ['y', 'x'] }))).toBe(one)
    expect(await trips(() => cache.getMany(['a', 'b', 'c']))).toBe(one + 1)
    expect(await trips(() => Promise.all([cache.get('a'), cache.get('b'), cache.get('c')]))).toBe(one + 1)
  })
})

test('a cache whose values have no frames has no tags', async ({ cache }) => {
  const calls = [
    () => cache.set('k', 1, { tags: ['a'] }),
    () => cache.add('k', 1, { tags: ['a'] }),
    () => cache.setMany({ k: 1 }, { tags: ['a'] }),
    () => cache.get('k', { tags: ['a'] }),
    () => cache.getMany(['k'], { tags: ['a'] }),
    () => cache.getOrSet('k', () => 1, { tags: ['a'] }),
    () => cache.getOrSet('k', ({ setTags }) => setTags(['a'])),
    () => cache.invalidateTags(['a']),
  ]
  for (const call of calls) {
    const { error } = await rejection(call() as Promise<unknown>)
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(String(error)).toContain("set format: 'framed'")
  }
})

test('a server that may evict what is known of tags is warned about, once', async ({ ownServer, make }) => {
  const warnings: string[] = []
  const logger = { warn: (message: string) => void warnings.push(message), error: () => {} }
  const { cache } = make({ cache: { ...framed, location: at(ownServer), logger } })
  await ownServer.command('CONFIG', 'SET', 'maxmemory', '100mb', 'maxmemory-policy', 'volatile-lru')
  await cache.invalidateTags(['a'])
  await cache.invalidateTags(['b'])
  await eventually(() => warnings.length > 0)
  expect(warnings).toStrictEqual([expect.stringContaining('maxmemory-policy volatile-lru')])
})

test('in an outage an invalidation rejects, also in a fail-safe cache', async ({ ownServer, make }) => {
  const { cache } = make({ cache: { ...framed, location: at(ownServer), failSafe: true, onError: () => {} } })
  await cache.set('k', 1, { tags: ['a'] })
  await ownServer.kill()
  expect((await rejection(cache.invalidateTags(['a'], { deadline: 300 }))).error).toBeInstanceOf(Error)
  expect(await cache.set('k', 2, { tags: ['a'], deadline: 300 })).toBe(false)
})

test('a user who may use the keys of values only loads values that have no tags', async ({ server, make }) => {
  await server.command('ACL', 'SETUSER', 'narrow', 'on', '>secret', '+@all', '~p:1:*')
  const reports: ReportContext[] = []
  const { own, narrow } = make({
    own: { ...framed, location: at(server), prefix: 'p' },
    narrow: {
      ...framed,
      location: at(server),
      prefix: 'p',
      username: 'narrow',
      password: 'secret',
      onError: (_, context) => void reports.push(context),
    },
  })
  const load = ({ setTags }: LoaderContext): string => {
    setTags(['a'])
    return 'loaded'
  }
  expect(await narrow.getOrSet('k', load, { waitForWrite: true })).toBe('loaded')
  expect(await narrow.getOrSet('l', (_context) => 'plain', { waitForWrite: true })).toBe('plain')
  expect(await own.getMany(['k', 'l'])).toStrictEqual(new Map([['k', 'loaded'], ['l', 'plain']])) // prettier-ignore
  expect(reports.map(({ kind }) => kind)).toStrictEqual(['WRITE_BACK'])
  await own.invalidateTags(['a'])
  expect(await own.get('k')).toBeUndefined()
  const { error } = await rejection(narrow.getOrSet('m', load, { tags: ['a'] }))
  expect(error).toBeInstanceOf(AuthenticationError)
})

test('in a fleet a value is loaded once for all who miss it after an invalidation', async ({ server, make }) => {
  const { cache } = make({ cache: { ...framed, location: at(server), singleFlight: 'fleet' } })
  let loads = 0
  const read = (): Promise<number> => cache.getOrSet('k', () => ++loads, { tags: ['a'] })
  expect(await read()).toBe(1)
  await cache.invalidateTags(['a'])
  expect(new Set(await Promise.all(Array.from({ length: 100 }, read)))).toStrictEqual(new Set([2]))
})

test('a value that another process loads is judged by its tags as well', async ({ server, make }) => {
  const fleet: CacheOptions = { ...framed, singleFlight: 'fleet' }
  const { one, other } = make({ one: fleet, other: fleet }, { location: at(server) })
  let loads = 0
  const read = (cache: typeof one): Promise<number> => cache.getOrSet('k', () => ++loads, { tags: ['a'] })
  expect(await Promise.all([read(one), read(other)])).toStrictEqual([1, 1])
  await other.invalidateTags(['a'])
  expect(await Promise.all([read(one), read(other)])).toStrictEqual([2, 2])
})

test('in a herd cache a value whose tag was invalidated is due at once, and by a soft invalidation it is by chance', async ({
  server,
  make,
}) => {
  const { cache } = make({ cache: { format: 'framed', herd: true, location: at(server) } })
  let loads = 0
  const read = (): Promise<number> => cache.getOrSet('k', () => ++loads, { tags: ['a'], waitForWrite: true })
  expect([await read(), await read()]).toStrictEqual([1, 1])
  await cache.invalidateTags(['a'])
  expect(await cache.get('k')).toBeUndefined()
  expect(await read()).toBe(2)
  await cache.invalidateTags(['a'], { soft: true })
  expect(await read()).toBeLessThanOrEqual(3)
  expect(await cache.get('k', { stale: true })).toBeDefined()
})

test('what is written of locks and counters has nothing to do with tags', async ({ server, make }) => {
  const { cache } = make({ cache: { ...framed, location: at(server) } })
  await using lock = await cache.lock('l').acquire()
  await cache.incr('n', 5, { create: true })
  await cache.set('k', 1, { tags: ['a'] })
  await cache.invalidateTags(['a', 'l', 'n'])
  expect([await lock.owned(), await cache.get('n'), await cache.get('k')]).toStrictEqual([true, 5, undefined])
})

test('the rights that the page names are enough for tags', async ({ server, make }) => {
  const page = readFileSync('docs/sentinel.md', 'utf8')
  const [, lines = ''] = /A user with an access list needs, on the data nodes:\n([^]*?)singleFlight/.exec(page) ?? []
  const rules = lines.match(/\+[\w|]+/g) ?? []
  await server.command('ACL', 'SETUSER', 'app', 'on', '>secret', ...rules, '~p:*')
  const user = { username: 'app', password: 'secret', prefix: 'p', recovery: false } as const
  const { cache } = make({ cache: { ...framed, ...user, location: at(server) } })
  await cache.set('k', 1, { tags: ['a'] })
  expect(await cache.getOrSet('l', ({ setTags }) => (setTags(['a']), 2), { waitForWrite: true })).toBe(2)
  expect([await cache.touch('k'), await cache.get('k')]).toStrictEqual([true, 1])
  await cache.invalidateTags(['a'])
  expect([await cache.has('k'), await cache.getMany(['k', 'l'])]).toStrictEqual([false, new Map()])
})

test('an invalidation of a server that is away runs when it is back', async ({ ownServer, make }) => {
  const options: CacheOptions = { ...framed, location: at(ownServer), onError: () => {} }
  const { cache } = make({ cache: options })
  const { cache: elsewhere } = make({ cache: options })
  await cache.set('k', 'old', { tags: ['a'] })
  ownServer.pause()
  const { error } = await rejection(cache.invalidateTags(['a'], { deadline: 300 }))
  expect(error).toMatchObject({ kept: true })
  ownServer.resume()
  expect(await cache.get('k')).toBeUndefined()
  await eventually(async () => (await elsewhere.get('k')) === undefined)
})

test('a tag whose server is away is the outage of the values that have it, and of no others', async ({ lab, make }) => {
  const cluster = await lab.cluster({ replicas: 0, nodeTimeout: 30_000 })
  const place = { client: 'cluster', location: cluster.locations, readDeadline: 1_000 } as const
  const { cache } = make({ cache: { ...framed, ...place, onError: () => {} } })
  const names = Array.from({ length: 40 }, (_, n) => `n${n}`)
  await cache.invalidateTags(names)
  const [away, ...others] = cluster.nodes
  const isAway = await Promise.all(names.map(async (name) => (await cluster.primaryOf(cache.makeKey(name))) === away))
  const [lost = ''] = names.filter((_, index) => isAway[index])
  const [here = '', there = ''] = names.filter((_, index) => !isAway[index])
  await cache.set(here, 'tagged there', { tags: [there] })
  await cache.set(there, 'tagged lost', { tags: [lost], grace: '1h' })
  expect(others).toHaveLength(2)
  away?.pause()
  const reading = Promise.all([cache.get(here), rejection(cache.get(there)), cache.get(here, { tags: [lost] })])
  const fails = async (): Promise<string> => Promise.reject(new Error('the source is away'))
  const graced = cache.getOrSet(there, fails, { grace: '1h' })
  const [tagged, { error }, named] = await reading
  expect([tagged, named, await graced]).toStrictEqual(['tagged there', 'tagged there', 'tagged lost'])
  expect(error).toBeInstanceOf(CommandTimeoutError)
  expect(await cache.getMany([here, there], { failSafe: true })).toStrictEqual(new Map([[here, 'tagged there']]))
  away?.resume()
})

async function reads(server: LabServer): Promise<number> {
  return Number(/total_reads_processed:(\d+)/.exec(String(await server.command('INFO', 'stats')))?.[1])
}
