import { expect } from 'vitest'
import type { Cache, CacheError, CacheOptions } from '../../src/index.js'
import { eventually, startTraffic, type Lab, type LabServer } from '../../src/lab/index.js'
import { at, callsOf, test, under } from '../support/caches.js'
import { rejection } from '../support/rejection.js'

/** How long servers are away, in s. */
const seconds = Number(process.env['VALKEY_CACHE_OUTAGE'] ?? 3)

/** A server that has its data after a crash. */
const durable = { appendonly: 'yes', appendfsync: 'always' }

/** Servers that can go away with their data and come back. */
interface Place {
  readonly options: CacheOptions
  readonly away: () => Promise<unknown>
  readonly back: () => Promise<unknown>
}

type Prepare = (lab: Lab) => Promise<Place>

const killed: Prepare = async (lab) => {
  const server = await lab.server({ config: durable })
  return { options: { location: at(server) }, away: () => server.kill(), back: () => server.start() }
}

const cutOff: Prepare = async (lab) => {
  const server = await lab.server({ proxied: true })
  const [away, back] = [async () => server.proxy.blackhole(), async () => server.proxy.heal()]
  return { options: { location: at(server) }, away, back }
}

const frozenGroup: Prepare = async (lab) => {
  const group = await lab.group({ replicas: 1 })
  const servers = [...group.nodes, ...group.sentinels]
  const away = async (): Promise<void> => servers.forEach((server) => server.pause())
  const back = async (): Promise<void> => servers.forEach((server) => server.resume())
  return { options: under(group), away, back }
}

const frozenCluster: Prepare = async (lab) => {
  const cluster = await lab.cluster({ replicas: 0 })
  const away = async (): Promise<void> => cluster.nodes.forEach((node) => node.pause())
  const back = async (): Promise<void> => cluster.nodes.forEach((node) => node.resume())
  const options = { client: 'cluster', location: cluster.locations } as const
  return { options, away, back }
}

/** Every way to see a value; each resolves to whether it saw the old one. */
const looks: readonly ((cache: Cache, key: string) => Promise<boolean>)[] = [
  async (cache, key) => (await cache.get(key)) === 'old',
  async (cache, key) => (await cache.getMany(['unknown', key])).get(key) === 'old',
  async (cache, key) => (await cache.getOrSet(key, () => 'loaded')) === 'old',
  async (cache, key) => (await cache.pipeline((p) => [p.get(key)]))[0] === 'old',
]

const keys = Array.from({ length: 200 }, (_, index) => `key:${index}`)
/** These are deleted while the servers are away. */
const doomed = keys.slice(0, 100)
const [spared] = keys.slice(100) as [string]

/** Caches of one place. */
interface Seen {
  /** Reads, and deletes. */
  readonly cache: Cache
  /** Others of this process, which read. */
  readonly readers: readonly Cache[]
  /** Sees what the servers have. */
  readonly outside: Cache
}

/** What went wrong in one place during an outage and after it. */
async function outageOf({ away, back }: Place, { cache, readers, outside }: Seen): Promise<readonly string[]> {
  const [gone, kept] = [new Set<string>(), new Set<string>()]
  const wrong: string[] = []
  await cache.setMany(
    keys.map((key) => [key, 'old'] as const),
    { deadline: '20s' },
  )
  const look = async (by: Cache, deleted: ReadonlySet<string>, n: number): Promise<void> => {
    const key = keys[(n * 7) % keys.length] as string
    const wasGone = deleted.has(key)
    if ((await looks[n % looks.length]?.(by, key)) && wasGone) wrong.push(`saw ${key}`)
  }
  const reads = [
    startTraffic({ rate: 100, operation: (n) => look(cache, gone, n) }),
    ...readers.map((reader) => startTraffic({ rate: 100, operation: (n) => look(reader, kept, n) })),
  ]
  await away()
  const awayAt = performance.now()
  const remove = async (n: number): Promise<void> => {
    const key = doomed[n % doomed.length] as string
    await cache.delete(key).catch((error: CacheError) => {
      if (error.kept) kept.add(key)
      else wrong.push(`${key} is not kept: ${error.message}`)
    })
    gone.add(key)
  }
  const deletes = startTraffic({ rate: doomed.length / seconds, operation: remove })
  // Deadlines take off the time in which this process stood still, so deletes may be waiting for longer than that.
  const longEnough = (): boolean => kept.size > 0 && performance.now() - awayAt > seconds * 1_000
  await eventually(longEnough, { timeout: seconds * 1_000 + 20_000 })
  await back()
  await eventually(() => gone.size === doomed.length, { timeout: 20_000 })
  await deletes.stop()
  // What failed again is tried after pauses of up to 30 s.
  const done = async (): Promise<boolean> => ![...(await outside.getMany(doomed)).values()].includes('old')
  await eventually(done, { timeout: 40_000 })
  const later = reads.map(({ succeeded }) => succeeded + keys.length)
  await eventually(() => reads.every(({ succeeded }, index) => succeeded > (later[index] as number)))
  await Promise.all(reads.map((traffic) => traffic.stop()))
  if ((await cache.get(spared)) !== 'old') wrong.push('lost what was not deleted')
  return wrong
}

