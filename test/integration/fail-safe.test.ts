import { describe, expect, vi } from 'vitest'
import {
  AuthenticationError,
  ClosedError,
  CodecError,
  CommandError,
  ConfigurationError,
  ConnectionError,
  KeyError,
  KeyNotFoundError,
  type Cache,
  type CacheOptions,
  type CallOptions,
  type Logger,
  type ReportContext,
} from '../../src/index.js'
import { z } from 'zod'
import { eventually, freePort } from '../../src/lab/index.js'
import { at, test as base } from '../support/caches.js'
import { methods } from '../support/methods.js'
import { fallbacks } from '../support/public-methods.js'
import { rejection } from '../support/rejection.js'

const quick = { readDeadline: '60ms', writeDeadline: '60ms', attemptTimeout: '30ms' } as const

interface Report {
  readonly error: unknown
  readonly context: ReportContext
}

const test = base
  // oxlint-disable-next-line no-empty-pattern -- vitest reads a fixture's needs from this pattern
  .extend('reports', ({}): Report[] => [])
  .extend('listening', ({ reports }): CacheOptions => ({
    failSafe: true,
    onError: (error, context) => void reports.push({ error, context }),
  }))
  /** A fail-safe cache whose server is not there. */
  .extend('adrift', async ({ make, listening }) => {
    const location = `valkey://127.0.0.1:${await freePort()}/0`
    return make({ cache: { ...quick, ...listening, location } }).cache
  })

