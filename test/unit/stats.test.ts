import { expect, onTestFinished, test } from 'vitest'
import { CommandError, ConnectionInterruptedError } from '../../src/errors.js'
import { createCaches, type CacheOptions, type Caches } from '../../src/index.js'
import { CallMeters, type MeteredNode } from '../../src/telemetry/call-meters.js'
import { Meter, Named } from '../../src/telemetry/meter.js'
import { Reporter } from '../../src/telemetry/reporter.js'
import { jobRunner } from '../support/job-runner.js'
import { ended, listen } from '../support/traces.js'

test('a cache counts calls of its methods, and where values came from', async () => {
  const { cache } = cachesWith()
  await cache.set('k', 1)
  await cache.get('k')
  await cache.get('k')
  await cache.getMany(['k', 'none'])
  await cache.getOrSet('loaded', () => 2)
  const { methods, tiers, misses, loads, commands, nodes } = cache.stats()
  expect(methods).toStrictEqual({ get: 2, getMany: 1, set: 1, getOrSet: 1 })
  expect([tiers.server.hits, tiers.near.hits, tiers.loader.hits, misses]).toStrictEqual([1, 2, 1, 2])
  expect(loads).toMatchObject({ errors: 0, latency: { count: 1 } })
  expect([commands, nodes]).toStrictEqual([{}, {}])
})

test('views, typed caches and pipelines count for their cache, and each cache for itself', async () => {
  const { cache, other } = cachesWith()
  const anything = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const
  await cache.memo().get('a')
  await cache.typed({ key: (id: number) => `id:${id}`, schema: anything }).get(1)
  await cache.pipeline((p) => [p.get('b')])
  expect(cache.stats()).toMatchObject({ misses: 3, methods: { get: 2, pipeline: 1 } })
  expect(other.stats()).toMatchObject({ misses: 0, methods: {} })
})

test('every key that is read is counted once, however often a call names it', async () => {
  const { cache } = cachesWith()
  await cache.set('k', 1)
  await cache.getMany(['k', 'k', 'none', 'none'])
  await cache.getOrSetMany(['k', 'k', 'new'], () => [['new', 2]])
  await cache.pull('k')
  await cache.pull('k')
  const { tiers, misses } = cache.stats()
  expect([tiers.server.hits, tiers.near.hits, misses]).toStrictEqual([3, 1, 4])
})

test('what memory knows to be absent is a miss', async () => {
  const { cache } = cachesWith()
  for (let call = 0; call < 3; call++) await cache.get('none')
  await cache.getMany(['none', 'none'])
  const { tiers, misses } = cache.stats()
  expect([tiers.near.hits, tiers.server.hits, misses]).toStrictEqual([0, 0, 5])
})

test('an absence that is kept is a miss for whoever reads it', async () => {
  const { cache } = cachesWith({ format: 'framed', negativeTtl: '1m' })
  const { cache: far } = cachesWith({ format: 'framed', negativeTtl: '1m', near: false })
  for (const one of [cache, far]) {
    await one.getOrSet('none', () => undefined)
    await one.get('none')
    await one.getOrSet('none', () => 1)
    await one.getOrSetMany(['none'], () => [['none', 1]])
    const { tiers, misses, loads } = one.stats()
    expect([tiers.near.hits, tiers.server.hits, misses, loads.latency.count]).toStrictEqual([0, 0, 4, 1])
  }
})

test('a loader that is given up has failed, and what it gives later counts for nothing', async () => {
  const { cache } = cachesWith()
  const told = listen('load')
  let end!: (value: number) => void
  const late = new Promise<number>((resolve) => (end = resolve))
  await expect(cache.getOrSet('k', () => late, { loaderDeadline: 20 })).rejects.toMatchObject({
    code: 'E_TIMEOUT',
  })
  const counted = { errors: 1, latency: { count: 1 } }
  await expect.poll(() => cache.stats().loads).toMatchObject(counted)
  expect(ended(told)).toMatchObject([{ error: { code: 'E_TIMEOUT' } }])
  end(1)
  await cache.get('k')
  expect(cache.stats()).toMatchObject({ loads: counted, tiers: { loader: { hits: 0 } } })
  expect(ended(told)).toHaveLength(1)
})

