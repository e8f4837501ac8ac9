import { describe, expect } from 'vitest'
import { createCaches, type Cache } from '../../src/index.js'
import { eventually, type LabServer } from '../../src/lab/index.js'
import { at, callsOf, under } from '../support/caches.js'
import { controlledLoader } from '../support/controlled-loader.js'
import { held, nearStats } from '../support/near.js'
import { rejection } from '../support/rejection.js'
import { keyOn, ownerOf, shardsOf, test } from '../support/shards.js'

const many = Array.from({ length: 100 }, (_, index) => `key:${index}`)

describe('several shards', () => {
  test('have each key where the ring says', async ({ servers, sharded }) => {
    expect(await sharded.setMany(valuesOf(many))).toEqual([])
    for (const server of servers) {
      const own = many.filter((key) => ownerOf(sharded, servers, key) === server).map((key) => sharded.makeKey(key))
      expect(own.length).toBeGreaterThan(10)
      expect(((await server.command('KEYS', '*')) as string[]).toSorted()).toEqual(own.toSorted())
    }
  })

  test('are asked once each for many keys, and give them in the order asked', async ({ servers, sharded }) => {
    await sharded.setMany(valuesOf(many))
    await sharded.sadd('no text', ['member'])
    const asked = ['missing', ...many.toReversed(), 'no text']
    const calls = (): Promise<number[]> => Promise.all(servers.map((server) => callsOf(server, 'mget')))
    const before = await calls()
    expect([...(await sharded.getMany(asked))]).toEqual(many.toReversed().map((key) => [key, key]))
    expect(await calls()).toEqual(before.map((count) => count + 1))
    expect(await sharded.has(many)).toBe(true)
    expect(await sharded.has([...many, 'missing'])).toBe(false)
    expect(await sharded.deleteMany([...many.slice(50), 'missing', 'no text'])).toBe(51)
    expect((await sharded.keys('key:*')).toSorted()).toEqual(many.slice(0, 50).toSorted())
    expect(await sharded.deletePattern('key:1*')).toBe(11)
    expect(await sharded.clear()).toBe(39)
    await sharded.ping()
  })

  test('are a row each of the topology, in the order of the locations', async ({ servers, sharded }) => {
    await sharded.ping()
    const { shards, ...whole } = sharded.topology()
    expect(shards).toEqual(
      servers.map(({ address }) => ({ primary: address, replicas: [], slots: [], state: 'steady' })),
    )
    expect(whole).toMatchObject({ state: 'steady', primary: undefined, replicas: [], sentinels: [] })
    expect(whole.nodes.map(({ address }) => address)).toEqual(servers.map(({ address }) => address))
  })

  test('may have databases of their own', async ({ servers: [one, two], make }) => {
    const location = [at(one, 3), at(two, 4)]
    const { cache } = make({ cache: { client: 'shard', location } })
    await cache.setMany(valuesOf(many))
    const sizes = await Promise.all(location.map((single) => sizeOf(single)))
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(many.length)
    expect(sizes.every((size) => size > 10)).toBe(true)
    await cache.flushDb()
    expect(await cache.keys('*')).toEqual([])
  })

  test('share what near caches hold of their keys', async ({ servers, sharded, make }) => {
    const { near } = make({ near: shardsOf(servers, { near: true }) })
    const keys = servers.map((server) => keyOn(sharded, servers, server))
    for (const key of keys) await sharded.set(key, 1)
    for (const key of keys) expect(await held(near, key)).toBe(1)
    expect([...(await near.getMany(keys)).values()]).toEqual([1, 1, 1])
    for (const key of keys) await sharded.set(key, 2)
    for (const key of keys) await eventually(async () => (await near.get(key)) === 2)
    expect(nearStats(near).hits).toBeGreaterThan(5)
  })

  test('keep tags apart from the values that have them', async ({ servers, make }) => {
    const { cache } = make({ cache: shardsOf(servers, { format: 'framed' }) })
    await cache.setMany(valuesOf(many), { tags: ['red'] })
    await cache.set('other', 1, { tags: ['blue'] })
    expect((await cache.getMany(many)).size).toBe(many.length)
    expect(await cache.has(many)).toBe(true)
    await cache.invalidateTags(['red'])
    expect((await cache.getMany([...many, 'other'])).size).toBe(1)
    expect(await cache.has([...many.slice(1), 'other'])).toBe(false)
    const counts = (pattern: string): Promise<number[]> =>
      Promise.all(servers.map(async (server) => ((await server.command('KEYS', pattern)) as string[]).length))
    expect((await counts(`${cache.makeKey('key:')}*`)).every((count) => count > 10)).toBe(true)
    expect((await counts(':@1:tag:*:red')).filter((count) => count > 0)).toEqual([1])
  })

  test('have all keys on one of them where the prefix has braces, but those with braces of their own', async ({
    servers,
    sharded,
    make,
  }) => {
    await sharded.clear()
    const { cache } = make({ cache: shardsOf(servers, { prefix: '{shop}', singleFlight: 'fleet' }) })
    const sizes = (): Promise<number[]> => Promise.all(servers.map((server) => sizeOf(at(server))))
    await cache.setMany(valuesOf(many))
    expect((await sizes()).toSorted((one, other) => one - other)).toEqual([0, 0, many.length])
    const braced = many.map((key) => `{${key}}`)
    await cache.setMany(valuesOf(braced))
    expect((await sizes()).every((size) => size > 10)).toBe(true)
    expect((await cache.getMany([...many, ...braced])).size).toBe(2 * many.length)
    expect(await cache.clear()).toBe(2 * many.length)
  })
})