/** Every method with an answer of its own, and what that comes to. */
const calls: Readonly<Record<string, readonly [call: (cache: Cache) => Promise<unknown>, answer: unknown]>> = {
  get: [(cache) => cache.get('k'), undefined],
  getMany: [(cache) => cache.getMany(['k', 'j']), new Map()],
  has: [(cache) => cache.has('k'), false],
  ttl: [(cache) => cache.ttl('k'), undefined],
  set: [(cache) => cache.set('k', 1), false],
  add: [(cache) => cache.add('k', 1), false],
  setMany: [(cache) => cache.setMany({ a: 1, b: 2 }), ['a', 'b']],
  touch: [(cache) => cache.touch('k', { ttl: null }), false],
  delete: [(cache) => cache.delete('k'), false],
  deleteMany: [(cache) => cache.deleteMany(['k']), 0],
  pull: [(cache) => cache.pull('k'), undefined],
  expire: [(cache) => cache.expire('k', 5), false],
  expireAt: [(cache) => cache.expireAt('k', 5), false],
  persist: [(cache) => cache.persist('k'), false],
  incr: [(cache) => cache.incr('k', 5, { create: true }), 5],
  decr: [(cache) => cache.decr('k', 5, { create: true }), -5],
  incrVersion: [(cache) => missing(cache.incrVersion('k')), 'k'],
  decrVersion: [(cache) => missing(cache.decrVersion('k')), 'k'],
  keys: [(cache) => cache.keys('*'), []],
  iterKeys: [(cache) => collect(cache.iterKeys('*')), []],
  deletePattern: [(cache) => cache.deletePattern('*'), 0],
  clear: [(cache) => cache.clear(), 0],
  sadd: [(cache) => cache.sadd('k', [1]), 0],
  srem: [(cache) => cache.srem('k', [1]), 0],
  scard: [(cache) => cache.scard('k'), 0],
  smembers: [(cache) => cache.smembers('k'), []],
  sismember: [(cache) => cache.sismember('k', 1), false],
  smismember: [(cache) => cache.smismember('k', [1, 2]), [false, false]],
  spop: [async (cache) => [await cache.spop('k'), await cache.spop('k', 2)], [undefined, []]],
  srandmember: [async (cache) => [await cache.srandmember('k'), await cache.srandmember('k', 2)], [undefined, []]],
  smove: [(cache) => cache.smove('k', 'j', 1), false],
  sdiff: [(cache) => cache.sdiff(['k', 'j']), []],
  sinter: [(cache) => cache.sinter(['k', 'j']), []],
  sunion: [(cache) => cache.sunion(['k', 'j']), []],
  sdiffstore: [(cache) => cache.sdiffstore('k', ['j']), 0],
  sinterstore: [(cache) => cache.sinterstore('k', ['j']), 0],
  sunionstore: [(cache) => cache.sunionstore('k', ['j']), 0],
  sscan: [(cache) => cache.sscan('k'), []],
  sscanIter: [(cache) => collect(cache.sscanIter('k')), []],
  hset: [(cache) => cache.hset('k', { a: 1 }), 0],
  hsetnx: [(cache) => cache.hsetnx('k', 'a', 1), false],
  hget: [(cache) => cache.hget('k', 'a'), undefined],
  hmget: [(cache) => cache.hmget('k', ['a', 'b']), [undefined, undefined]],
  hgetall: [(cache) => cache.hgetall('k'), new Map()],
  hdel: [(cache) => cache.hdel('k', ['a']), 0],
  hlen: [(cache) => cache.hlen('k'), 0],
  hkeys: [(cache) => cache.hkeys('k'), []],
  hvals: [(cache) => cache.hvals('k'), []],
  hexists: [(cache) => cache.hexists('k', 'a'), false],
  hexpire: [(cache) => cache.hexpire('k', ['f'], 1), 0],
  hpersist: [(cache) => cache.hpersist('k', ['f']), 0],
  httl: [(cache) => cache.httl('k', ['f']), [undefined]],
  hincrby: [(cache) => cache.hincrby('k', 'a', 5), 5],
  zadd: [(cache) => cache.zadd('k', [['a', 1]]), 0],
  zrange: [(cache) => cache.zrange('k', 0, -1), []],
  zrevrange: [(cache) => cache.zrevrange('k', 0, -1, { withScores: true }), []],
  zrangebyscore: [(cache) => cache.zrangebyscore('k', 0, 1), []],
  zrevrangebyscore: [(cache) => cache.zrevrangebyscore('k', 1, 0), []],
  zscore: [(cache) => cache.zscore('k', 'a'), undefined],
  zmscore: [(cache) => cache.zmscore('k', ['a', 'b']), [undefined, undefined]],
  zrank: [(cache) => cache.zrank('k', 'a'), undefined],
  zrevrank: [(cache) => cache.zrevrank('k', 'a'), undefined],
  zrem: [(cache) => cache.zrem('k', ['a']), 0],
  zcard: [(cache) => cache.zcard('k'), 0],
  zcount: [(cache) => cache.zcount('k', 0, 1), 0],
  zincrby: [(cache) => cache.zincrby('k', 'a', 2.5), 2.5],
  zpopmin: [(cache) => cache.zpopmin('k'), []],
  zpopmax: [(cache) => cache.zpopmax('k', 2), []],
  zremrangebyrank: [(cache) => cache.zremrangebyrank('k', 0, 1), 0],
  zremrangebyscore: [(cache) => cache.zremrangebyscore('k', 0, 1), 0],
  zscan: [(cache) => cache.zscan('k'), []],
  zscanIter: [(cache) => collect(cache.zscanIter('k')), []],
}