const timeout = 60_000 + seconds * 1_000
test(
  'no reader of the process sees a value whose delete was answered or kept in an outage: of a server, Sentinel, a cluster',
  { timeout },
  async ({ lab, make }) => {
    const places = await Promise.all([killed(lab), cutOff(lab), frozenGroup(lab), frozenCluster(lab)])
    const options = Object.fromEntries(places.map((place, index) => [String(index), place.options]))
    const shared = { ttl: null, writeDeadline: '1s', onError: () => {} } as const
    const [caches, others, elsewhere] = [make(options, shared), make(options, shared), make(options, shared)]
    const outside = make(options, { ...shared, recovery: false, readFrom: 'primary' })
    const wrong = await Promise.all(
      places.map((place, index) =>
        outageOf(place, {
          cache: caches[index] as Cache,
          readers: [others[index] as Cache, elsewhere[index] as Cache],
          outside: outside[index] as Cache,
        }),
      ),
    )
    expect(wrong).toStrictEqual(places.map(() => []))
  },
)

test('a reader of replicas that are behind sees no value whose delete another cache was kept for', async ({
  lab,
  make,
}) => {
  const group = await lab.group({ replicas: 1, proxied: true, downAfter: 20_000 })
  const primary = await group.primary()
  const [replica] = group.nodes.filter((node) => node !== primary) as [LabServer]
  const { writer } = make({ writer: under(group, { onError: () => {} }) })
  const { reader } = make({ reader: under(group, { readFrom: 'replicaPreferred' }) })
  await writer.set('k', 'old')
  const reads = (server: LabServer): Promise<number> => callsOf(server, 'get')
  const before = await reads(replica)
  await eventually(async () => (await reader.get('k')) === 'old' && (await reads(replica)) > before)
  primary.proxy.delay(500, { from: replica })
  primary.pause()
  expect((await rejection(writer.delete('k', { deadline: 200 }))).error).toMatchObject({ kept: true })
  primary.resume()
  await eventually(async () => (await primary.command('EXISTS', ':1:k')) === 0)
  const seen: unknown[] = []
  await eventually(async () => {
    seen.push(await reader.get('k'))
    return (await replica.command('EXISTS', ':1:k')) === 0
  })
  expect(seen).not.toContain('old')
  expect(seen.length).toBeGreaterThan(1)
})

test('of keys of several shards, those whose shard was up are deleted, and the others are kept', async ({
  lab,
  make,
}) => {
  // For so long the others serve their keys although one does not answer.
  const cluster = await lab.cluster({ replicas: 0, nodeTimeout: 20_000 })
  const { cache } = make({ cache: { client: 'cluster', location: cluster.locations, onError: () => {} } })
  await cache.setMany({ a: 'old', b: 'old' })
  const [up, down] = [await cluster.primaryOf(':1:a'), await cluster.primaryOf(':1:b')]
  expect(up).not.toBe(down)
  down.pause()
  expect((await rejection(cache.deleteMany(['a', 'b'], { deadline: 1_000 }))).error).toMatchObject({ kept: true })
  await up.command('SET', ':1:a', '"by another process"')
  expect(await cache.get('a')).toBe('by another process')
  expect(await cache.get('b')).toBeUndefined()
  down.resume()
  await eventually(async () => (await down.command('EXISTS', ':1:b')) === 0)
  expect(await cache.get('a')).toBe('by another process')
})

