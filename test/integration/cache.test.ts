import { execFile } from 'node:child_process'
import { getEventListeners } from 'node:events'
import { promisify } from 'node:util'
import { describe, expect } from 'vitest'
import { plainTopology } from '../../src/clients/client.js'
import {
  AuthenticationError,
  CacheError,
  ClosedError,
  CodecError,
  CommandError,
  CommandTimeoutError,
  ConfigurationError,
  ConnectionError,
  ConnectionInterruptedError,
  createCaches,
  KeyError,
  KeyNotFoundError,
  UnsupportedError,
  type Cache,
  type ClientFactory,
  type Key,
  type Ttl,
} from '../../src/index.js'
import { eventually, freePort, type LabServer } from '../../src/lab/index.js'
import { controlledLoader } from '../support/controlled-loader.js'
import { at, callsOf, test } from '../support/caches.js'
import { startGate } from '../support/gate.js'
import { clientsOf } from '../support/leftovers.js'
import { rejection } from '../support/rejection.js'
import { Stopwatch } from '../support/stopwatch.js'

const fiveMinutes = 300_000
/** For calls that wait until a server was started again: after connectTimeout nobody waits any more. */
const patient = { connectTimeout: '20s', readDeadline: '20s', writeDeadline: '20s' } as const

describe('get', () => {
  test('gives what was set, and undefined for what was not', async ({ cache }) => {
    await cache.set('k', { name: 'Ada', tags: [1, 'b', null] })
    expect(await cache.get('k')).toStrictEqual({ name: 'Ada', tags: [1, 'b', null] })
    expect(await cache.get('nothing')).toBeUndefined()
  })

  test('gives null when null was set', async ({ cache }) => {
    await cache.set('k', null)
    expect(await cache.get('k')).toBeNull()
    expect(await cache.has('k')).toBe(true)
  })

  test.for([0, -1, 1.5, -0, 1e-7, 2 ** 53, 2n ** 70n, true, false, '', '5', 'ключ😀'])(
    'gives back %o as it was',
    async (value, { cache }) => {
      await cache.set('k', value)
      expect(await cache.get('k')).toBe(value)
    },
  )

  test('sees a value of another type as absent, alone or among others', async ({ server, cache }) => {
    await server.command('LPUSH', cache.makeKey('list'), 'x')
    await cache.set('k', 1)
    expect(await cache.get('list')).toBeUndefined()
    expect(await Promise.all([cache.get('k'), cache.get('list')])).toStrictEqual([1, undefined])
    await expect(cache.incr('list')).rejects.toMatchObject({ reply: /^WRONGTYPE/, retryable: false })
  })

  test('takes one command for all that are asked in one tick', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    await cache.setMany(Array.from({ length: 300 }, (_, index) => [index, { index }] as const))
    const keys = Array.from({ length: 300 }, (_, index) => index)
    expect(await Promise.all(keys.map((key) => cache.get(key)))).toStrictEqual(keys.map((index) => ({ index })))
    expect([await callsOf(ownServer, 'mget'), await callsOf(ownServer, 'get')]).toStrictEqual([10, 0])
  })

  test('is answered for each key on its own where the user may not read all of them, or many', async ({
    ownServer,
    make,
  }) => {
    await ownServer.command('ACL', 'SETUSER', 'app', 'on', '>secret', '+@all', '~:1:ok*')
    await ownServer.command('ACL', 'SETUSER', 'one', 'on', '>secret', '+get', '~*')
    await ownServer.command('MSET', ':1:ok', '1', ':1:ok2', '2')
    const shared = { location: at(ownServer), password: 'secret' } as const
    const { some, single } = make({ some: { ...shared, username: 'app' }, single: { ...shared, username: 'one' } })
    for (let time = 1; time <= 2; time++) {
      const outcomes = await Promise.allSettled(['ok', 'no', 'ok2'].map((key) => some.get(key)))
      expect(outcomes).toMatchObject([{ value: 1 }, { reason: { code: 'E_AUTH' } }, { value: 2 }])
      expect(await Promise.all(['ok', 'ok2'].map((key) => single.get(key)))).toStrictEqual([1, 2])
    }
  })

  test('rejects when the value is not one of ours', async ({ server, cache }) => {
    await server.command('SET', cache.makeKey('k'), 'not json')
    await expect(cache.get('k')).rejects.toBeInstanceOf(CodecError)
  })
})

describe('the server', () => {
  test('has keys as prefix:version:key and values as JSON', async ({ server, make }) => {
    const { cache } = make({ cache: { location: at(server), prefix: 'shop', version: 2 } })
    await cache.set('user:1', { a: 1 })
    await cache.set(7, 'seven')
    expect(await keysOf(server)).toStrictEqual(['shop:2:7', 'shop:2:user:1'])
    expect(await server.command('GET', 'shop:2:user:1')).toBe('{"a":1}')
    expect(await server.command('GET', 'shop:2:7')).toBe('"seven"')
  })

  test('has numbers bare', async ({ server, cache }) => {
    await cache.set('k', 42)
    expect(await server.command('INCR', ':1:k')).toBe(43)
    expect(await cache.get('k')).toBe(43)
  })
})

describe('a ttl', () => {
  test('is 5 minutes when none is given', async ({ server, cache }) => {
    await cache.set('k', 1)
    await cache.setMany({ m: 1 })
    await cache.add('a', 1)
    await cache.getOrSet('g', () => 1, { waitForWrite: true })
    for (const key of ['k', 'm', 'a', 'g']) expectTtl(await pttl(server, `:1:${key}`), fiveMinutes)
  })

  test("is the cache's when none is given", async ({ server, make }) => {
    const { short, kept } = make({ short: { ttl: '30s', prefix: 's' }, kept: { ttl: null } }, { location: at(server) })
    await short.set('k', 1)
    await kept.set('k', 1)
    expectTtl(await pttl(server, 's:1:k'), 30_000)
    expect(await pttl(server, ':1:k')).toBe(-1)
  })

  test.for<[ttl: Ttl, ms: number]>([
    [60_000, 60_000],
    ['10m', 600_000],
    ['1.5h', 5_400_000],
    ['7d', 604_800_000],
    [10_000.2, 10_001],
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ])('of %o is so many ms on the server', async ([ttl, ms], { server, cache }) => {
    await cache.set('k', 1, { ttl })
    expectTtl(await pttl(server, ':1:k'), ms)
    await cache.setMany({ m: 1 }, { ttl })
    expectTtl(await pttl(server, ':1:m'), ms)
  })

  test('of null is for ever', async ({ server, cache }) => {
    await cache.set('k', 1, { ttl: null })
    expect(await pttl(server, ':1:k')).toBe(-1)
    expect(await cache.ttl('k')).toBeNull()
  })

  test('that is over is a miss', async ({ cache }) => {
    await cache.set('k', 1, { ttl: 1 })
    await eventually(async () => (await cache.get('k')) === undefined)
    expect(await cache.ttl('k')).toBeUndefined()
  })

  test('of a fraction of a ms is one ms, and not nothing', async ({ cache }) => {
    expect(await cache.set('k', 1, { ttl: 0.001, nx: true })).toBe(true)
    await eventually(async () => !(await cache.has('k')))
  })

  test.for<Ttl>([0, -1, -0.5, '0s', '-5m'])(
    'of %o keeps nothing: what was there is deleted',
    async (ttl, { cache }) => {
      await cache.set('k', 1)
      expect(await cache.set('k', 2, { ttl })).toBe(true)
      expect(await cache.has('k')).toBe(false)
      expect(await cache.set('k', 2, { ttl })).toBe(true)
      await cache.set('m', 1)
      expect(await cache.setMany({ m: 2, n: 2 }, { ttl })).toStrictEqual([])
      expect(await cache.getMany(['m', 'n'])).toStrictEqual(new Map())
    },
  )

  test.for([Infinity, NaN, 2 ** 53])(
    'of %s is an error that names null, and nothing is written',
    async (ttl, { cache }) => {
      await cache.set('k', 'before')
      for (const write of [
        cache.set('k', 1, { ttl }),
        cache.add('other', 1, { ttl }),
        cache.setMany({ k: 1 }, { ttl }),
        cache.touch('k', { ttl }),
        cache.set('k', 1, { ttl, nx: true }),
      ]) {
        const { error } = await rejection(write)
        expect(error).toBeInstanceOf(ConfigurationError)
        expect(error).toMatchObject({
          path: expect.stringMatching(/^\w+\(\)\.ttl$/) as string,
          message: expect.stringContaining('null') as string,
        })
      }
      expect(await cache.get('k')).toBe('before')
      expect(await cache.has('other')).toBe(false)
    },
  )

  test('is what is left of it, in ms', async ({ server, cache }) => {
    await cache.set('k', 1, { ttl: '1m' })
    expectTtl(await cache.ttl('k'), 60_000)
    await server.command('PERSIST', ':1:k')
    expect(await cache.ttl('k')).toBeNull()
    expect(await cache.ttl('nothing')).toBeUndefined()
  })
})