describe('a fail-safe cache without its server', () => {
  test('answers as an empty one that keeps nothing, method by method', async ({ adrift }) => {
    expect(Object.keys(calls).sort()).toStrictEqual(Object.keys(fallbacks).sort())
    const answered = await Promise.all(
      Object.entries(calls).map(async ([name, [call]]) => [name, await call(adrift)] as const),
    )
    expect(Object.fromEntries(answered)).toStrictEqual(
      Object.fromEntries(Object.entries(calls).map(([name, [, answer]]) => [name, answer])),
    )
  })

  test('rejects where an answer cannot be made up', async ({ adrift }) => {
    const others = [
      adrift.ping(),
      adrift.flushDb(),
      adrift.command(['GET', 'k']),
      adrift.use(() => 1),
      adrift.pipeline((pipeline) => [pipeline.command(['GET', 'k'])]),
    ]
    for (const outcome of others.map(rejection)) expect(await outcome).toMatchObject({ error: { retryable: true } })
    await expect(adrift.incr('k')).rejects.toBeInstanceOf(KeyNotFoundError)
    await expect(adrift.decr('k')).rejects.toBeInstanceOf(KeyNotFoundError)
  })

  test('loads, and does not wait to write what it loaded', async ({ adrift, reports }) => {
    let loads = 0
    expect(await adrift.getOrSet('k', () => ({ loaded: ++loads }))).toStrictEqual({ loaded: 1 })
    expect(loads).toBe(1)
    expect(reports).toMatchObject([{ context: { kind: 'OUTAGE', operation: 'getOrSet' } }])
  })

  test('answers each operation of a pipeline', async ({ adrift }) => {
    const answers = adrift.pipeline((pipeline) => [
      pipeline.get('k'),
      pipeline.set('k', 1),
      pipeline.incr('n', 2, { create: true }),
      pipeline.smembers('s'),
    ])
    expect(await answers).toStrictEqual([undefined, false, 2, []])
  })

  test('goes on when the server comes and goes, also in the middle of a walk', async ({
    ownServer,
    make,
    listening,
  }) => {
    const { cache } = make({ cache: { ...listening, location: at(ownServer) } })
    const entries = Array.from({ length: 500 }, (_, index) => [`k${index}`, index] as const)
    await cache.setMany(entries, { failSafe: false })
    const found: string[] = []
    for await (const key of cache.iterKeys('*', { batch: 10 })) {
      if (found.push(key) === 1) await ownServer.kill()
    }
    expect(found.length).toBeGreaterThan(0)
    expect(found.length).toBeLessThan(500)
    expect(await cache.get('k1')).toBeUndefined()
    await ownServer.restart()
    await eventually(() => cache.set('k1', 'again'))
    expect(await cache.get('k1')).toBe('again')
  })
})

