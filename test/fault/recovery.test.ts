import { expect } from 'vitest'
import type { Cache, CacheError, CacheOptions } from '../../src/index.js'
import { eventually, startTraffic, type Lab } from '../../src/lab/index.js'
import { at, test, under } from '../support/caches.js'
import { longestTimer } from '../../src/units.js'
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

/**
 * What went wrong in one place during an outage and after it.
 * @param others sees what the servers have
 */
async function outageOf({ away, back }: Place, cache: Cache, others: Cache): Promise<readonly string[]> {
  const gone = new Set<string>()
  const wrong: string[] = []
  await cache.setMany(keys.map((key) => [key, 'old'] as const))
  const reads = startTraffic({
    rate: 100,
    operation: async (n) => {
      const key = keys[(n * 7) % keys.length] as string
      const wasGone = gone.has(key)
      if ((await looks[n % looks.length]?.(cache, key)) && wasGone) wrong.push(`saw ${key}`)
    },
  })
  await away()
  const awayAt = performance.now()
  const remove = async (n: number): Promise<void> => {
    const key = doomed[n % doomed.length] as string
    await cache.delete(key).catch((error: CacheError) => {
      if (!error.kept) wrong.push(`${key} is not kept: ${error.message}`)
    })
    gone.add(key)
  }
  const deletes = startTraffic({ rate: doomed.length / seconds, operation: remove })
  await eventually(() => performance.now() - awayAt > seconds * 1_000, { timeout: longestTimer })
  await back()
  await deletes.stop()
  await eventually(() => gone.size === doomed.length, { timeout: 20_000 })
  // What failed again is tried after pauses of up to 30 s.
  const done = async (): Promise<boolean> => ![...(await others.getMany(doomed)).values()].includes('old')
  await eventually(done, { timeout: 40_000 })
  const later = reads.succeeded + keys.length
  await eventually(() => reads.succeeded > later)
  await reads.stop()
  if ((await cache.get(spared)) !== 'old') wrong.push('lost what was not deleted')
  return wrong
}

const timeout = 60_000 + seconds * 1_000
test(
  'no reader sees a value whose delete was answered or kept in an outage: of a server, Sentinel, a cluster',
  { timeout },
  async ({ lab, make }) => {
    const places = await Promise.all([killed(lab), cutOff(lab), frozenGroup(lab), frozenCluster(lab)])
    const options = Object.fromEntries(places.map((place, index) => [String(index), place.options]))
    const shared = { ttl: null, recovery: {}, onError: () => {} } as const
    const [caches, others] = [make(options, shared), make(options, { ...shared, recovery: false, readFrom: 'primary' })]
    const wrong = await Promise.all(
      places.map((place, index) => outageOf(place, caches[index] as Cache, others[index] as Cache)),
    )
    expect(wrong).toStrictEqual(places.map(() => []))
  },
)

test('a delete that was sent and has no answer is kept as well; another cache of the server finds the key missing', async ({
  ownServer,
  make,
}) => {
  const { cache, other, elsewhere } = make(
    { cache: {}, other: {}, elsewhere: { location: at(ownServer, 1) } },
    { location: at(ownServer), recovery: {}, onError: () => {} },
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
  const { cache } = make({ cache: { location: at(ownServer), recovery: {}, onError: () => {} } })
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
  const { cache } = make({ cache: { location: at(ownServer), onError, recovery: {}, closeTimeout: '300ms' } })
  await cache.set('k', 'old')
  await ownServer.kill()
  await rejection(cache.deleteMany(['k', 'l']))
  await cache.close()
  expect(errors).toStrictEqual([expect.stringMatching(/2 deletes are lost/)])
})