describe('set', () => {
  test('writes and says so', async ({ cache }) => {
    expect(await cache.set('k', 1)).toBe(true)
    expect(await cache.set('k', 2)).toBe(true)
    expect(await cache.get('k')).toBe(2)
  })

  test('with nx writes only what is absent', async ({ cache }) => {
    expect(await cache.set('k', 1, { nx: true })).toBe(true)
    expect(await cache.set('k', 2, { nx: true })).toBe(false)
    expect(await cache.get('k')).toBe(1)
  })

  test('with xx writes only what is there', async ({ cache }) => {
    expect(await cache.set('k', 1, { xx: true })).toBe(false)
    expect(await cache.has('k')).toBe(false)
    await cache.set('k', 1)
    expect(await cache.set('k', 2, { xx: true })).toBe(true)
    expect(await cache.get('k')).toBe(2)
  })

  test('with nx or xx gives a ttl too', async ({ server, cache }) => {
    await cache.set('k', 1, { nx: true, ttl: '1m' })
    expectTtl(await pttl(server, ':1:k'), 60_000)
    await cache.set('k', 1, { xx: true, ttl: '2m' })
    expectTtl(await pttl(server, ':1:k'), 120_000)
  })

  test('with nx and a ttl of 0 writes nothing and says whether the key is absent', async ({ cache }) => {
    expect(await cache.set('k', 1, { nx: true, ttl: 0 })).toBe(true)
    await cache.set('k', 1)
    expect(await cache.set('k', 2, { nx: true, ttl: 0 })).toBe(false)
    expect(await cache.get('k')).toBe(1)
  })

  test('with xx and a ttl of 0 deletes and says whether the key was there', async ({ cache }) => {
    expect(await cache.set('k', 1, { xx: true, ttl: 0 })).toBe(false)
    await cache.set('k', 1)
    expect(await cache.set('k', 2, { xx: true, ttl: 0 })).toBe(true)
    expect(await cache.has('k')).toBe(false)
  })

  test('with nx and xx at once is an error', async ({ cache }) => {
    await expect(cache.set('k', 1, { nx: true, xx: true })).rejects.toBeInstanceOf(ConfigurationError)
  })

  test.for<[what: string, value: unknown, error: typeof TypeError | typeof CodecError]>([
    ['undefined', undefined, TypeError],
    ['a function', () => 1, TypeError],
    ['a symbol', Symbol('s'), TypeError],
    ['NaN', NaN, CodecError],
    ['Infinity', Infinity, CodecError],
    ['a nested bigint', [1n], CodecError],
  ])('refuses %s, which is no value, whatever the ttl', async ([, value, error], { cache }) => {
    await cache.set('k', 'before')
    for (const ttl of [undefined, null, 0]) {
      await expect(cache.set('k', value, { ttl })).rejects.toBeInstanceOf(error)
      await expect(cache.add('k', value, { ttl })).rejects.toBeInstanceOf(error)
      await expect(cache.setMany({ other: 1, k: value }, { ttl })).rejects.toBeInstanceOf(error)
    }
    expect(await cache.getMany(['k', 'other'])).toStrictEqual(new Map([['k', 'before']]))
  })

  test('replaces a value of another type', async ({ server, cache }) => {
    await server.command('LPUSH', ':1:k', 'x')
    expect(await cache.set('k', 1)).toBe(true)
    expect(await cache.get('k')).toBe(1)
  })
})

describe('add', () => {
  test('writes only what is absent', async ({ cache }) => {
    expect(await cache.add('k', 1)).toBe(true)
    expect(await cache.add('k', 2)).toBe(false)
    expect(await cache.get('k')).toBe(1)
  })

  test('with a ttl of 0 writes nothing and says whether the key is absent', async ({ cache }) => {
    expect(await cache.add('k', 1, { ttl: 0 })).toBe(true)
    expect(await cache.has('k')).toBe(false)
    await cache.set('k', 1)
    expect(await cache.add('k', 2, { ttl: -1 })).toBe(false)
    expect(await cache.get('k')).toBe(1)
  })
})

describe('getMany', () => {
  test('gives what is there in the order asked, and omits the rest', async ({ cache }) => {
    await cache.setMany({ a: 1, b: null, c: 'c' })
    const found = await cache.getMany(['c', 'nothing', 'b', 'a'])
    expect([...found]).toStrictEqual([
      ['c', 'c'],
      ['b', null],
      ['a', 1],
    ])
  })

  test('gives a key once that is asked for twice', async ({ cache }) => {
    await cache.setMany({ a: 1, b: 2 })
    expect([...(await cache.getMany(['b', 'a', 'b']))]).toStrictEqual([
      ['b', 2],
      ['a', 1],
    ])
  })

  test('takes any iterable, and gives the keys as they were asked for', async ({ cache }) => {
    await cache.setMany([
      [1, 'one'],
      ['two', 2],
    ])
    expect(await cache.getMany(new Set<Key>([1, 'two']))).toStrictEqual(
      new Map<Key, unknown>([
        [1, 'one'],
        ['two', 2],
      ]),
    )
    expect(await cache.getMany(generate('two', '1'))).toStrictEqual(
      new Map<Key, unknown>([
        ['two', 2],
        ['1', 'one'],
      ]),
    )
  })

  test('takes one round trip', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    await cache.getMany(Array.from({ length: 100 }, (_, index) => index))
    expect(await callsOf(ownServer, 'mget')).toBe(1)
    expect(await callsOf(ownServer, 'get')).toBe(0)
  })

  test('of nothing asks nobody', async ({ make }) => {
    const { cache } = make({ cache: { location: `valkey://127.0.0.1:${await freePort()}/0` } })
    expect(await cache.getMany([])).toStrictEqual(new Map())
  })

  test('sees values of another type as absent', async ({ server, cache }) => {
    await cache.set('a', 1)
    await server.command('LPUSH', ':1:list', 'x')
    expect(await cache.getMany(['a', 'list'])).toStrictEqual(new Map([['a', 1]]))
  })
})