test('a pipeline runs operations of one key in their order, also those of many keys', async ({ sharded }) => {
  await sharded.setMany(valuesOf(many, 0))
  const results = await sharded.pipeline((p) => [
    p.set('key:1', 1),
    p.getMany(many.slice(0, 3)),
    p.deleteMany(many.slice(1)),
    p.has(['key:1']),
    p.set('key:1', 2),
    p.getMany(many),
  ])
  expect(results).toEqual([
    true,
    new Map([
      ['key:0', 0],
      ['key:1', 1],
      ['key:2', 0],
    ]),
    99,
    false,
    true,
    new Map([
      ['key:0', 0],
      ['key:1', 2],
    ]),
  ])
})

describe('helper keys', () => {
  test('lie beside their values', async ({ servers, make, sharded }) => {
    const { cache } = make({ cache: shardsOf(servers, { singleFlight: 'fleet', prefix: 'p' }) })
    for (const server of servers) {
      const key = keyOn(cache, servers, server)
      const load = controlledLoader()
      const loading = cache.getOrSet(key, load.loader)
      await using lock = await cache.lock(`${key}:lock`, { fence: true, ttl: '1m' }).acquire()
      expect(lock.fence).toBeGreaterThan(0)
      await eventually(() => load.begun === 1)
      expect(await server.command('KEYS', `p:@1:load:*:${key}`)).toHaveLength(1)
      const owner = ownerOf(cache, servers, `${key}:lock`)
      expect(await owner.command('KEYS', `p:@1:fence:*:${key}:lock`)).toHaveLength(1)
      load.finish('v')
      expect(await loading).toBe('v')
    }
    await sharded.set('other', 1)
    await cache.clear()
    for (const server of servers) expect(await server.command('KEYS', 'p:*')).toEqual([])
    expect(await sharded.get('other')).toBe(1)
  })

  test('of keys that a function makes lie beside them too', async ({ servers, make }) => {
    const own = shardsOf(servers, {
      singleFlight: 'fleet',
      keyFunction: (key, prefix, version) => `${prefix}/${version}/${key}`,
    })
    const { cache } = make({ cache: own })
    for (const server of servers) {
      const key = keyOn(cache, servers, server)
      const load = controlledLoader()
      const loading = cache.getOrSet(key, load.loader)
      await eventually(() => load.begun === 1)
      expect(await server.command('KEYS', `:@0:load:*:${cache.makeKey(key)}`)).toHaveLength(1)
      await using lock = await cache.lock(key, { fence: true, ttl: '1m', version: 7 }).acquire()
      expect(lock.fence).toBeGreaterThan(0)
      load.finish('v')
      await loading
    }
  })

  test('lets one process load for all', async ({ servers, make }) => {
    const { one, two } = make({ one: {}, two: {} }, shardsOf(servers, { singleFlight: 'fleet' }))
    const loads = many.slice(0, 20).map(() => controlledLoader())
    const first = loads.map((load, index) => one.getOrSet(`fleet:${index}`, load.loader))
    await eventually(() => loads.every(({ begun }) => begun === 1))
    const second = loads.map((_, index) => two.getOrSet(`fleet:${index}`, () => 'loaded twice'))
    loads.forEach((load, index) => load.finish(index))
    expect(await Promise.all([...first, ...second])).toEqual([...loads.keys(), ...loads.keys()])
  })
})

