import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Registry } from 'prom-client'
import { expect, onTestFinished } from 'vitest'
import { metrics } from '../../src/export/prometheus.js'
import { eventually } from '../../src/lab/index.js'
import { connectChannel } from '../../src/telemetry/channels.js'
import { at, test } from '../support/caches.js'
import { ended, listen } from '../support/traces.js'

test('commands, their node and its connections are counted as they travel', async ({ server, make }) => {
  const { cache } = make({ cache: { location: at(server) } })
  await cache.set('a', 1)
  await Promise.all([cache.get('a'), cache.get('b')])
  await cache.pipeline((p) => [p.get('a'), p.has('a')])
  const { commands, tiers, misses, errors } = cache.stats()
  const counts = Object.entries(commands).map(([name, { latency }]) => [name, latency.count])
  expect(Object.fromEntries(counts)).toMatchObject({ SET: 1, GET: 1, BATCH: 1 })
  expect([tiers.server.hits, misses, errors]).toStrictEqual([2, 1, {}])
  // A heartbeat may be on its way at any time.
  await eventually(() =>
    expect(cache.stats().nodes).toMatchObject({
      [server.address]: { errors: 0, retries: 0, pending: 0, pool: { connections: 1, leases: 0, waiting: 0 } },
    }),
  )
  expect(cache.stats().nodes[server.address]?.latency.count).toBeGreaterThanOrEqual(3)
})

test('connections of one’s own are counted while they are lent', async ({ server, make }) => {
  const { cache } = make({ cache: { location: at(server) } })
  await cache.use(() => expect(cache.stats().nodes[server.address]?.pool).toMatchObject({ leases: 1 }))
  await eventually(() => cache.stats().nodes[server.address]?.pool?.leases === 0)
})

test('work on a connection of one’s own that fails is counted and told as such', async ({ server, make }) => {
  const told = listen('command')
  const { cache } = make({ cache: { location: at(server) } })
  const failing = cache.use(() => {
    throw new RangeError('secret')
  })
  await expect(failing).rejects.toThrow('secret')
  expect(cache.stats()).toMatchObject({ errors: { OTHER: 1 }, commands: { LEASE: { errors: 1 } } })
  expect(ended(told)).toMatchObject([{ name: 'LEASE', error: { message: 'RangeError' } }])
})

test('an error of the server is counted by its code, and told by its first word', async ({ server, make }) => {
  const told = listen('command')
  const { cache } = make({ cache: { location: at(server, 3) } })
  await cache.sadd('set', ['secret'])
  await expect(cache.command(['INCRBY', cache.makeKey('set'), '7'])).rejects.toThrow('WRONGTYPE')
  expect(cache.stats()).toMatchObject({ errors: { E_COMMAND: 1 }, commands: { INCRBY: { errors: 1 } } })
  expect(ended(told).find(({ name }) => name === 'INCRBY')).toMatchObject({
    address: server.address,
    database: 3,
    attempts: 1,
    error: { code: 'E_COMMAND', message: 'WRONGTYPE' },
  })
  expect(JSON.stringify(told)).not.toContain('secret')
})

test('connections, commands and batches are told, with the keys that are allowed', async ({ server, make }) => {
  const [connects, commands, batches] = [listen('connect'), listen('command'), listen('batch')]
  const { cache } = make({ cache: { location: at(server), traceKeys: ['page:*'] } })
  await cache.set('page:1', 'secret')
  await cache.set('user:1', 'secret')
  await cache.pipeline((p) => [p.get('page:1'), p.get('user:1')])
  expect(ended(connects)).toStrictEqual([{ address: server.address, purpose: 'data' }])
  expect(ended(commands).map(({ name, keys }) => [name, keys])).toStrictEqual([
    ['SET', [':1:page:1']],
    ['SET', []],
  ])
  expect(ended(batches)).toMatchObject([{ name: 'GET', size: 2, keyCount: 2, keys: [':1:page:1'] }])
  expect(JSON.stringify([connects, commands, batches])).not.toContain('secret')
})

test('topology events are counted by type, and exported', async ({ lab, make }) => {
  const { location, nodes } = await lab.group({ sentinels: 0 })
  const caches = make({ cache: { location } })
  const { cache } = caches
  const registry = new Registry()
  metrics(caches, { registry })
  let ejected = 0
  cache.on('replica-ejected', () => void ejected++)
  await eventually(async () => {
    await cache.get('k')
    return cache.topology().nodes.every(({ state, role, lag }) => state === 'up' && (role === 'primary' || lag === 0))
  })
  await nodes[1]?.kill()
  await eventually(() => ejected > 0)
  expect(cache.stats().events['replica-ejected']).toBe(ejected)
  expect(await registry.metrics()).toContain(
    `valkey_cache_events_total{cache="cache",type="replica-ejected"} ${ejected}`,
  )
})

test('a connection belongs to no request, though one has opened it', async ({ server, make }) => {
  const store = new AsyncLocalStorage<string>()
  const stores: (string | undefined)[] = []
  const onStart = (): void => void stores.push(store.getStore())
  subscribe(connectChannel.start.name, onStart)
  onTestFinished(() => void unsubscribe(connectChannel.start.name, onStart))
  const { cache } = make({ cache: { location: at(server) } })
  await store.run('request', () => cache.get('a'))
  expect(stores).toStrictEqual([undefined])
})

test('every outage that was survived is counted, though one a second is told', async ({ ownServer, make }) => {
  let told = 0
  const { cache } = make({
    cache: { location: at(ownServer), failSafe: true, readDeadline: '60ms', onError: () => void told++ },
  })
  await cache.get('k', { deadline: '10s' })
  const killedAt = performance.now()
  await ownServer.kill()
  for (let call = 0; call < 5; call++) expect(await cache.get('k')).toBeUndefined()
  const { survived, errors, commands } = cache.stats()
  expect(survived.OUTAGE).toBe(5)
  expect(cache.stats().misses, 'with the read before').toBe(6)
  expect(told).toBeLessThanOrEqual(1 + Math.floor((performance.now() - killedAt) / 1_000))
  expect(Object.values(errors).reduce((total, count) => total + count, 0)).toBe(5)
  expect(commands.GET?.errors).toBe(5)
})