describe('setMany', () => {
  test.for<[what: string, entries: Iterable<readonly [Key, unknown]> | Record<string, unknown>]>([
    ['a record', { a: 1, b: [2] }],
    [
      'a Map',
      new Map<Key, unknown>([
        ['a', 1],
        ['b', [2]],
      ]),
    ],
    ['an iterable', generate<[Key, unknown]>(['a', 1], ['b', [2]])],
  ])('writes %s and refuses nothing', async ([, entries], { cache }) => {
    expect(await cache.setMany(entries)).toStrictEqual([])
    expect([...(await cache.getMany(['a', 'b']))]).toStrictEqual([
      ['a', 1],
      ['b', [2]],
    ])
  })

  test('writes the last one of a key that is there twice', async ({ cache }) => {
    const entries = [
      ['a', 1],
      ['a', 2],
    ] as const
    expect(await cache.setMany(entries)).toStrictEqual([])
    expect(await cache.get('a')).toBe(2)
  })

  test('returns the keys that the server refused, as they were given, and writes the others', async ({
    ownServer,
    make,
  }) => {
    await ownServer.command('ACL', 'SETUSER', 'app', 'on', '>secret', '+@all', '~:1:ok*', '~:1:7')
    const { cache } = make({ cache: { location: at(ownServer), username: 'app', password: 'secret' } })
    const entries: [Key, unknown][] = [
      ['ok', 1],
      ['no', 2],
      [7, 3],
      [8, 4],
      ['ok2', 5],
    ]
    expect(await cache.setMany(entries)).toStrictEqual(['no', 8])
    expect(await cache.getMany(['ok', 7, 'ok2'])).toStrictEqual(
      new Map<Key, unknown>([
        ['ok', 1],
        [7, 3],
        ['ok2', 5],
      ]),
    )
  })

  test('takes one round trip', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    await cache.ping()
    const before = await packetsOf(ownServer)
    await cache.setMany(Array.from({ length: 100 }, (_, index) => [index, index] as const))
    expect((await packetsOf(ownServer)) - before).toBeLessThanOrEqual(5)
    expect(await callsOf(ownServer, 'set')).toBe(100)
  })

  test('of nothing asks nobody', async ({ make }) => {
    const { cache } = make({ cache: { location: `valkey://127.0.0.1:${await freePort()}/0` } })
    expect(await cache.setMany({})).toStrictEqual([])
    expect(await cache.setMany(new Map())).toStrictEqual([])
  })

  test('writes nothing when one of the keys is none', async ({ cache }) => {
    await expect(cache.setMany({ a: 1, '': 2 })).rejects.toBeInstanceOf(KeyError)
    expect(await cache.has('a')).toBe(false)
  })
})

describe('delete, deleteMany and has', () => {
  test('say what was there', async ({ cache }) => {
    await cache.setMany({ a: 1, b: 2, c: 3 })
    expect(await cache.has('a')).toBe(true)
    expect(await cache.delete('a')).toBe(true)
    expect(await cache.has('a')).toBe(false)
    expect(await cache.delete('a')).toBe(false)
    expect(await cache.deleteMany(['a', 'b', 'c', 'c'])).toBe(2)
    expect(await cache.deleteMany(generate('a', 'b'))).toBe(0)
  })

  test('of nothing ask nobody', async ({ make }) => {
    const { cache } = make({ cache: { location: `valkey://127.0.0.1:${await freePort()}/0` } })
    expect(await cache.deleteMany([])).toBe(0)
  })

  test('know values of any type', async ({ server, cache }) => {
    await server.command('LPUSH', ':1:list', 'x')
    expect(await cache.has('list')).toBe(true)
    expect(await cache.delete('list')).toBe(true)
  })
})

describe('touch', () => {
  test("gives what is there the cache's ttl, or the one that is given", async ({ server, cache }) => {
    await cache.set('k', 1, { ttl: '1s' })
    expect(await cache.touch('k')).toBe(true)
    expectTtl(await pttl(server, ':1:k'), fiveMinutes)
    expect(await cache.touch('k', { ttl: '1h' })).toBe(true)
    expectTtl(await pttl(server, ':1:k'), 3_600_000)
    expect(await cache.get('k')).toBe(1)
  })

  test('with null keeps it for ever, also when it was kept already', async ({ server, cache }) => {
    await cache.set('k', 1)
    expect(await cache.touch('k', { ttl: null })).toBe(true)
    expect(await pttl(server, ':1:k')).toBe(-1)
    expect(await cache.touch('k', { ttl: null })).toBe(true)
  })

  test('with 0 deletes it', async ({ cache }) => {
    await cache.set('k', 1)
    expect(await cache.touch('k', { ttl: 0 })).toBe(true)
    expect(await cache.has('k')).toBe(false)
  })

  test.for<Ttl | undefined>([undefined, '1m', null, 0])(
    'says that nothing was there, with ttl %o',
    async (ttl, { cache }) => {
      expect(await cache.touch('nothing', { ttl })).toBe(false)
      expect(await cache.has('nothing')).toBe(false)
    },
  )

  test.for<Ttl | undefined>(['1m', null, 0])(
    'rejects what the server refuses, with ttl %o',
    async (ttl, { ownServer, make }) => {
      await ownServer.command('ACL', 'SETUSER', 'app', 'on', '>secret', '+@all', '~ok:*')
      const { cache } = make({ cache: { location: at(ownServer), username: 'app', password: 'secret', prefix: 'no' } })
      await expect(cache.touch('k', { ttl })).rejects.toBeInstanceOf(AuthenticationError)
    },
  )
})

describe('getOrSet', () => {
  test('gives what is there without loading it', async ({ cache }) => {
    await cache.setMany({ k: 'there', none: null, no: false, zero: 0 })
    const loader = (): never => {
      throw new Error('not wanted')
    }
    expect(await cache.getOrSet('k', loader)).toBe('there')
    expect(await cache.getOrSet('none', loader)).toBeNull()
    expect(await cache.getOrSet('no', loader)).toBe(false)
    expect(await cache.getOrSet('zero', loader)).toBe(0)
  })

  test('loads what is not there, gives it and keeps it', async ({ server, cache }) => {
    expect(await cache.getOrSet('k', async () => ({ loaded: 1 }), { ttl: '1m', waitForWrite: true })).toStrictEqual({
      loaded: 1,
    })
    expect(await cache.get('k')).toStrictEqual({ loaded: 1 })
    expectTtl(await pttl(server, ':1:k'), 60_000)
  })

  test('loads once for all who ask at the same time', async ({ cache }) => {
    const load = controlledLoader()
    const asked = Array.from({ length: 50 }, () => cache.getOrSet('k', load.loader))
    await eventually(() => load.begun === 1)
    load.finish('value')
    expect(new Set(await Promise.all(asked))).toStrictEqual(new Set(['value']))
    expect(load.begun).toBe(1)
  })

  test('loads for each key, version and cache on its own', async ({ server, make }) => {
    const { one, other } = make({ one: { prefix: 'one' }, other: { prefix: 'other' } }, { location: at(server) })
    const loaded = await Promise.all([
      one.getOrSet('k', () => 1),
      one.getOrSet('j', () => 2),
      one.getOrSet('k', () => 3, { version: 2 }),
      other.getOrSet('k', () => 4),
    ])
    expect(loaded).toStrictEqual([1, 2, 3, 4])
  })

  test("gives the loader's error to all who wait, and loads again the next time", async ({ cache }) => {
    const load = controlledLoader()
    const asked = [cache.getOrSet('k', load.loader), cache.getOrSet('k', load.loader)]
    await eventually(() => load.begun === 1)
    const error = new Error('as it happens')
    load.fail(error)
    for (const outcome of await Promise.allSettled(asked)) expect(outcome).toMatchObject({ reason: error })
    expect(await cache.getOrSet('k', () => 'fine')).toBe('fine')
  })

  test('keeps neither undefined nor what is no value', async ({ cache }) => {
    expect(await cache.getOrSet('k', () => undefined)).toBeUndefined()
    expect(await cache.has('k')).toBe(false)
    await expect(cache.getOrSet('k', () => () => 1)).rejects.toBeInstanceOf(TypeError)
    expect(await cache.getOrSet('k', () => null)).toBeNull()
    expect(await cache.has('k')).toBe(true)
  })

  test('with a ttl of 0 loads and keeps nothing', async ({ cache }) => {
    expect(await cache.getOrSet('k', () => 1, { ttl: 0 })).toBe(1)
    expect(await cache.has('k')).toBe(false)
  })

  test('lets one who has had enough go, and aborts the loader when nobody waits any more', async ({ cache }) => {
    const load = controlledLoader()
    const [one, other] = [new AbortController(), new AbortController()]
    const asked = [one, other].map(({ signal }) =>
      rejection(cache.getOrSet('k', load.loader, { signal, onAbandon: 'abort' })),
    )
    await eventually(() => getEventListeners(other.signal, 'abort').length === 1 && load.begun === 1)
    one.abort('first')
    expect(await asked[0]).toMatchObject({ error: 'first' })
    expect(load.signal?.aborted).toBe(false)
    other.abort('second')
    expect(await asked[1]).toMatchObject({ error: 'second' })
    expect(load.signal?.aborted).toBe(true)
    load.finish('late')
  })

  test('gives what was loaded when no server can be reached', async ({ make }) => {
    const { cache } = make({ cache: { location: `valkey://127.0.0.1:${await freePort()}/0`, readDeadline: '50ms' } })
    const warnings = watchWarnings()
    expect(await cache.getOrSet('k', () => 'loaded')).toBe('loaded')
    expect(await warnings.first()).toMatchObject({
      code: 'VALKEY_CACHE_OUTAGE',
      message: expect.stringMatching(
        /^Cache 'cache' goes on without its servers: getOrSet failed: 127\.0\.0\.1/,
      ) as string,
    })
  })

  test('gives what was loaded when the server hangs, before and while it loads', async ({ ownServer, make }) => {
    const options = {
      location: at(ownServer),
      attemptTimeout: '30ms',
      readDeadline: '60ms',
      writeDeadline: '60ms',
    } as const
    const { cache } = make({ cache: options })
    await cache.ping({ deadline: '10s' })
    ownServer.pause()
    expect(await cache.getOrSet('k', () => 'loaded')).toBe('loaded')
    ownServer.resume()
    await eventually(() => cache.ping().then(() => true))
    const pauseAndLoad = (): string => {
      ownServer.pause()
      return 'loaded too'
    }
    expect(await cache.getOrSet('j', pauseAndLoad)).toBe('loaded too')
  })

  test('gives what was loaded when the server is busy with something else', async ({ ownServer, make }) => {
    await ownServer.command('CONFIG', 'SET', 'busy-reply-threshold', '1')
    const { cache } = make({ cache: { location: at(ownServer), readDeadline: '50ms' } })
    await cache.ping({ deadline: '10s' })
    const endless = rejection(ownServer.ask(['EVAL', 'while true do end', '0'], 20_000))
    await eventually(async () => (await rejection(cache.get('k'))).error instanceof CommandError)
    expect(await cache.getOrSet('k', () => 'loaded')).toBe('loaded')
    await ownServer.kill()
    await endless
  })

  test('rejects when the credentials are wrong: that is no outage', async ({ ownServer, make }) => {
    await ownServer.command('CONFIG', 'SET', 'requirepass', 'secret')
    const { cache } = make({ cache: { location: at(ownServer), password: 'wrong' } })
    await expect(cache.getOrSet('k', () => 'loaded')).rejects.toBeInstanceOf(AuthenticationError)
  })

  test('gives what was loaded when the caches were closed meanwhile', async ({ server, make }) => {
    const caches = make({ cache: { location: at(server) } })
    const load = controlledLoader()
    const asked = caches.cache.getOrSet('k', load.loader)
    await eventually(() => load.begun === 1)
    const closed = caches.close()
    load.finish('loaded')
    expect(await asked).toBe('loaded')
    await closed
  })
})