describe('failSafe of a call', () => {
  const perCall = test.extend('strict', async ({ make, listening }) => {
    const location = `valkey://127.0.0.1:${await freePort()}/0`
    return make({ cache: { ...quick, ...listening, failSafe: false, location } }).cache
  })

  perCall('is an answer where the cache has none, method by method', async ({ strict, reports }) => {
    await expect(strict.get('k')).rejects.toBeInstanceOf(ConnectionError)
    const asking = withOptions(strict, { failSafe: true })
    const answered = await Promise.all(
      Object.entries(calls).map(async ([name, [call]]) => [name, await call(asking)] as const),
    )
    expect(Object.fromEntries(answered)).toStrictEqual(
      Object.fromEntries(Object.entries(calls).map(([name, [, answer]]) => [name, answer])),
    )
    expect(reports).toMatchObject([{ context: { kind: 'OUTAGE', cache: 'cache' } }])
  })

  perCall('rejects where the cache has an answer, method by method', async ({ adrift, reports }) => {
    const asking = withOptions(adrift, { failSafe: false })
    const cannotMove = ['incrVersion', 'decrVersion']
    const outcomes = Object.entries(calls)
      .filter(([name]) => !cannotMove.includes(name))
      .map(async ([name, [call]]) => [name, (await rejection(call(asking))).error] as const)
    const answered = (await Promise.all(outcomes)).filter(([, error]) => !(error instanceof ConnectionError))
    expect(answered).toStrictEqual([])
    for (const move of [
      adrift.incrVersion('k', 1, { failSafe: false }),
      adrift.decrVersion('k', 1, { failSafe: false }),
    ])
      await expect(move).rejects.toBeInstanceOf(ConnectionError)
    expect(reports).toStrictEqual([])
  })

  perCall('is that of the operations of a pipeline, or of one of them', async ({ strict, adrift }) => {
    const answers = strict.pipeline((p) => [p.get('k'), p.set('k', 1), p.smembers('s')], { failSafe: true })
    expect(await answers).toStrictEqual([undefined, false, []])
    expect(await strict.pipeline((p) => [p.get('k', { failSafe: true })])).toStrictEqual([undefined])
    const rejecting = [
      strict.pipeline((p) => [p.get('k', { failSafe: true }), p.get('k')]),
      strict.pipeline((p) => [p.get('k', { failSafe: false })], { failSafe: true }),
      adrift.pipeline((p) => [p.get('k')], { failSafe: false }),
      adrift.pipeline((p) => [p.get('k', { failSafe: false })]),
    ]
    for (const outcome of rejecting.map(rejection)) expect((await outcome).error).toBeInstanceOf(ConnectionError)
  })

  perCall('is that of a typed cache, and of a memo, which remembers no answer of it', async ({ strict, adrift }) => {
    const users = { key: (id: number) => `user:${id}`, schema: z.string() }
    expect(await strict.typed(users).get(1, { failSafe: true })).toBeUndefined()
    await expect(adrift.typed(users).get(1, { failSafe: false })).rejects.toBeInstanceOf(ConnectionError)
    const [memo, safeMemo] = [strict.memo(), adrift.memo()]
    expect(await memo.get('k', { failSafe: true })).toBeUndefined()
    expect(await memo.getMany(['k'], { failSafe: true })).toStrictEqual(new Map())
    await expect(memo.get('k')).rejects.toBeInstanceOf(ConnectionError)
    expect(await safeMemo.get('k')).toBeUndefined()
    await expect(safeMemo.get('k', { failSafe: false })).rejects.toBeInstanceOf(ConnectionError)
    await expect(safeMemo.getMany(['k'], { failSafe: false })).rejects.toBeInstanceOf(ConnectionError)
  })

  perCall(
    'through a memo gives what the memo has read, and does not wait for other reads',
    async ({ ownServer, make }) => {
      const { cache } = make({ cache: { location: at(ownServer) } })
      await cache.setMany({ a: null, b: 2, c: 3 })
      const memo = cache.memo()
      expect(await memo.get('a')).toBeNull()
      expect(await memo.getMany(['b', 'a'], { failSafe: true })).toStrictEqual(
        new Map([
          ['b', 2],
          ['a', null],
        ]),
      )
      await ownServer.kill()
      const reading = rejection(memo.get('c'))
      const found = memo.getMany(['a', 'c'], { failSafe: true })
      expect(await memo.get('c', { failSafe: true })).toBeUndefined()
      expect(await found).toStrictEqual(new Map([['a', null]]))
      expect((await reading).error).toBeInstanceOf(ConnectionError)
    },
  )

  perCall('is no option of what would not look at it', async ({ adrift }) => {
    const failSafe = { failSafe: true } as never
    const refused = [
      adrift.getOrSet('k', () => 1, failSafe),
      adrift.getOrSetMany(['k'], () => [], failSafe),
      adrift.ping(failSafe),
      adrift.flushDb(failSafe),
      adrift.command(['GET', 'k'], failSafe),
      adrift.use(() => 1, failSafe),
    ]
    for (const outcome of refused.map(rejection)) {
      expect((await outcome).error).toBeInstanceOf(ConfigurationError)
      expect((await outcome).error).toMatchObject({ path: expect.stringMatching(/\(\)\.failSafe$/) })
    }
    expect(() => adrift.lock('k', failSafe)).toThrow(ConfigurationError)
    await expect(adrift.get('k', { failSafe: 'yes' } as never)).rejects.toBeInstanceOf(ConfigurationError)
  })

  perCall('says too what becomes of a value that cannot be read', async ({ server, make, listening, reports }) => {
    const { strict, safe } = make(
      { strict: { ...listening, failSafe: false }, safe: listening },
      { location: at(server) },
    )
    await server.command('SET', ':1:bad', 'not json')
    await server.command('SADD', ':1:s', 'not json', '"good"')
    expect(await strict.get('bad', { failSafe: true })).toBeUndefined()
    expect(await strict.smembers('s', { failSafe: true })).toStrictEqual(['good'])
    expect(reports).toMatchObject([{ context: { kind: 'UNREADABLE', cache: 'strict', operation: 'get' } }])
    await expect(safe.getMany(['bad'], { failSafe: false })).rejects.toBeInstanceOf(CodecError)
    await expect(safe.sscan('s', { failSafe: false })).rejects.toBeInstanceOf(CodecError)
    expect(await strict.pull('bad', { failSafe: true })).toBeUndefined()
    await server.command('SET', ':1:bad', 'not json')
    await expect(strict.pull('bad')).rejects.toBeInstanceOf(CodecError)
    expect(await strict.has('bad')).toBe(false)
  })
})