test('a value past its ttl that is served is stale, and a loader that fails is counted', async () => {
  const { cache } = cachesWith({ format: 'framed', onError: () => {} })
  await cache.set('k', 1, { ttl: '1ms', grace: '1m' })
  await expect.poll(() => cache.get('k')).toBeUndefined()
  const failing = async (): Promise<number> => {
    throw new Error('no database')
  }
  expect(await cache.getOrSet('k', failing, { grace: '1m' })).toBe(1)
  await expect.poll(() => cache.stats().survived).toStrictEqual({ LOADER: 1 })
  expect(cache.stats()).toMatchObject({ tiers: { server: { stale: 1 }, loader: { hits: 0 } }, loads: { errors: 1 } })
})

test('a loader that gives what runs when it is waited for runs once', async () => {
  let runs = 0
  // oxlint-disable-next-line unicorn/no-thenable
  const query = { then: (resolve: (value: number) => void) => resolve(++runs) } as unknown as Promise<number>
  expect(await cachesWith().cache.getOrSet('k', () => query)).toBe(1)
  expect(runs).toBe(1)
})

test('commands are counted by name and their attempts by node, retries and failures too', async () => {
  const meters = new CallMeters()
  const run = await jobRunner({ meters })
  await run('GET', ['value'])
  await run('GET', [new ConnectionInterruptedError('primary:1', true), 'value'])
  await expect(run('INCR', [new CommandError('INCR', 'WRONGTYPE')])).rejects.toThrow('WRONGTYPE')
  await run('GET+PTTL', [['value', 1]], { size: 2 })
  const gone = new Error('the user left')
  await expect(run('GET', [gone], { signal: AbortSignal.abort(gone) })).rejects.toBe(gone)
  expect(meters.commands.mapped(({ stats }) => [stats.latency.count, stats.errors])).toStrictEqual({
    GET: [3, 1],
    INCR: [1, 1],
    BATCH: [1, 0],
  })
  expect(meters.nodes.of('primary:1').nodeStats).toMatchObject({ errors: 3, retries: 1, latency: { count: 6 } })
  expect(meters.errors).toStrictEqual({ E_COMMAND: 1, ABORTED: 1 })
})

test('what is reported too soon to be told is counted all the same', () => {
  let told = 0
  const reporter = new Reporter({ now: () => 0 }, { onError: () => void told++ })
  const context = { kind: 'OUTAGE', cache: 'users', operation: 'get' } as const
  for (let call = 0; call < 3; call++) reporter.report('It failed', new Error('away'), context)
  reporter.report('It failed', new Error('away'), { ...context, cache: 'pages' })
  expect([told, reporter.survived('users'), reporter.survived('none')]).toStrictEqual([1, { OUTAGE: 3 }, {}])
})

test('names that anybody could make up are bounded', () => {
  const named = new Named(() => new Meter())
  for (let name = 0; name < 1_000; name++) named.of(`COMMAND${name}`).ended(1)
  const counts = named.mapped(({ stats }) => stats.latency.count)
  expect(Object.keys(counts)).toHaveLength(251)
  expect(counts.other).toBe(750)
})

test('nodes that have left make room for new ones', () => {
  const meters = new CallMeters()
  const poolOf = (connections: number): MeteredNode['pool'] => ({
    pending: 0,
    usage: { connections, leases: 0, waiting: 0 },
  })
  for (let node = 0; node < 1_000; node++) {
    const pool = poolOf(node === 0 ? 1 : 0)
    meters.attempt({ address: `node:${node}`, pool }, 'first')
  }
  const nodes = Object.keys(meters.nodes.mapped(({ nodeStats }) => nodeStats))
  expect(nodes).toHaveLength(250)
  expect(nodes).toContain('node:0')
  expect(nodes).toContain('node:999')
})

function cachesWith(options: CacheOptions = {}): Caches<'cache' | 'other'> {
  const caches = createCaches({ cache: options, other: options })
  onTestFinished(() => caches.close())
  return caches
}