describe('incr and decr', () => {
  test('add to what is there, by 1 or as said', async ({ cache }) => {
    await cache.set('n', 5)
    expect(await cache.incr('n')).toBe(6)
    expect(await cache.incr('n', 10)).toBe(16)
    expect(await cache.incr('n', -1)).toBe(15)
    expect(await cache.decr('n')).toBe(14)
    expect(await cache.decr('n', 4)).toBe(10)
    expect(await cache.incr('n', 0)).toBe(10)
    expect(await cache.get('n')).toBe(10)
  })

  test('leave the ttl as it is', async ({ server, cache }) => {
    await cache.set('n', 5, { ttl: '1m' })
    await cache.incr('n')
    expectTtl(await pttl(server, ':1:n'), 60_000)
    await cache.set('n', 5, { ttl: null })
    await cache.incr('n', 1, { create: true })
    expect(await pttl(server, ':1:n')).toBe(-1)
  })

  test('of what is not there are a KeyNotFoundError with the key as it was given', async ({ cache }) => {
    await expect(cache.incr('n')).rejects.toBeInstanceOf(KeyNotFoundError)
    await expect(cache.decr('n')).rejects.toMatchObject({ code: 'E_KEY_NOT_FOUND', key: 'n' })
    expect(await cache.has('n')).toBe(false)
  })

  test('and versions of what is not there name the version, and no option that they do not take', async ({ cache }) => {
    const error = await cache.incrVersion('n', 1, { version: 3 }).catch((reason: unknown) => reason as Error)
    expect(error).toBeInstanceOf(KeyNotFoundError)
    expect(String(error)).toMatch(/'n' not found: .*version 3/)
    expect(String(error)).not.toContain('create')
  })

  test('with create start from 0, without expiry', async ({ server, cache }) => {
    expect(await cache.incr('n', 5, { create: true })).toBe(5)
    expect(await cache.decr('m', 5, { create: true })).toBe(-5)
    expect(await pttl(server, ':1:n')).toBe(-1)
  })

  test('give a bigint past 2^53, to the last digit, and a number again below', async ({ cache }) => {
    await cache.set('n', Number.MAX_SAFE_INTEGER)
    expect(await cache.incr('n')).toBe(2n ** 53n)
    expect(await cache.incr('n')).toBe(2n ** 53n + 1n)
    expect(await cache.get('n')).toBe(2n ** 53n + 1n)
    expect(await cache.incr('n', 0, { create: true })).toBe(2n ** 53n + 1n)
    expect(await cache.decr('n', 2)).toBe(Number.MAX_SAFE_INTEGER)
    expect(await cache.incr('n', 2n ** 62n)).toBe(2n ** 62n + 2n ** 53n - 1n)
    expect(await cache.decr('n', 2n ** 62n)).toBe(Number.MAX_SAFE_INTEGER)
  })

  test('past 64 bits are a CommandError, and change nothing', async ({ cache }) => {
    const most = 2n ** 63n - 1n
    await cache.set('n', most)
    for (const create of [false, true]) {
      await expect(cache.incr('n', 1, { create })).rejects.toBeInstanceOf(CommandError)
      await expect(cache.incr('n', 1, { create })).rejects.toMatchObject({ command: 'INCRBY', reply: /overflow/ })
    }
    expect(await cache.get('n')).toBe(most)
  })

  test('of what is no number are a CommandError', async ({ server, cache }) => {
    await cache.setMany({ text: '5', object: {}, tree: 'tree' })
    await server.command('LPUSH', ':1:list', 'x')
    for (const key of ['text', 'object', 'tree', 'list'])
      for (const delta of [1, 0.5])
        for (const create of [false, true])
          await expect(cache.incr(key, delta, { create })).rejects.toBeInstanceOf(CommandError)
  })

  test('add fractions, on either side, and give numbers', async ({ server, cache }) => {
    await cache.set('n', 5, { ttl: '1m' })
    expect(await cache.incr('n', 0.5)).toBe(5.5)
    expect(await cache.incr('n')).toBe(6.5)
    expect(await cache.decr('n', 0.25, { create: true })).toBe(6.25)
    expect(await cache.incr('n', 1, { create: true })).toBe(7.25)
    expect(await cache.decr('n', 0.25)).toBe(7)
    expect(await cache.get('n')).toBe(7)
    expectTtl(await pttl(server, ':1:n'), 60_000)
    expect(await cache.incr('new', 0.1, { create: true })).toBe(0.1)
    expect(await cache.incr('new', 0.2)).toBe(0.3)
    await expect(cache.incr('absent', 0.5)).rejects.toBeInstanceOf(KeyNotFoundError)
    await cache.set('huge', 1e300)
    expect(await cache.incr('huge', 1.5)).toBe(1e300)
  })

  test.for([NaN, Infinity, 2 ** 53, '1', undefined])('by %o add nothing', async (delta, { cache }) => {
    await cache.set('n', 5)
    if (delta === undefined) return expect(await cache.incr('n', delta)).toBe(6)
    await expect(cache.incr('n', delta as number)).rejects.toBeInstanceOf(UnsupportedError)
    await expect(cache.decr('n', delta as number)).rejects.toBeInstanceOf(UnsupportedError)
    expect(await cache.get('n')).toBe(5)
  })

  test('go on when the server forgot its scripts', async ({ server, cache }) => {
    await cache.set('n', 0)
    expect(await cache.incr('n')).toBe(1)
    await server.command('SCRIPT', 'FLUSH')
    expect(await cache.incr('n')).toBe(2)
    expect(await cache.incr('n')).toBe(3)
  })

  test('send the script once', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    await cache.set('n', 0)
    for (let count = 1; count <= 5; count++) await cache.incr('n')
    expect(await callsOf(ownServer, 'eval')).toBe(1)
  })

  test('count right when many add at once', async ({ cache }) => {
    await cache.set('n', 0)
    await Promise.all(Array.from({ length: 200 }, () => cache.incr('n')))
    expect(await cache.get('n')).toBe(200)
  })
})