describe('keys of one command', () => {
  test('need one hash tag, or nothing is asked', async ({ servers, sharded }) => {
    await sharded.sadd('a', [1])
    await sharded.sadd('b', [2])
    const made = (key: string): string => sharded.makeKey(key)
    const refused = [
      sharded.sunion(['a', 'b']),
      sharded.smove('a', 'b', 1),
      sharded.sunionstore('c', ['a', 'b']),
      sharded.incrVersion('a'),
      sharded.command(['SINTER', 'a', 'b'], { key: [1, 2] }),
      sharded.command(['MSET', 'x', '1', 'y', '2']),
      sharded.command(['EVAL', 'return 1', 2, 'x', 'y']),
      sharded.use((own) => own.command(['RENAME', made('a'), made('b')]), { key: 'a' }),
      sharded.use((own) => own.command(['GET', made('b')]), { key: 'a' }),
      sharded.use(() => 'nothing', { key: ['a', 'b'] }),
    ]
    for (const { error } of await Promise.all(refused.map(rejection)))
      expect(error).toMatchObject({
        code: 'E_CROSS_SLOT',
        message: expect.stringContaining('need one hash tag') as string,
      })
    const keys = await Promise.all(servers.map((server) => server.command('KEYS', '*')))
    expect(keys.flat().map(String).toSorted()).toEqual([made('a'), made('b')])
  })

  test('with one hash tag lie together', async ({ sharded }) => {
    await sharded.sadd('{s}a', [1, 2])
    await sharded.sadd('{s}b', [2, 3])
    expect(await sharded.sinter<number>(['{s}a', '{s}b'])).toEqual([2])
    expect(await sharded.sunionstore('{s}c', ['{s}a', '{s}b'])).toBe(3)
    expect(await sharded.smove('{s}a', '{s}b', 1)).toBe(true)
    await sharded.set('{v}', 1)
    expect(await sharded.incrVersion('{v}')).toBe(2)
    expect(await sharded.get('{v}', { version: 2 })).toBe(1)
    const [one, two] = ['{t}1', '{t}2'].map((key) => sharded.makeKey(key)) as [string, string]
    expect(await sharded.command(['MSET', one, '1', two, '2'])).toBe('OK')
    expect([...(await sharded.getMany<number>(['{t}1', '{t}2'])).values()]).toEqual([1, 2])
  })

  test('are known of a command whose keys are not named; one that writes without a key is refused', async ({
    sharded,
  }) => {
    await sharded.set('n', 1)
    expect(await sharded.command(['INCR', sharded.makeKey('n')])).toBe(2)
    expect(await sharded.command(['TIME'])).toHaveLength(2)
    const unplaced = [
      sharded.command(['PUBLISH', 'channel', 'text']),
      sharded.command(['JSON.GET', sharded.makeKey('n')], { intent: 'read' }),
    ]
    for (const { error } of await Promise.all(unplaced.map(rejection)))
      expect(error).toHaveProperty('code', 'E_UNSUPPORTED')
    const { error } = await rejection(sharded.command(['JSON.GET', 'n'], { intent: 'read', key: 1 }))
    expect(error).toMatchObject({ message: expect.stringContaining('unknown command') as string })
  })
})