describe('what is survived', () => {
  test('is told to onError, once a second of each kind', async ({ adrift, reports }) => {
    await Promise.all([adrift.get('k'), adrift.set('k', 1), adrift.smembers('s')])
    expect(reports).toHaveLength(1)
    const [{ error, context }] = reports as [Report]
    expect(error).toBeInstanceOf(ConnectionError)
    expect(context).toMatchObject({ kind: 'OUTAGE', cache: 'cache' })
    expect(['get', 'set', 'smembers']).toContain(context.operation)
    await eventually(async () => (await adrift.get('k'), reports.length === 2), { timeout: 5_000 })
  })

  test('is told to the logger', async ({ make }) => {
    const logger = { warn: vi.fn<Logger['warn']>(), error: vi.fn<Logger['error']>() }
    const location = `valkey://127.0.0.1:${await freePort()}/0`
    const { shop } = make({ shop: { ...quick, location, failSafe: true, logger } })
    await shop.delete('k')
    expect(logger.warn.mock.calls).toStrictEqual([
      [expect.stringMatching(/^Cache 'shop' goes on without its servers: delete failed: 127/), expect.any(Error)],
    ])
    expect(logger.error).not.toHaveBeenCalled()
  })

  test('is a warning of the process when nobody listens', async ({ make }) => {
    const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const location = `valkey://127.0.0.1:${await freePort()}/0`
    const { cache } = make({ cache: { ...quick, location, failSafe: true } })
    await cache.get('k')
    expect(emit.mock.calls).toStrictEqual([
      [expect.stringMatching(/^Cache 'cache' goes on/), { code: 'VALKEY_CACHE_OUTAGE' }],
    ])
    emit.mockRestore()
  })

  test('harms nobody when the listener throws', async ({ make }) => {
    const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const onError = (): never => {
      throw new Error('worse')
    }
    const location = `valkey://127.0.0.1:${await freePort()}/0`
    const { cache } = make({ cache: { ...quick, location, failSafe: true, onError } })
    expect(await cache.get('k')).toBeUndefined()
    expect(emit.mock.calls).toStrictEqual([[expect.stringMatching(/worse/), { code: 'VALKEY_CACHE_OUTAGE' }]])
    emit.mockRestore()
  })
})

describe('a stored value that cannot be read', () => {
  test('is a miss for a fail-safe cache, and reported with its key', async ({ server, make, listening, reports }) => {
    const { cache } = make({ cache: { ...listening, location: at(server) } })
    await server.command('SET', ':1:bad', 'not json')
    await cache.set('good', 1)
    expect(await cache.get('bad')).toBeUndefined()
    expect(await cache.getMany(['good', 'bad'])).toStrictEqual(new Map([['good', 1]]))
    expect(reports).toMatchObject([
      { error: { code: 'E_CODEC' }, context: { kind: 'UNREADABLE', cache: 'cache', operation: 'get', key: ':1:bad' } },
    ])
    expect(await cache.getOrSet('bad', () => 'loaded')).toBe('loaded')
    expect(await cache.get('bad')).toBe('loaded')
  })

  test('is left out of sets, hashes and sorted sets', async ({ server, make, listening }) => {
    const { cache } = make({ cache: { ...listening, location: at(server) } })
    await server.command('SADD', ':1:s', 'not json', '"good"')
    await server.command('HSET', ':1:h', 'bad', 'not json', 'good', '1')
    await server.command('ZADD', ':1:z', '1', 'not json', '2', '"good"')
    expect(await cache.smembers('s')).toStrictEqual(['good'])
    expect(await cache.sscan('s')).toStrictEqual(['good'])
    expect(await cache.hgetall('h')).toStrictEqual(new Map([['good', 1]]))
    expect(await cache.hmget('h', ['bad', 'good'])).toStrictEqual([undefined, 1])
    expect(await cache.hvals('h')).toStrictEqual([1])
    expect(await cache.zrange('z', 0, -1, { withScores: true })).toStrictEqual([['good', 2]])
  })

  test('is an error for any other', async ({ server, cache }) => {
    await server.command('SET', ':1:bad', 'not json')
    await server.command('SADD', ':1:s', 'not json')
    await server.command('HSET', ':1:h', 'bad', 'not json')
    const reads = [
      cache.get('bad'),
      cache.getMany(['bad']),
      cache.smembers('s'),
      cache.sscan('s'),
      cache.hgetall('h'),
      cache.hmget('h', ['bad']),
    ]
    for (const outcome of reads.map(rejection)) expect((await outcome).error).toBeInstanceOf(CodecError)
  })
})