describe('clear', () => {
  test('removes its own prefix and version, and says how many', async ({ server, make }) => {
    const { shop, other, bare } = make(
      { shop: { prefix: 'shop' }, other: { prefix: 'shop2' }, bare: {} },
      { location: at(server) },
    )
    for (const cache of [shop, other, bare]) {
      await cache.setMany({ a: 1, b: 2 })
      await cache.set('a', 1, { version: 2 })
    }
    await server.command('SET', 'foreign', 'x')
    expect(await shop.clear()).toBe(2)
    expect(await shop.clear()).toBe(0)
    expect(await keysOf(server)).toStrictEqual([
      ':1:a',
      ':1:b',
      ':2:a',
      'foreign',
      'shop2:1:a',
      'shop2:1:b',
      'shop2:2:a',
      'shop:2:a',
    ])
    expect(await shop.clear({ version: 2 })).toBe(1)
    expect(await bare.clear()).toBe(2)
    expect(await keysOf(server)).toStrictEqual([':2:a', 'foreign', 'shop2:1:a', 'shop2:1:b', 'shop2:2:a'])
  })

  test.for(['*', '?', 'a*', '[ab]', '[^a]', '[', ']', '[a-z]*', '\\', '\\*', '\\[a]', 'a\\', '^', '[]', '[[]', '*\\?'])(
    'takes the prefix literally: %o',
    async (prefix, { server, make }) => {
      const { cache } = make({ cache: { location: at(server), prefix } })
      const others = ['a', 'b', 'ab', '*', '?', '[', ']', '\\', '[*]', 'x*', '^'].filter((other) => other !== prefix)
      await Promise.all(others.map((other) => server.command('SET', `${other}:1:k`, 'x')))
      await cache.setMany({ k: 1, j: 2 })
      expect(await cache.clear()).toBe(2)
      expect(await keysOf(server)).toStrictEqual(others.map((other) => `${other}:1:k`).sort())
    },
  )

  test('removes everything when there is a lot', async ({ server, cache }) => {
    await cache.setMany(Array.from({ length: 5_000 }, (_, index) => [`k${index}`, index] as const))
    await server.command('SET', 'foreign', 'x')
    expect(await cache.clear()).toBe(5_000)
    expect(await keysOf(server)).toStrictEqual(['foreign'])
  })

  test('blocks nobody with KEYS or FLUSHDB', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    await cache.set('k', 1)
    await cache.clear()
    const used = await Promise.all(['keys', 'flushdb', 'flushall', 'del'].map((name) => callsOf(ownServer, name)))
    expect(used).toStrictEqual([0, 0, 0, 0])
  })
})

describe('a version', () => {
  test('is part of the key in every method', async ({ server, cache }) => {
    const version = 0
    expect(await cache.set('k', 1, { version })).toBe(true)
    expect(await cache.get('k')).toBeUndefined()
    expect(await cache.get('k', { version })).toBe(1)
    expect(await cache.add('k', 2, { version })).toBe(false)
    expect(await cache.has('k', { version })).toBe(true)
    expect(await cache.has('k')).toBe(false)
    expect(await cache.incr('k', 1, { version })).toBe(2)
    expect(await cache.decr('k', 1, { version })).toBe(1)
    expect(await cache.getOrSet('k', () => 9, { version })).toBe(1)
    expect(await cache.touch('k', { version, ttl: '1m' })).toBe(true)
    expectTtl(await cache.ttl('k', { version }), 60_000)
    expect(await cache.setMany({ m: 1 }, { version })).toStrictEqual([])
    expect(await cache.getMany(['k', 'm'], { version })).toStrictEqual(
      new Map([
        ['k', 1],
        ['m', 1],
      ]),
    )
    expect(await keysOf(server)).toStrictEqual([':0:k', ':0:m'])
    expect(cache.makeKey('k', { version })).toBe(':0:k')
    expect(await cache.delete('k', { version })).toBe(true)
    expect(await cache.deleteMany(['m'], { version })).toBe(1)
  })
})

describe('a key', () => {
  test.for<[what: string, key: unknown]>([
    ['an empty text', ''],
    ['NaN', NaN],
    ['null', null],
    ['undefined', undefined],
    ['a boolean', true],
    ['an object', {}],
  ])('that is %s is refused by every method', async ([, key], { cache }) => {
    for (const call of callsWith(cache, key as Key)) {
      const { error } = await rejection(call)
      expect(error).toBeInstanceOf(KeyError)
    }
    expect(() => cache.makeKey(key as Key)).toThrow(KeyError)
  })

  test('may be a number, which is its decimal text', async ({ cache }) => {
    await cache.set(7, 'seven')
    expect(await cache.get('7')).toBe('seven')
    expect(await cache.get(7)).toBe('seven')
    await cache.set(0, 'zero')
    expect(await cache.get('0')).toBe('zero')
  })

  test('may hold any character', async ({ cache }) => {
    const keys = ['a b', 'a\nb', 'a\0b', 'ключ😀', '*', '{tag}', 'x'.repeat(10_000)]
    await cache.setMany(keys.map((key) => [key, key] as const))
    expect(await cache.getMany(keys)).toStrictEqual(new Map(keys.map((key) => [key, key])))
  })

  test('is made as the server knows it', async ({ make }) => {
    const { cache } = make({ cache: { prefix: 'shop', version: 3 } })
    expect(cache.makeKey('k')).toBe('shop:3:k')
    expect(cache.makeKey(7, { version: 0 })).toBe('shop:0:7')
  })
})