describe("a connection of one's own", () => {
  test('goes to the shard of its key, or of its first command', async ({ servers, sharded }) => {
    for (const server of servers) {
      const key = keyOn(sharded, servers, server)
      const made = sharded.makeKey(key)
      const add = [['MULTI'], ['INCR', made], ['INCR', made], ['EXEC']]
      expect(await sharded.use((own) => own.batch(add), { key })).toEqual(['OK', 'QUEUED', 'QUEUED', [1, 2]])
      const stepwise = sharded.use(async (own) => {
        for (const words of add.slice(0, -1)) await own.command(words)
        return [await own.command(['EXEC']), own.address]
      })
      expect(await stepwise).toEqual([[3, 4], server.address])
    }
  })

  test('runs what names a key, whatever was refused beside it', async ({ sharded }) => {
    const made = sharded.makeKey('k')
    const asked = sharded.use((own) =>
      Promise.allSettled([['PING'], ['PING'], ['INCR', made], ['INCR', made]].map((words) => own.command(words))),
    )
    expect((await asked).filter(({ status }) => status === 'fulfilled')).toMatchObject([{ value: 1 }, { value: 2 }])
  })

  test('that nobody waits for any more rejects nothing but its call', async ({ sharded }) => {
    const unhandled: unknown[] = []
    const note = (reason: unknown): number => unhandled.push(reason)
    process.on('unhandledRejection', note)
    const [signal, made] = [AbortSignal.abort(new Error('given up')), sharded.makeKey('k')]
    const calls = [
      sharded.use(() => 'nothing', { key: 'k', signal }),
      sharded.use((own) => own.command(['GET', made]), { signal }),
    ]
    for (const { error } of await Promise.all(calls.map(rejection))) expect(error).toBe(signal.reason)
    await sharded.ping()
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })

  test('without a key is refused, and says what to name', async ({ sharded }) => {
    const { error } = await rejection(sharded.use((own) => own.command(['CLIENT', 'ID'])))
    expect(error).toMatchObject({ code: 'E_UNSUPPORTED', message: expect.stringContaining('{ key:') as string })
  })
})

test('what lies on another shard since one was added is deleted where it is', async ({ servers, make }) => {
  const [one, two] = servers
  const { before, after } = make({ before: shardsOf([one, two]), after: shardsOf(servers) })
  await before.setMany(valuesOf(many))
  expect((await after.getMany(many)).size).toBeLessThan(many.length)
  expect(await after.deletePattern('key:1*')).toBe(11)
  expect(await after.clear()).toBe(89)
  expect(await before.keys('*')).toEqual([])
})

describe('shards that are Sentinel services', () => {
  test('have primaries and replicas of their own, and tell whose primary has changed', async ({ lab, make }) => {
    const one = await lab.group({ replicas: 1, steady: false })
    const other = await lab.group({ serviceName: 'other', replicas: 1, sentinels: 0 })
    const { host, port } = other.nodes[0] as LabServer
    for (const sentinel of one.sentinels) await sentinel.command('SENTINEL', 'MONITOR', 'other', host, port, 2)
    const location = ['valkey://mymaster/0', 'valkey://other/0']
    const { cache } = make({ cache: { ...under(one), client: 'shard', location } })
    await cache.setMany(valuesOf(many))
    await eventually(() => cache.topology().shards.every(({ replicas }) => replicas.length === 1))
    expect((await cache.getMany(many)).size).toBe(many.length)
    expect(await cache.deleteMany(many.slice(50))).toBe(50)
    expect(await cache.clear()).toBe(50)
    const [changed] = await Promise.all([
      new Promise<number | undefined>((resolve) => cache.on('primary-changed', ({ shard }) => resolve(shard))),
      one.failover(),
    ])
    expect(changed).toBe(0)
    await eventually(async () => (await cache.setMany(valuesOf(many))).length === 0)
  })
})

/** Of calls that connect to servers that are up: a busy machine takes longer for that than the deadlines below. */
const connecting = { deadline: '10s' } as const