test('a stored value that cannot be read is loaded anew by getOrSet, in any cache, and reported', async ({
  server,
  make,
  listening,
  reports,
}) => {
  const { cache } = make({ cache: { ...listening, failSafe: false, location: at(server) } })
  await server.command('SET', ':1:bad', 'not json')
  expect(await cache.getOrSet('bad', () => 'loaded', { waitForWrite: true })).toBe('loaded')
  expect(reports).toMatchObject([{ context: { kind: 'UNREADABLE', operation: 'getOrSet', key: ':1:bad' } }])
  expect(await cache.get('bad')).toBe('loaded')
})

describe('a fail-safe cache never swallows', () => {
  test('what its caller did wrong', async ({ server, make, listening, reports }) => {
    const { cache } = make({ cache: { ...listening, location: at(server) } })
    const cycle: unknown[] = []
    cycle.push(cycle)
    await expect(cache.get('')).rejects.toBeInstanceOf(KeyError)
    await expect(cache.set('k', undefined)).rejects.toBeInstanceOf(TypeError)
    await expect(cache.set('k', cycle)).rejects.toBeInstanceOf(CodecError)
    await expect(cache.set('k', 1, { ttl: NaN })).rejects.toBeInstanceOf(ConfigurationError)
    await expect(cache.incr('nothing')).rejects.toBeInstanceOf(KeyNotFoundError)
    await cache.set('k', 'text')
    await expect(cache.sadd('k', [1])).rejects.toBeInstanceOf(CommandError)
    await expect(cache.incr('k')).rejects.toBeInstanceOf(CommandError)
    await cache.close()
    await expect(cache.get('k')).rejects.toBeInstanceOf(ClosedError)
    expect(reports).toStrictEqual([])
  })

  test('credentials that are refused', async ({ ownServer, make, listening }) => {
    await ownServer.command('CONFIG', 'SET', 'requirepass', 'secret')
    const { cache } = make({ cache: { ...listening, location: at(ownServer), password: 'wrong' } })
    const calls = [cache.get('k'), cache.set('k', 1), cache.keys('*'), cache.getOrSet('k', () => 1)]
    for (const outcome of calls.map(rejection)) expect((await outcome).error).toBeInstanceOf(AuthenticationError)
  })
})

test('a server that is full takes no writes, which is an outage for them', async ({ ownServer, make, listening }) => {
  const { safe, strict } = make({ safe: listening, strict: {} }, { location: at(ownServer) })
  await safe.set('k', 1)
  await ownServer.command('CONFIG', 'SET', 'maxmemory', '1')
  expect(await safe.set('j', 1)).toBe(false)
  expect(await safe.get('k')).toBe(1)
  expect(await safe.getOrSet('j', () => 'loaded')).toBe('loaded')
  await expect(strict.set('j', 1)).rejects.toMatchObject({ code: 'E_COMMAND', reply: /^OOM/ })
})

/** The same cache, each of whose calls gets these options as well. */
function withOptions(cache: Cache, options: CallOptions): Cache {
  return new Proxy(cache, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      const at = (methods as Readonly<Record<string, readonly unknown[]>>)[String(name)]?.length
      if (typeof member !== 'function' || at === undefined) return member
      return (...args: unknown[]): unknown => {
        args[at - 1] = { ...(args[at - 1] as object | undefined), ...options }
        return Reflect.apply(member, target, args)
      }
    },
  })
}

function missing(call: Promise<unknown>): Promise<unknown> {
  return rejection(call).then(({ error }) => (error as KeyNotFoundError).key)
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}