describe('a call', () => {
  test('rejects with the reason of its signal, whatever that is, and sends nothing when it is over', async ({
    ownServer,
    make,
  }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    await cache.ping()
    const reason = { any: 'thing' }
    const signal = AbortSignal.abort(reason)
    for (const call of callsWith(cache, 'k', { signal })) expect(await rejection(call)).toMatchObject({ error: reason })
    expect(await keysOf(ownServer)).toStrictEqual([])
  })

  test('rejects with the reason of its signal while the server hangs, and leaves no listener', async ({
    ownServer,
    make,
  }) => {
    const { cache } = make({ cache: { location: at(ownServer), attemptTimeout: '5s', readDeadline: '5s' } })
    await cache.ping()
    ownServer.pause()
    const controller = new AbortController()
    const { signal } = controller
    const calls = callsWith(cache, 'k', { signal }).map(rejection)
    await eventually(() => getEventListeners(signal, 'abort').length > 0)
    const reason = new Error('had enough')
    controller.abort(reason)
    for (const call of calls) expect(await call).toMatchObject({ error: reason })
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  test('rejects with the reason of its signal while there is no server', async ({ make }) => {
    const { cache } = make({ cache: { location: `valkey://127.0.0.1:${await freePort()}/0`, readDeadline: '30s' } })
    const controller = new AbortController()
    const calls = [cache.get('k', { signal: controller.signal }), cache.set('k', 1, { signal: controller.signal })]
    const outcomes = calls.map(rejection)
    await eventually(() => getEventListeners(controller.signal, 'abort').length > 0)
    const reason = new Error('had enough')
    controller.abort(reason)
    for (const outcome of outcomes) expect(await outcome).toMatchObject({ error: reason })
  })

  test('leaves no listener on its signal when it is done', async ({ cache }) => {
    const { signal } = new AbortController()
    await Promise.allSettled(callsWith(cache, 'k', { signal }))
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  test('takes as long as its own deadline, and says what it was', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer), attemptTimeout: '10s' } })
    await cache.ping()
    ownServer.pause()
    using watch = new Stopwatch()
    const startedAt = performance.now()
    const { error, at: endedAt } = await rejection(cache.get('k', { deadline: '100ms' }))
    expect(error).toBeInstanceOf(CommandTimeoutError)
    expect(error).toMatchObject({ code: 'E_TIMEOUT', command: 'GET', sent: true, retryable: true })
    expect(endedAt - startedAt).toBeGreaterThanOrEqual(99)
    expect(watch.elapsed(endedAt)).toBeLessThan(500)
  })

  test("takes as long as the cache's deadlines for reads and for writes", async ({ ownServer, make }) => {
    const deadlines = { attemptTimeout: '1ms', readDeadline: '120ms', writeDeadline: '60ms' } as const
    const { cache } = make({ cache: { location: at(ownServer), ...deadlines, attemptTimeout: '10s' } })
    await cache.ping({ deadline: '10s' })
    ownServer.pause()
    using watch = new Stopwatch()
    const startedAt = performance.now()
    const [read, write] = await Promise.all([rejection(cache.get('k')), rejection(cache.set('k', 1))])
    for (const [{ error, at: endedAt }, deadline] of [
      [read, 120],
      [write, 60],
    ] as const) {
      expect(error).toBeInstanceOf(CommandTimeoutError)
      expect(endedAt - startedAt).toBeGreaterThanOrEqual(deadline - 1)
      expect(watch.elapsed(endedAt)).toBeLessThan(deadline + 400)
    }
  })

  test('may take longer than a timer can count', async ({ ownServer, make }) => {
    const { cache } = make({
      cache: { location: at(ownServer), connectTimeout: '30d', attemptTimeout: '30d', closeTimeout: '30d' },
    })
    expect(await cache.set('k', 1, { deadline: '30d' })).toBe(true)
    ownServer.pause()
    const running = cache.get('k', { deadline: '30d' })
    const closing = cache.close()
    ownServer.resume()
    expect(await running).toBe(1)
    await closing
  })

  test.for(['soon', NaN, Infinity, '5'])(
    'with a deadline of %o is a ConfigurationError',
    async (deadline, { cache }) => {
      await expect(cache.get('k', { deadline: deadline as number })).rejects.toBeInstanceOf(ConfigurationError)
    },
  )

  test('that nobody answers rejects with a ConnectionError that names the server', async ({ make }) => {
    const port = await freePort()
    const { cache } = make({ cache: { location: `valkey://127.0.0.1:${port}/0`, writeDeadline: '50ms' } })
    const { error } = await rejection(cache.set('k', 1))
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({ address: `127.0.0.1:${port}`, retryable: true })
  })

  test('comes through when the server is back', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { ...patient, location: at(ownServer) } })
    await cache.set('k', 1)
    await ownServer.kill()
    const read = cache.get('k', { deadline: '10s' })
    const write = cache.set('j', 2, { deadline: '10s' })
    await ownServer.restart()
    expect(await read).toBeUndefined()
    expect(await write).toBe(true)
  })

  test('that was sent when the connection was lost is repeated when it is a read or harmless, and else not', async ({
    ownServer,
    make,
  }) => {
    const { cache } = make({ cache: { ...patient, location: at(ownServer), attemptTimeout: '10s' } })
    await cache.ping()
    ownServer.pause()
    const calls = [cache.get('a'), cache.delete('b'), cache.touch('c'), cache.set('d', 1), cache.incr('e')]
    const outcomes = Promise.allSettled(calls.map((call) => call))
    await eventually(() => ownServer.state === 'paused')
    await ownServer.restart()
    const [read, removed, touched, written, counted] = await outcomes
    expect(read).toStrictEqual({ status: 'fulfilled', value: undefined })
    expect(removed).toStrictEqual({ status: 'fulfilled', value: false })
    expect(touched).toStrictEqual({ status: 'fulfilled', value: false })
    for (const outcome of [written, counted]) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'E_INTERRUPTED', sent: true } })
      expect((outcome as PromiseRejectedResult).reason).toBeInstanceOf(ConnectionInterruptedError)
    }
  })

  test('that was sent when the connection was lost is not repeated after a later write of its key that may have run', async ({
    ownServer,
    make,
  }) => {
    const { cache } = make({ cache: { ...patient, location: at(ownServer) } })
    await cache.ping()
    ownServer.pause()
    const outcomes = Promise.allSettled([cache.delete('k'), cache.set('k', 1), cache.delete('other')])
    await eventually(() => ownServer.state === 'paused')
    await ownServer.restart()
    const interrupted = { status: 'rejected', reason: { code: 'E_INTERRUPTED', sent: true } }
    expect(await outcomes).toMatchObject([interrupted, interrupted, { status: 'fulfilled', value: false }])
  })

  test('that waits for a connection which breaks in the making was not sent, and is tried again', async ({
    server,
    make,
  }) => {
    await using gate = await startGate(server, { cut: 2 })
    const { cache } = make({ cache: { location: `valkey://127.0.0.1:${gate.port}/0` } })
    expect(await cache.set('k', 1)).toBe(true)
    expect(gate.accepted).toBe(3)
  })

  test('before there is a connection costs no more than later: ten thousand at once come through', async ({
    server,
    make,
  }) => {
    const { cache } = make({ cache: { location: at(server) } })
    const outcomes = await Promise.allSettled(Array.from({ length: 10_000 }, (_, index) => cache.get(index)))
    expect(outcomes.filter(({ status }) => status === 'rejected')).toStrictEqual([])
  })

  test('before there is a connection warns of no leak', async ({ server, make }) => {
    const warnings = watchWarnings()
    const { cache } = make({ cache: { location: at(server) } })
    await Promise.all(Array.from({ length: 50 }, (_, index) => cache.get(index)))
    await new Promise((resolve) => setImmediate(resolve))
    expect(warnings.all).toStrictEqual([])
  })
})

describe('ping and ready', () => {
  test('resolve when the server answers', async ({ cache }) => {
    await expect(cache.ping()).resolves.toBeUndefined()
  })

  test('reject when it does not', async ({ make }) => {
    const location = `valkey://127.0.0.1:${await freePort()}/0`
    const caches = make({ cache: { location, readDeadline: '50ms' } })
    await expect(caches.cache.ping()).rejects.toBeInstanceOf(ConnectionError)
    await expect(caches.ready()).rejects.toBeInstanceOf(ConnectionError)
  })

  test('resolve when every cache has reached its server', async ({ server, make }) => {
    const caches = make({ one: { location: at(server) }, other: { location: at(server, 1) }, local: {} })
    await expect(caches.ready()).resolves.toBeUndefined()
    expect(await clientsOf(server)).toHaveLength(2)
  })

  test('reject with what could not be reached, all of it by name', async ({ server, make }) => {
    const location = `valkey://127.0.0.1:${await freePort()}/0`
    const caches = make(
      { fine: { location: at(server), readDeadline: '10s' }, one: { location }, other: { location } },
      { readDeadline: '50ms' },
    )
    const { error } = await rejection(caches.ready())
    expect(error).toBeInstanceOf(CacheError)
    expect(error).toMatchObject({
      message: expect.stringMatching(/^Not ready: one: .* other: /) as string,
      cause: { errors: [expect.any(ConnectionError), expect.any(ConnectionError)] as unknown },
    })
  })

  test('reject when the database is unknown to the server, or the password wrong', async ({ ownServer, make }) => {
    const unknown = make({ cache: { location: at(ownServer, 99) } })
    await expect(unknown.ready()).rejects.toMatchObject({ code: 'E_COMMAND', command: 'SELECT' })
    await expect(unknown.cache.get('k')).rejects.toBeInstanceOf(CommandError)
    await ownServer.command('CONFIG', 'SET', 'requirepass', 'secret')
    const refused = make({ cache: { location: at(ownServer), password: 'wrong' } })
    await expect(refused.ready()).rejects.toBeInstanceOf(AuthenticationError)
  })

  test('connect nothing before they are called', async ({ ownServer, make }) => {
    const caches = make({ cache: { location: at(ownServer), clientName: 'lazy' } })
    expect(caches.cache.topology()).toMatchObject({ state: 'steady', primary: ownServer.address })
    caches.cache.on('primary-changed', () => {})
    expect(await clientsOf(ownServer)).toStrictEqual([])
    await caches.ready()
    expect(await clientsOf(ownServer)).toStrictEqual([expect.stringContaining(' name=lazy ')])
  })
})