describe('a shard that is down', () => {
  const bounds = { readDeadline: '500ms', writeDeadline: '500ms' } as const
  const ground = test.extend('fallen', async ({ ownServers, make }) => {
    const { strict, safe } = make({ strict: {}, safe: { failSafe: true } }, shardsOf(ownServers, bounds))
    await strict.setMany(valuesOf(many), connecting)
    await safe.getMany(many, connecting)
    const [down] = ownServers
    await down.kill()
    await rejection(strict.get(keyOn(strict, ownServers, down)))
    const isLost = (key: string): boolean => ownerOf(strict, ownServers, key) === down
    return { strict, safe, down, isLost } satisfies Fallen
  })

  interface Fallen {
    readonly strict: Cache
    readonly safe: Cache
    readonly down: LabServer
    readonly isLost: (key: string) => boolean
  }

  ground('fails its own keys, with an error that names it', async ({ fallen: { strict, down, isLost } }) => {
    const named = { address: down.address, message: expect.stringContaining(down.address) as string }
    for (const key of many)
      if (isLost(key)) expect((await rejection(strict.get(key))).error).toMatchObject(named)
      else expect(await strict.get(key)).toBe(key)
    expect((await rejection(strict.getMany(many))).error).toMatchObject(named)
    expect(new Set(await strict.setMany(valuesOf(many, 2)))).toEqual(new Set(many.filter(isLost)))
    expect((await rejection(strict.keys('*'))).error).toMatchObject(named)
    const walked: string[] = []
    const walk = async (): Promise<void> => {
      for await (const key of strict.iterKeys('*')) walked.push(key)
    }
    expect((await rejection(walk())).error).toMatchObject(named)
    expect(walked.toSorted()).toEqual(many.filter((key) => !isLost(key)).toSorted())
    expect((await rejection(strict.clear())).error).toMatchObject(named)
    expect((await strict.getMany(many.filter((key) => !isLost(key)))).size).toBe(0)
    expect(strict.topology().shards.map(({ state }) => state)).toEqual(['suspect', 'steady', 'steady'])
  })

  ground('is a miss to a fail-safe cache, which has the others', async ({ fallen: { safe, isLost } }) => {
    const there = many.filter((key) => !isLost(key))
    expect([...(await safe.getMany(many)).keys()]).toEqual(there)
    expect((await safe.keys('*')).toSorted()).toEqual(there.toSorted())
    expect(await safe.pipeline((p) => many.map((key) => p.get(key)))).toEqual(
      many.map((key) => (isLost(key) ? undefined : key)),
    )
    expect(await safe.deleteMany(many)).toBe(there.length)
    expect(await safe.clear()).toBe(0)
  })

  ground('does not keep the others from being cleared', async ({ ownServers, fallen: { down, isLost }, make }) => {
    const { fleet } = make({ fleet: shardsOf(ownServers, { singleFlight: 'fleet', ...bounds }) })
    const there = many.filter((key) => !isLost(key))
    await fleet.getMany(there, connecting)
    for (const remove of [() => fleet.deletePattern('key:*'), () => fleet.clear(), () => fleet.flushDb()]) {
      await fleet.setMany(valuesOf(there))
      expect((await rejection(remove())).error).toMatchObject({ address: down.address })
      expect((await fleet.getMany(there)).size).toBe(0)
    }
  })

  ground(
    'is given what a closed cache leaves by one that places keys as that did',
    async ({ ownServers, fallen: { down }, make }) => {
      const own = shardsOf(ownServers, { singleFlight: 'fleet', prefix: 'own', ...bounds })
      const location = ownServers.toReversed().map((server) => at(server))
      const { closed } = make({ closed: {}, heir: { location } }, own)
      const lost = many.filter((key) => ownerOf(closed, ownServers, key) === down)
      expect((await rejection(closed.deleteMany(lost))).error).toMatchObject({ kept: true })
      await closed.close()
      await down.restart()
      // Of each key itself, and of the lock of its loads.
      await eventually(async () => (await callsOf(down, 'unlink')) === 2 * lost.length)
    },
  )

  ground('fails tagged writes where it counts the invalidations', async ({ ownServers, fallen: { down }, make }) => {
    const shared = shardsOf(ownServers, { format: 'framed', ...bounds })
    const prefixes = Array.from({ length: 50 }, (_, index) => `t${index}`)
    const caches = make(Object.fromEntries(prefixes.map((prefix) => [prefix, { prefix }])), shared)
    const made = prefixes.map((prefix) => caches[prefix] as Cache)
    const cache = made.find((one) => ownerOf(one, ownServers, 'sequence') === down) as Cache
    const key = many.find((one) => ownerOf(cache, ownServers, one) !== down) as string
    const [tags, named] = [['red'], { address: down.address }]
    expect(await cache.get(key, connecting)).toBeUndefined()
    expect((await rejection(cache.set(key, 1, { tags }))).error).toMatchObject(named)
    expect(await cache.getOrSet(key, () => 2, { tags })).toBe(2)
    expect((await rejection(cache.invalidateTags(tags))).error).toMatchObject({ ...named, kept: true })
    expect(await cache.get(key)).toBeUndefined()
    await down.restart()
    await eventually(() => cache.set(key, 3, { tags }).catch(() => false))
    expect(await cache.get(key)).toBe(3)
  })

  ground('is given the deletes that were kept for it when it is back', async ({ fallen: { strict, down, isLost } }) => {
    const lost = many.filter(isLost)
    expect((await rejection(strict.deleteMany(many))).error).toMatchObject({ kept: true })
    await down.restart()
    await eventually(async () => (await callsOf(down, 'unlink')) === lost.length)
    await strict.set(lost[0] as string, 3)
    expect(await strict.get(lost[0] as string)).toBe(3)
  })
})