test('calls that wait for a kept delete wait no longer than they may, and no more of them than may wait', async ({
  ownServer,
  make,
}) => {
  const { cache } = make({
    cache: { location: at(ownServer), writeDeadline: 400, maxPending: { commands: 3 }, onError: () => {} },
  })
  await cache.set('k', 'old')
  ownServer.pause()
  await rejection(cache.delete('k', { deadline: 50 }))
  const begun = performance.now()
  const sets = await Promise.all([1, 2, 3, 4].map((value) => rejection(cache.set('k', value))))
  expect(sets.map(({ error }) => error)).toMatchObject([
    { code: 'E_TIMEOUT' },
    { code: 'E_TIMEOUT' },
    { code: 'E_TIMEOUT' },
    { code: 'E_OVERFLOW' },
  ])
  const [first, , third] = sets.map(({ at: end }) => end - begun) as [number, number, number, number]
  expect(third, 'three that wait in turn wait no longer than one').toBeLessThan(2 * first)
  ownServer.resume()
})

test('what a cache has kept is sent by another one when it is closed in the outage', async ({ ownServer, make }) => {
  const errors: unknown[] = []
  const options = {
    location: at(ownServer),
    onError: (error: unknown) => errors.push(error),
    closeTimeout: '300ms',
  } as const
  const [{ cache }, { other }] = [make({ cache: options }), make({ other: options })]
  await cache.set('k', 'old')
  await other.set('l', 'old')
  ownServer.pause()
  const [deadline, ends] = [{ deadline: 100 }, { code: 'E_TIMEOUT', kept: true }]
  expect((await rejection(cache.deleteMany(['k', 'l'], deadline))).error).toMatchObject(ends)
  expect((await rejection(other.delete('k', deadline))).error).toMatchObject(ends)
  await cache.close()
  expect(await other.getMany(['k', 'l'])).toStrictEqual(new Map())
  ownServer.resume()
  await eventually(async () => (await ownServer.command('EXISTS', ':1:k', ':1:l')) === 0)
  expect(errors).toStrictEqual([])
})

test('a blocking command on a kept key holds up no other call of that key', async ({ ownServer, make }) => {
  const { cache } = make({ cache: { location: at(ownServer), onError: () => {} } })
  await cache.command(['RPUSH', 'list', 'old'], { key: 1 })
  ownServer.pause()
  await rejection(cache.delete('list', { deadline: 100 }))
  ownServer.resume()
  const taken = cache.command(['BLPOP', 'list', '3'], { key: 1 })
  await cache.command(['RPUSH', 'list', 'new'], { key: 1 })
  expect(await taken).toStrictEqual([':1:list', 'new'])
})

test('a delete that was sent and has no answer is kept as well; another cache of the server finds the key missing', async ({
  ownServer,
  make,
}) => {
  const { cache, other, elsewhere } = make(
    { cache: {}, other: {}, elsewhere: { location: at(ownServer, 1) } },
    { location: at(ownServer), onError: () => {} },
  )
  await Promise.all([cache, elsewhere].map((one) => one.set('k', 'old')))
  ownServer.pause()
  const { error } = await rejection(cache.delete('k', { deadline: 300 }))
  expect(error).toMatchObject({ code: 'E_TIMEOUT', sent: true, kept: true })
  expect(await other.get('k')).toBeUndefined()
  await rejection(elsewhere.get('k', { deadline: 100 }))
  ownServer.resume()
  await eventually(async () => (await ownServer.command('EXISTS', ':1:k')) === 0)
  expect(await elsewhere.get('k')).toBe('old')
})

test('a cache that is closed while its server is up has sent what it kept', async ({ ownServer, make }) => {
  const { cache } = make({ cache: { location: at(ownServer), onError: () => {} } })
  await cache.set('k', 'old')
  ownServer.pause()
  await rejection(cache.delete('k', { deadline: 100 }))
  ownServer.resume()
  await cache.close()
  expect(await ownServer.command('EXISTS', ':1:k')).toBe(0)
})

test('a cache that is closed in an outage says how much is lost', async ({ ownServer, make }) => {
  const errors: string[] = []
  const onError = (error: unknown): unknown => errors.push((error as Error).message)
  const { cache } = make({ cache: { location: at(ownServer), onError, closeTimeout: '300ms' } })
  await cache.set('k', 'old')
  await ownServer.kill()
  await rejection(cache.deleteMany(['k', 'l']))
  await cache.close()
  expect(errors).toStrictEqual([expect.stringMatching(/2 deletes are lost/)])
})