describe('sockets', () => {
  test('are shared by caches that need the same, one for all', async ({ ownServer, make }) => {
    const location = at(ownServer)
    const caches = make({
      a: { location },
      b: { location, prefix: 'b', ttl: null, readDeadline: '9s' },
      c: { location: location.replace('valkey://', 'redis://') },
    })
    await caches.ready()
    await Promise.all([caches.a.set('k', 1), caches.b.set('k', 2), caches.c.get('k')])
    expect(await clientsOf(ownServer)).toHaveLength(1)
  })

  test('are not shared by caches that need different ones', async ({ ownServer, make }) => {
    await ownServer.command('ACL', 'SETUSER', 'app', 'on', '>secret', '+@all', '~*')
    const location = at(ownServer)
    const caches = make({
      plain: { location },
      database: { location: at(ownServer, 1) },
      user: { location, username: 'app', password: 'secret' },
      name: { location, clientName: 'own' },
      timeout: { location, connectTimeout: '9s' },
      connections: { location, pool: { connections: 2 } },
    })
    await caches.ready()
    await eventually(async () => (await clientsOf(ownServer)).length === 7)
  })

  test('to two databases hold two sets of keys', async ({ server, make }) => {
    const { zero, one } = make({ zero: { location: at(server) }, one: { location: at(server), database: 5 } })
    const { two } = make({ two: { location: `valkey://${server.address}?db=5` } })
    await zero.set('k', 'zero')
    expect(await one.get('k')).toBe('zero')
    await two.set('k', 'five')
    expect(await zero.get('k')).toBe('zero')
    await zero.clear()
    expect(await two.get('k')).toBe('five')
  })

  test('are as many as pool.connections says, once the first is open, and no more', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer), pool: { connections: 3 } } })
    await cache.ping()
    await eventually(async () => (await clientsOf(ownServer)).length === 3)
    await Promise.all(Array.from({ length: 100 }, (_, index) => cache.has(index)))
    expect(await clientsOf(ownServer)).toHaveLength(3)
  })

  test('carry the client name', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer), clientName: 'web-1' } })
    await cache.ping()
    expect(await clientsOf(ownServer)).toStrictEqual([expect.stringContaining(' name=web-1 ')])
  })
})

describe('close', () => {
  test('ends the sockets, and later calls are a ClosedError', async ({ ownServer, make }) => {
    const caches = make({ cache: { location: at(ownServer) } })
    await caches.cache.set('k', 1)
    await caches.close()
    await eventually(async () => (await clientsOf(ownServer)).length === 0)
    for (const refused of callsWith(caches.cache, 'k').map(rejection))
      expect((await refused).error).toBeInstanceOf(ClosedError)
    await expect(caches.cache.ping()).rejects.toMatchObject({ code: 'E_CLOSED', retryable: false })
    await expect(caches.ready()).rejects.toBeInstanceOf(ClosedError)
  })

  test('may come twice, before first use, and after destroy', async ({ ownServer, make }) => {
    const unused = make({ cache: { location: at(ownServer) } })
    await Promise.all([unused.close(), unused.close()])
    await unused.close()
    const destroyed = make({ cache: { location: at(ownServer) } })
    await destroyed.cache.ping()
    destroyed.cache.destroy()
    destroyed.cache.destroy()
    await destroyed.close()
    destroyed.cache.destroy()
    expect(await clientsOf(ownServer)).toStrictEqual([])
  })

  test('lets what runs finish', async ({ ownServer, make }) => {
    const caches = make({ cache: { location: at(ownServer), attemptTimeout: '10s' } })
    await caches.cache.ping()
    ownServer.pause()
    const running = [caches.cache.set('k', 1), caches.cache.getMany(['k']), caches.cache.incr('n', 1, { create: true })]
    const closing = caches.close()
    ownServer.resume()
    expect(await Promise.all(running)).toStrictEqual([true, new Map([['k', 1]]), 1])
    await closing
  })

  test('lets what runs finish when it has just begun, with no connection yet', async ({ server, make }) => {
    const caches = make({ cache: { location: at(server) } })
    const running = caches.cache.set('k', 1)
    const closing = caches.close()
    expect(await running).toBe(true)
    await closing
  })

  test('lets what runs finish when another cache still uses the socket', async ({ ownServer, make }) => {
    const { one, other } = make({ one: {}, other: {} }, { location: at(ownServer), attemptTimeout: '10s' })
    await Promise.all([one.ping(), other.ping()])
    ownServer.pause()
    const order: string[] = []
    const running = one.set('k', 1).then(() => order.push('done'))
    const closing = one.close().then(() => order.push('closed'))
    await expect(one.get('k')).rejects.toBeInstanceOf(ClosedError)
    ownServer.resume()
    await Promise.all([running, closing])
    expect(order).toStrictEqual(['done', 'closed'])
    expect(await other.get('k')).toBe(1)
  })

  test('stops what runs after closeTimeout', async ({ ownServer, make }) => {
    const caches = make({ cache: { location: at(ownServer), attemptTimeout: '20s', closeTimeout: '50ms' } })
    await caches.cache.ping()
    ownServer.pause()
    const running = rejection(caches.cache.get('k', { deadline: '20s' }))
    using watch = new Stopwatch()
    await caches.close()
    expect(watch.elapsed()).toBeLessThan(1_000)
    expect((await running).error).toBeInstanceOf(ClosedError)
  })

  test('does not wait for what was given up', async ({ server, make }) => {
    const caches = make({ cache: { location: at(server), closeTimeout: '20s' } })
    await caches.cache.ping()
    const controller = new AbortController()
    const given = rejection(caches.cache.get('k', { signal: controller.signal }))
    const closing = caches.close()
    controller.abort('had enough')
    expect(await given).toMatchObject({ error: 'had enough' })
    await closing
  }, 15_000)

  test('of one cache leaves the others be', async ({ ownServer, make }) => {
    const { one, other } = make({ one: {}, other: {} }, { location: at(ownServer) })
    await Promise.all([one.set('k', 1), other.get('k')])
    await one.close()
    expect(await other.get('k')).toBe(1)
    await expect(one.get('k')).rejects.toBeInstanceOf(ClosedError)
    expect(await clientsOf(ownServer)).toHaveLength(1)
    await other.close()
    await eventually(async () => (await clientsOf(ownServer)).length === 0)
  })

  test('comes by itself at the end of a block', async ({ ownServer }) => {
    {
      await using caches = createCaches({ cache: { location: at(ownServer) } })
      await caches.cache.set('k', 1)
      expect(await clientsOf(ownServer)).toHaveLength(1)
    }
    await eventually(async () => (await clientsOf(ownServer)).length === 0)
    {
      await using cache = createCaches({ cache: { location: at(ownServer) } }).cache
      await cache.ping()
    }
    await eventually(async () => (await clientsOf(ownServer)).length === 0)
  })

  test('while the server is gone resolves, and nothing stays behind', async ({ ownServer, make }) => {
    const caches = make({ cache: { location: at(ownServer), readDeadline: '20s' } })
    await caches.cache.ping()
    await ownServer.kill()
    const running = rejection(caches.cache.get('k'))
    await caches.close()
    expect((await running).error).toBeInstanceOf(CacheError)
  }, 15_000)

  test.for(['close', 'dispose', 'destroy', 'unused', 'failed'])(
    'lets the process exit by itself: %s',
    async (ending, { server }) => {
      const child = ['--import', 'tsx', 'test/support/cache-child.ts', at(server), ending]
      const { stdout, stderr } = await promisify(execFile)(process.execPath, child, { timeout: 50_000 })
      expect({ stdout, stderr }).toStrictEqual({ stdout: `${ending}\nended at once\n`, stderr: '' })
    },
  )
})