describe('a shard that answers that it cannot serve', () => {
  const ground = test.extend('served', async ({ ownServers, make }) => {
    const bounds = { readDeadline: '300ms', writeDeadline: '300ms' } as const
    const { strict, safe } = make({ strict: {}, safe: { failSafe: true } }, shardsOf(ownServers, bounds))
    await strict.setMany(valuesOf(many), connecting)
    await safe.getMany(many, connecting)
    const owners = many.map((key) => ownerOf(strict, ownServers, key))
    return { strict, safe, of: (server: LabServer) => many.filter((_, index) => owners[index] === server) }
  })

  ground('is a miss to a fail-safe cache, which has the others', async ({ ownServers: [one, two, three], served }) => {
    const { strict, safe, of } = served
    await refuseReads(one)
    const there = many.filter((key) => !of(one).includes(key))
    expect([...(await safe.getMany(many)).keys()]).toEqual(there)
    expect((await rejection(strict.getMany(many))).error).toMatchObject({ reply: expect.stringMatching(/^MASTERDOWN/) })
    const loads = new Set<string>()
    const loaded = await safe.getOrSetMany(many, (keys) => {
      for (const key of keys) loads.add(String(key))
      return new Map(keys.map((key) => [key, 'loaded']))
    })
    expect([...loads].toSorted()).toEqual(of(one).toSorted())
    expect(loaded.size).toBe(many.length)
    // Of the second the deletes are kept: its keys are left out of what the others are asked.
    await two.command('CONFIG', 'SET', 'min-replicas-to-write', 1)
    expect((await rejection(strict.deleteMany(of(two)))).error).toMatchObject({ kept: true })
    expect([...(await safe.getMany(many)).keys()]).toEqual(of(three))
  })

  ground(
    'does not fail the deletes of the others, and its own are kept',
    async ({ ownServers: [one, two], served }) => {
      const { strict, safe, of } = served
      const [early, late] = [many.slice(50), many.slice(0, 50)]
      await one.command('CONFIG', 'SET', 'min-replicas-to-write', 1)
      expect(await safe.deleteMany(early)).toBe(early.filter((key) => !of(one).includes(key)).length)
      expect((await rejection(strict.deleteMany(late))).error).toMatchObject({ code: 'E_REPLICAS', kept: true })
      // What another program writes where a delete has run is not deleted later.
      const outside = strict.makeKey(late.find((key) => of(two).includes(key)) as string)
      expect(await two.command('DBSIZE')).toBe(0)
      await two.command('SET', outside, '1')
      await one.command('CONFIG', 'SET', 'min-replicas-to-write', 0)
      await eventually(async () => (await one.command('DBSIZE')) === 0)
      expect(await two.command('EXISTS', outside)).toBe(1)
    },
  )

  ground('by refusing credentials is named', async ({ ownServers: [one], served: { strict } }) => {
    await one.command('ACL', 'SETUSER', 'default', '-@read', '-@write')
    const named = { code: 'E_AUTH', address: one.address }
    expect((await rejection(strict.getMany(many))).error).toMatchObject(named)
    expect((await rejection(strict.deleteMany(many))).error).toMatchObject(named)
  })
})