describe('destroy', () => {
  test('rejects what runs at once; a write says whether it was sent, and why it ended', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer), attemptTimeout: '20s', readDeadline: '20s' } })
    await cache.ping()
    ownServer.pause()
    const [read, write] = [rejection(cache.get('k')), rejection(cache.set('k', 1))]
    await new Promise((resolve) => setImmediate(resolve))
    const reason = new Error('shutting down')
    cache.destroy(reason)
    expect((await read).error).toBeInstanceOf(ClosedError)
    const { error } = await write
    expect(error).toBeInstanceOf(ConnectionInterruptedError)
    expect(error).toMatchObject({ sent: true, cause: reason })
  }, 15_000)

  test('rejects what runs at once, also when another cache still uses the socket', async ({ ownServer, make }) => {
    const { one, other } = make(
      { one: {}, other: {} },
      { location: at(ownServer), attemptTimeout: '20s', readDeadline: '20s' },
    )
    await Promise.all([one.ping(), other.ping()])
    ownServer.pause()
    const running = rejection(one.get('k'))
    const others = other.get('k')
    one.destroy()
    expect((await running).error).toBeInstanceOf(ClosedError)
    ownServer.resume()
    expect(await others).toBeUndefined()
  }, 15_000)

  test('rejects what waits for a connection', async ({ make }) => {
    const { cache } = make({ cache: { location: `valkey://127.0.0.1:${await freePort()}/0`, readDeadline: '20s' } })
    const waiting = rejection(cache.get('k'))
    cache.destroy()
    expect((await waiting).error).toBeInstanceOf(ClosedError)
  }, 15_000)
})

describe('a client of your own', () => {
  test('is made with the name of its cache, runs the calls and is closed', async ({ make }) => {
    const seen: unknown[] = []
    const factory: ClientFactory = ({ name }) => ({
      execute: async (call, options) => {
        seen.push([name, ...call.args, options?.deadline])
        return call.reply('"from my client"')
      },
      batch: async (calls) => calls.map(() => 'OK'),
      scan: async function* (from) {
        yield from('0').reply(['0', []]).items
      },
      lease: async () => {
        throw new Error('not here')
      },
      topology: () => ({ ...plainTopology, state: 'none' }),
      onTopology: () => () => {},
      close: async () => void seen.push('closed'),
      destroy: () => seen.push('destroyed'),
    })
    const caches = make({ mine: { client: factory } })
    expect(await caches.mine.get('k', { deadline: '1s' })).toBe('from my client')
    expect(await caches.mine.setMany({ a: 1 })).toStrictEqual([])
    expect(caches.mine.topology().state).toBe('none')
    await caches.close()
    await caches.close()
    expect(seen).toStrictEqual([['mine', 'GET', ':1:k', 1_000], 'closed'])
  })
})

test('an event that there is not is an error that names those there are', async ({ cache }) => {
  expect(() => cache.on('failover' as 'primary-changed', () => {})).toThrow(ConfigurationError)
  expect(() => cache.on('failover' as 'primary-changed', () => {})).toThrow(
    /'failover'.*primary-changed, .*replica-added/,
  )
})

/** Every method that takes a key, and clear, with the same options. */
function callsWith(cache: Cache, key: Key, options: { readonly signal?: AbortSignal } = {}): Promise<unknown>[] {
  return [
    cache.get(key, options),
    cache.getMany([key], options),
    cache.set(key, 1, options),
    cache.setMany([[key, 1]], options),
    cache.add(key, 1, options),
    cache.getOrSet(key, () => 1, options),
    cache.delete(key, options),
    cache.deleteMany([key], options),
    cache.has(key, options),
    cache.touch(key, options),
    cache.touch(key, { ...options, ttl: null }),
    cache.ttl(key, options),
    cache.incr(key, 1, { ...options, create: true }),
    cache.decr(key, 1, { ...options, create: true }),
    cache.incr(key, 0.5, { ...options, create: true }),
    cache.incrVersion(key, 1, options),
    cache.decrVersion(key, 1, options),
    cache.expire(key, '1m', options),
    cache.expireAt(key, new Date(), options),
    cache.persist(key, options),
    cache.sadd(key, [1], options),
    cache.srem(key, [1], options),
    cache.scard(key, options),
    cache.smembers(key, options),
    cache.sismember(key, 1, options),
    cache.smismember(key, [1], options),
    cache.spop(key, undefined, options),
    cache.spop(key, 2, options),
    cache.srandmember(key, undefined, options),
    cache.srandmember(key, 2, options),
    cache.smove(key, 'other', 1, options),
    cache.smove('other', key, 1, options),
    cache.sdiff([key], options),
    cache.sinter([key], options),
    cache.sunion(['other', key], options),
    cache.sdiffstore(key, ['other'], options),
    cache.sinterstore('other', [key], options),
    cache.sunionstore('other', [key], options),
    cache.sscan(key, options),
    cache.sscanIter(key, options).next(),
    cache.hset(key, { a: 1 }, options),
    cache.hsetnx(key, 'a', 1, options),
    cache.hget(key, 'a', options),
    cache.hmget(key, ['a'], options),
    cache.hgetall(key, options),
    cache.hdel(key, ['a'], options),
    cache.hlen(key, options),
    cache.hkeys(key, options),
    cache.hvals(key, options),
    cache.hexists(key, 'a', options),
    cache.hincrby(key, 'a', 1, options),
    cache.zadd(key, [[1, 1]], options),
    cache.zrange(key, 0, -1, options),
    cache.zrevrange(key, 0, -1, options),
    cache.zrangebyscore(key, 0, 1, options),
    cache.zrevrangebyscore(key, 1, 0, options),
    cache.zscore(key, 1, options),
    cache.zmscore(key, [1], options),
    cache.zrank(key, 1, options),
    cache.zrevrank(key, 1, options),
    cache.zrem(key, [1], options),
    cache.zcard(key, options),
    cache.zcount(key, 0, 1, options),
    cache.zincrby(key, 1, 1, options),
    cache.zpopmin(key, 1, options),
    cache.zpopmax(key, 1, options),
    cache.zremrangebyrank(key, 0, 1, options),
    cache.zremrangebyscore(key, 0, 1, options),
    cache.zscan(key, options),
    cache.zscanIter(key, options).next(),
    cache.command(['GET', key], { ...options, key: 1 }),
  ]
}

function* generate<T>(...items: T[]): Generator<T> {
  yield* items
}

async function keysOf(server: LabServer): Promise<readonly string[]> {
  return ((await server.command('KEYS', '*')) as string[]).sort()
}

async function pttl(server: LabServer, key: string): Promise<number> {
  return Number(await server.command('PTTL', key))
}

/** It is what was asked for, less the moment that has passed since. */
function expectTtl(left: number | null | undefined, asked: number): void {
  expect(left).toBeLessThanOrEqual(asked)
  expect(left).toBeGreaterThan(asked - 5_000)
}

/** Reads of the server's sockets so far. */
async function packetsOf(server: LabServer): Promise<number> {
  const stats = String(await server.command('INFO', 'stats'))
  return Number(/^total_reads_processed:(\d+)/m.exec(stats)?.[1])
}

interface Warnings {
  readonly all: readonly Error[]
  first(): Promise<Error>
}

/** The warnings of this process from now on. */
function watchWarnings(): Warnings {
  const all: Error[] = []
  process.on('warning', (warning) => all.push(warning))
  return { all, first: () => eventually(() => all[0] ?? false) }
}