test('a shard that is a sentinel or a node of a cluster is refused, and the error says what to set', async ({
  lab,
  make,
  servers: [server],
}) => {
  const { sentinels } = await lab.group({ replicas: 0, sentinels: 1, steady: false })
  const node = await lab.server({ config: { 'cluster-enabled': 'yes' } })
  for (const [other, advice] of [
    [sentinels[0] as LabServer, 'name it in sentinels'],
    [node, "set client: 'cluster'"],
  ] as const) {
    const { cache } = make({ cache: shardsOf([server, other]) })
    const message = expect.stringContaining(advice) as string
    expect((await rejection(cache.ping())).error).toMatchObject({ code: 'E_UNSUPPORTED', message })
  }
})

test('a batch that is aborted rejects with the reason, also where a shard has answered', async ({ lab, make }) => {
  const own = await Promise.all([lab.server(), lab.server()])
  const { cache } = make({ cache: shardsOf(own) })
  const keys = own.map((server) => keyOn(cache, own, server))
  await cache.getMany(keys)
  own[1].pause()
  const [abort, reason] = [new AbortController(), new Error('given up')]
  const asked = [
    rejection(cache.pipeline((p) => keys.map((key) => p.get(key)), { signal: abort.signal })),
    rejection(cache.getMany(keys, { signal: abort.signal })),
  ]
  // Its replies come in order, so it has answered all of these then.
  await cache.get(keys[0] as string)
  abort.abort(reason)
  for (const { error } of await Promise.all(asked)) expect(error).toBe(reason)
  own[1].resume()
})

test('flushDb that one shard refuses is over when the others have ended', async ({ lab, make }) => {
  const own = await Promise.all([lab.server(), lab.server()])
  const { cache } = make({ cache: shardsOf(own) })
  await cache.setMany(valuesOf(many))
  await own[0].command('ACL', 'SETUSER', 'default', '-flushdb')
  own[1].pause()
  let isOver = false
  const flushing = rejection(cache.flushDb()).finally(() => (isOver = true))
  const refused = async (): Promise<boolean> =>
    /cmdstat_flushdb:.*rejected_calls=1/.test(String(await own[0].command('INFO', 'commandstats')))
  await eventually(refused)
  await cache.get(keyOn(cache, own, own[0]))
  expect(isOver).toBe(false)
  own[1].resume()
  expect((await flushing).error).toMatchObject({ code: 'E_AUTH', address: own[0].address })
  expect(await own[1].command('DBSIZE')).toBe(0)
})

test('a shard that is silent is named by what waits for it', async ({ lab, make }) => {
  const own = await Promise.all([lab.server(), lab.server()])
  const { cache } = make({ cache: shardsOf(own, { readDeadline: '200ms' }) })
  await cache.ping(connecting)
  own[1].pause()
  const { error } = await rejection(cache.get(keyOn(cache, own, own[1])))
  expect(error).toMatchObject({ code: 'E_TIMEOUT', address: own[1].address })
  own[1].resume()
})

test('a cache that closes finishes what runs on every shard; later calls are refused', async ({ servers, make }) => {
  const { cache } = make({ cache: shardsOf(servers) })
  const running = [cache.setMany(valuesOf(many, 1)), cache.getMany(many), cache.use((own) => own.command(['GET', 'k']))]
  await cache.close()
  expect(await Promise.all(running)).toMatchObject([[], expect.any(Map), null])
  const refused = [cache.get('k'), cache.getMany(many), cache.keys('*'), cache.use(() => 1, { key: 'k' })]
  for (const { error } of await Promise.all(refused.map(rejection))) expect(error).toHaveProperty('code', 'E_CLOSED')
})

/** Each key with a value, which is the key itself where none is given. */
function valuesOf(keys: readonly string[], value?: unknown): Record<string, unknown> {
  return Object.fromEntries(keys.map((key) => [key, value ?? key]))
}

/** How many keys a database has. */
async function sizeOf(location: string): Promise<number> {
  await using caches = createCaches({ cache: { location } })
  return Number(await caches.cache.command(['DBSIZE']))
}

/** Makes a server a replica of nobody that serves no stale data: it answers reads with MASTERDOWN. */
async function refuseReads(server: LabServer): Promise<void> {
  await server.command('CONFIG', 'SET', 'replica-serve-stale-data', 'no')
  await server.command('REPLICAOF', '127.0.0.1', 1)
}
