import { describe, expect } from 'vitest'
import {
  CommandTimeoutError,
  ConfigurationError,
  type Cache,
  type CacheOptions,
  type GetOrSetOptions,
  type LoaderContext,
  type ReportContext,
} from '../../src/index.js'
import { eventually, type LabServer } from '../../src/lab/index.js'
import * as v from 'valibot'
import { at, test as base } from '../support/caches.js'
import { controlledLoader } from '../support/controlled-loader.js'
import { rejection } from '../support/rejection.js'

const test = base
  // oxlint-disable-next-line no-empty-pattern -- vitest reads a fixture's needs from this pattern
  .extend('reports', ({}): { readonly error: unknown; readonly context: ReportContext }[] => [])
  .extend(
    'onError',
    ({ reports }) =>
      (error: unknown, context: ReportContext) =>
        void reports.push({ error, context }),
  )

/** Where a cache of this file lives. */
const places: readonly [where: string, locate: (server: LabServer) => string][] = [
  ['memory://', () => 'memory://'],
  ['a server', (server) => at(server)],
]

const unwanted = (): never => {
  throw new Error('this loader is not wanted')
}

/** Keeps a value whose ttl is over, and waits until it is. */
async function keepStale(cache: Cache, value: unknown = 'stale', key = 'k'): Promise<void> {
  await cache.getOrSet(key, () => value, { ttl: 1, grace: '1h', refresh: true, waitForWrite: true })
  await eventually(async () => (await cache.get(key)) === undefined)
}

describe.each(places)('on %s', (_, locate) => {
  const on = test
    .extend(
      'cacheWith',
      ({ server, make, onError }) =>
        (options: CacheOptions = {}): Cache =>
          make({ cache: { location: locate(server), grace: '1h', onError, ...options } }).cache,
    )
    .extend('cache', ({ cacheWith }) => cacheWith())

  describe('a value past its ttl', () => {
    on('is served at once to all, while one load runs behind, whose value is there then', async ({ cache }) => {
      await keepStale(cache)
      const load = controlledLoader()
      const ask = (): Promise<unknown> => cache.getOrSet('k', load.loader)
      expect(await Promise.all(Array.from({ length: 100 }, ask))).toStrictEqual(Array(100).fill('stale'))
      await eventually(() => load.begun === 1)
      load.finish('fresh')
      await eventually(async () => (await ask()) === 'fresh')
      expect([load.begun, await cache.get('k')]).toStrictEqual([1, 'fresh'])
    })

    on('is an object of its own for each caller and for the loader', async ({ cache }) => {
      await keepStale(cache, { list: [1] })
      const stale: { list: number[] }[] = []
      const loader = (context: LoaderContext): Promise<never> => {
        stale.push(context.stale as { list: number[] })
        return new Promise(() => {})
      }
      const ask = (): Promise<{ list: number[] }> => cache.getOrSet('k', loader, { onAbandon: 'abort' })
      const served = [await ask(), await ask()]
      await eventually(() => stale.length === 1)
      const all = [...served, ...stale]
      for (const [n, { list }] of all.entries()) list.push(n)
      expect(all).toStrictEqual([{ list: [1, 0] }, { list: [1, 1] }, { list: [1, 2] }])
      cache.destroy()
    })

    on('is not served without a grace, and is loaded anew', async ({ cache }) => {
      await keepStale(cache)
      expect(await cache.getOrSet('k', ({ stale }) => [stale ?? 'none'], { grace: 0 })).toStrictEqual(['none'])
      expect(await cache.getOrSet('k', unwanted)).toStrictEqual(['none'])
    })

    on('is not served where the grace that the call allows is over', async ({ cache }) => {
      await keepStale(cache)
      const written = Date.now()
      await eventually(() => Date.now() > written + 1)
      expect(await cache.getOrSet('k', () => 'fresh', { grace: 1 })).toBe('fresh')
    })

    on('is removed when the loader finds that there is none', async ({ cache }) => {
      await keepStale(cache)
      expect(await cache.getOrSet('k', () => undefined)).toBe('stale')
      await eventually(async () => !(await cache.has('k')))
      expect(await cache.getOrSet('k', () => 'fresh')).toBe('fresh')
    })

    on('that does not fit the schema any more is no stale value', async ({ cache }) => {
      await keepStale(cache)
      const numbers = cache.typed({ key: () => 'k', schema: v.number() })
      expect(await numbers.getOrSet(0, () => 7)).toBe(7)
      expect(await numbers.get(0)).toBe(7)
    })
  })

  describe('with a loaderTimeout', () => {
    on('a loader that is in time is waited for', async ({ cache }) => {
      await keepStale(cache)
      expect(await cache.getOrSet('k', async () => 'fresh', { loaderTimeout: '1m' })).toBe('fresh')
    })

    on('the stale value is served after it, and the loader goes on', async ({ cache }) => {
      await keepStale(cache)
      const load = controlledLoader()
      const options: GetOrSetOptions = { loaderTimeout: 20, onAbandon: 'abort' }
      const asked = [cache.getOrSet('k', load.loader, options), cache.getOrSet('k', load.loader, options)]
      expect(await Promise.all(asked)).toStrictEqual(['stale', 'stale'])
      expect([load.begun, load.signal?.aborted]).toStrictEqual([1, false])
      load.finish('fresh')
      await eventually(async () => (await cache.get('k')) === 'fresh')
    })

    on('a shorter deadline counts, and ends in the stale value too', async ({ cache }) => {
      await keepStale(cache)
      const load = controlledLoader()
      const asked = cache.getOrSet('k', load.loader, { loaderTimeout: '1m', deadline: 500 })
      expect(await asked).toBe('stale')
      load.finish('fresh')
    })

    on('a signal ends the wait', async ({ cache }) => {
      await keepStale(cache)
      const [load, leaves] = [controlledLoader(), new AbortController()]
      const asked = rejection(cache.getOrSet('k', load.loader, { loaderTimeout: '1m', signal: leaves.signal }))
      await eventually(() => load.begun === 1)
      leaves.abort('had enough')
      expect(await asked).toMatchObject({ error: 'had enough' })
      load.finish('fresh')
      await eventually(async () => (await cache.get('k')) === 'fresh')
    })
  })

  describe('a loader that fails', () => {
    on(
      'is reported once, and the stale value is served without a load until the backoff is over',
      async ({ cacheWith, reports }) => {
        const cache = cacheWith({ graceBackoff: '1h', loaderTimeout: '1m' })
        await keepStale(cache)
        const load = controlledLoader()
        const ask = (): Promise<unknown> => cache.getOrSet('k', load.loader)
        const asked = [ask(), ask()]
        await eventually(() => load.begun === 1)
        load.fail(new Error('the database is away'))
        expect(await Promise.all(asked)).toStrictEqual(['stale', 'stale'])
        for (let n = 0; n < 20; n++) expect(await ask()).toBe('stale')
        expect(load.begun).toBe(1)
        expect(reports).toMatchObject([
          {
            error: { message: 'the database is away' },
            context: { kind: 'LOADER', operation: 'getOrSet', key: ':1:k' },
          },
        ])
      },
    )

    on('is called again after the backoff', async ({ cacheWith }) => {
      const cache = cacheWith({ graceBackoff: 1 })
      await keepStale(cache)
      let calls = 0
      const loader = (): string => {
        if (++calls < 4) throw new Error('not yet')
        return 'fresh'
      }
      await eventually(async () => (await cache.getOrSet('k', loader)) === 'fresh')
      expect(calls).toBe(4)
    })

    on('is the error of who has nothing stale', async ({ cache, reports }) => {
      await expect(cache.getOrSet('k', unwanted)).rejects.toThrow('not wanted')
      await expect(cache.getOrSet('k', unwanted)).rejects.toThrow('not wanted')
      expect(reports).toStrictEqual([])
    })
  })

  describe('a loaderDeadline', () => {
    on('ends the load of a cold key with an error, and its signal aborts', async ({ cache }) => {
      const load = controlledLoader()
      const { error } = await rejection(cache.getOrSet('k', load.loader, { loaderDeadline: 30 }))
      expect(error).toBeInstanceOf(CommandTimeoutError)
      expect(error).toMatchObject({ code: 'E_TIMEOUT', message: 'getOrSet: the loader has not ended within 30 ms.' })
      expect(load.signal?.reason).toBe(error)
      load.finish('too late')
      expect(await cache.getOrSet('k', () => 'fresh')).toBe('fresh')
    })

    on('ends in the stale value where there is one, and counts as a failure', async ({ cache, reports }) => {
      await keepStale(cache)
      const load = controlledLoader()
      const options: GetOrSetOptions = { loaderDeadline: 30, loaderTimeout: '1m', graceBackoff: '1h' }
      expect(await cache.getOrSet('k', load.loader, options)).toBe('stale')
      expect(load.signal?.aborted).toBe(true)
      expect(await cache.getOrSet('k', load.loader, options)).toBe('stale')
      expect([load.begun, reports.length]).toStrictEqual([1, 1])
      load.fail(new Error('too late'))
    })
  })

  describe('a negativeTtl', () => {
    on('remembers that there is nothing, for getOrSet alone', async ({ cacheWith }) => {
      const cache = cacheWith({ negativeTtl: '1h' })
      expect(await cache.getOrSet('k', () => undefined, { waitForWrite: true })).toBeUndefined()
      expect(await cache.getOrSet('k', unwanted)).toBeUndefined()
      expect(await cache.get('k')).toBeUndefined()
      expect(await cache.getOrSet('n', () => null, { waitForWrite: true })).toBeNull()
      expect(await cache.get('n')).toBeNull()
    })

    on('does not remember it longer', async ({ cacheWith }) => {
      const cache = cacheWith({ negativeTtl: 1 })
      await cache.getOrSet('k', () => undefined, { waitForWrite: true })
      const written = Date.now()
      await eventually(() => Date.now() > written + 1)
      expect(await cache.getOrSet('k', () => 'there')).toBe('there')
    })

    on('is not what a typed cache makes of a value that does not fit', async ({ cacheWith }) => {
      const cache = cacheWith({ negativeTtl: '1h' })
      const texts = cache.typed({ key: () => 'k', schema: v.string() })
      await cache.getOrSet('k', () => 7, { waitForWrite: true })
      expect(await texts.getOrSet(0, () => 'text')).toBe('text')
      await cache.getOrSet('k', () => undefined, { refresh: true, waitForWrite: true })
      expect(await texts.getOrSet(0, unwanted)).toBeUndefined()
    })
  })

  describe('refresh', () => {
    on('loads whatever is there, and overwrites it', async ({ cache }) => {
      await cache.set('k', 'old')
      expect(await cache.getOrSet('k', () => 'new', { refresh: true })).toBe('new')
      expect(await cache.get('k')).toBe('new')
      await cache.getOrSet('k', () => undefined, { refresh: true, waitForWrite: true })
      expect(await cache.has('k')).toBe(false)
    })

    for (const first of ['old', 'new'] as const)
      on(`wins over a load that began before, whichever ends first: ${first}`, async ({ cache }) => {
        const loads = { old: controlledLoader(), new: controlledLoader() }
        const early = cache.getOrSet('k', loads.old.loader)
        await eventually(() => loads.old.begun === 1)
        const asked = cache.getOrSet('k', loads.new.loader, { refresh: true })
        const later = cache.getOrSet('k', unwanted)
        await cache.ping()
        loads[first].finish(first)
        await (first === 'old' ? early : asked)
        for (const name of ['old', 'new'] as const) loads[name].finish(name)
        expect(await Promise.all([early, asked, later])).toStrictEqual(['old', 'new', 'new'])
        expect(await cache.get('k')).toBe('new')
      })

    on('rejects after close, and begins no load', async ({ cache }) => {
      await cache.close()
      await expect(cache.getOrSet('k', unwanted, { refresh: true })).rejects.toMatchObject({ code: 'E_CLOSED' })
    })
  })

  describe('what a loader says', () => {
    on('is how long its value is kept', async ({ cache }) => {
      await cache.getOrSet('k', ({ setTtl }) => (setTtl('1h'), 1), { waitForWrite: true })
      expect(await cache.ttl('k')).toBeGreaterThan(3_000_000)
      await cache.getOrSet('k', ({ setTtl }) => (setTtl(0), 1), { refresh: true, waitForWrite: true })
      await expect(cache.getOrSet('j', ({ setTtl }) => setTtl('soon' as never))).rejects.toThrow(ConfigurationError)
    })

    on('is that its value is not kept', async ({ cache }) => {
      const objects = await Promise.all([0, 1].map(() => cache.getOrSet('k', ({ skip }) => (skip(), { n: 1 }))))
      expect(objects).toStrictEqual([{ n: 1 }, { n: 1 }])
      expect(await cache.has('k')).toBe(false)
    })
  })

  describe('refreshAt', () => {
    on('loads behind a hit from its share of the ttl on, one load at a time', async ({ cacheWith }) => {
      const cache = cacheWith({ refreshAt: 0 })
      await cache.getOrSet('k', () => 'first', { waitForWrite: true })
      const load = controlledLoader()
      for (let n = 0; n < 10; n++) expect(await cache.getOrSet('k', load.loader)).toBe('first')
      expect(load.begun).toBe(1)
      load.finish('second')
      await eventually(async () => (await cache.get('k')) === 'second')
    })

    on('of two loads of what has no end the one that began last is kept', async ({ cache }) => {
      const [older, newer] = [controlledLoader(), controlledLoader()]
      await rejection(cache.getOrSet('k', older.loader, { ttl: null, deadline: 300 }))
      const asked = cache.getOrSet('k', newer.loader, { ttl: null, waitForWrite: true })
      await eventually(() => newer.begun === 1)
      older.finish('older')
      await eventually(async () => (await cache.get('k')) === 'older')
      newer.finish('newer')
      await asked
      expect(await cache.get('k')).toBe('newer')
    })

    on('loads nothing before, and nothing of what has no end', async ({ cacheWith }) => {
      const cache = cacheWith({ refreshAt: 0.5 })
      await cache.getOrSet('k', () => 'first', { waitForWrite: true, ttl: '1h' })
      await cache.getOrSet('j', () => 'first', { waitForWrite: true, ttl: null })
      expect(await cache.getOrSet('k', unwanted)).toBe('first')
      expect(await cache.getOrSet('j', unwanted, { refreshAt: 0 })).toBe('first')
    })

    on(
      'leaves a value alone whose loader fails, reports it, and waits for the backoff',
      async ({ cacheWith, reports }) => {
        const cache = cacheWith({ refreshAt: 0, graceBackoff: '1h' })
        await cache.getOrSet('k', () => 'first', { waitForWrite: true })
        for (let n = 0; n < 10; n++) expect(await cache.getOrSet('k', unwanted)).toBe('first')
        expect(reports).toMatchObject([{ context: { kind: 'LOADER' } }])
      },
    )

    on("loads at random where it is 'early', once a loader was measured", async ({ cacheWith }) => {
      const cache = cacheWith({ refreshAt: 'early' })
      const slow = controlledLoader()
      const measured = cache.getOrSet('slow', slow.loader)
      await eventually(() => slow.begun === 1)
      const begun = Date.now()
      await eventually(() => Date.now() > begun + 20)
      slow.finish(1)
      await measured
      await cache.getOrSet('k', () => 0, { ttl: '1h', waitForWrite: true })
      for (let n = 0; n < 20; n++) expect(await cache.getOrSet('k', unwanted)).toBe(0)
      let loads = 0
      await eventually(async () => {
        await cache.getOrSet('slow', () => ++loads, { ttl: 30, refresh: loads === 0 })
        return loads > 1
      })
    })
  })

  on('a load that nobody waits for any more goes on: others join it, and its value is kept', async ({ cache }) => {
    const [load, leaves] = [controlledLoader(), new AbortController()]
    const gone = rejection(cache.getOrSet('k', load.loader, { signal: leaves.signal }))
    await eventually(() => load.begun === 1)
    leaves.abort('had enough')
    await gone
    const joined = cache.getOrSet('k', unwanted)
    await cache.ping()
    load.finish('loaded')
    expect(await joined).toBe('loaded')
    expect(await cache.get('k')).toBe('loaded')
  })

  for (const order of [
    ['old', 'new'],
    ['new', 'old'],
  ] as const)
    on(`of two loads the one that began later is kept, when they end as ${order.join(', ')}`, async ({ cache }) => {
      const loads = { old: controlledLoader(), new: controlledLoader() }
      const patient = cache.getOrSet('k', loads.old.loader)
      await eventually(() => loads.old.begun === 1)
      await rejection(cache.getOrSet('k', unwanted, { deadline: 300 }))
      const asked = cache.getOrSet('k', loads.new.loader)
      await eventually(() => loads.new.begun === 1)
      for (const name of order) {
        loads[name].finish(name)
        await eventually(async () => (await cache.get('k')) === (name === 'old' ? order[0] : 'new'))
      }
      expect([await patient, await asked, await cache.get('k')]).toStrictEqual(['old', 'new', 'new'])
    })

  describe('the end of a cache', () => {
    on('close waits for loads and for what they write back', async ({ cacheWith, server, make }) => {
      const cache = cacheWith({ closeTimeout: '1m' })
      const [load, typed] = [controlledLoader(), cache.typed({ key: () => 'typed', schema: v.string() })]
      await keepStale(cache)
      await cache.getOrSet('k', load.loader)
      const waits = typed.getOrSet(0, load.loader as () => Promise<string>)
      await eventually(() => load.begun === 2)
      const closed = cache.close()
      load.finish('fresh')
      await closed
      expect(await waits).toBe('fresh')
      if (locate(server) === 'memory://') return
      const { other } = make({ other: { location: locate(server), format: 'framed' } })
      expect([...(await other.getMany(['k', 'typed'])).values()]).toStrictEqual(['fresh', 'fresh'])
    })

    on('close gives up loads that take longer than closeTimeout', async ({ cacheWith }) => {
      const cache = cacheWith({ closeTimeout: 50 })
      const load = controlledLoader()
      const waits = rejection(cache.getOrSet('k', load.loader))
      await eventually(() => load.begun === 1)
      await cache.close()
      expect(await waits).toMatchObject({ error: { code: 'E_CLOSED' } })
      expect(load.signal?.aborted).toBe(true)
      load.fail(new Error('nobody cares'))
    })

    on('destroy aborts loaders and rejects who waits, and nothing is reported', async ({ cache, reports }) => {
      await keepStale(cache)
      const load = controlledLoader()
      await cache.getOrSet('k', load.loader)
      const waits = rejection(cache.getOrSet('cold', load.loader))
      await eventually(() => load.begun === 2)
      const reason = new Error('over')
      cache.destroy(reason)
      expect(await waits).toMatchObject({ error: reason })
      expect(load.signal?.aborted).toBe(true)
      load.fail(new Error('nobody cares'))
      expect(reports).toStrictEqual([])
    })
  })

  on("format 'django' refuses what needs a frame, at its path", async ({ cacheWith }) => {
    const cache = cacheWith({ grace: undefined })
    for (const options of [{ grace: '1m' }, { refreshAt: 0.5 }, { negativeTtl: '1m' }] as const) {
      const { error } = await rejection(cache.getOrSet('k', unwanted, options))
      expect(error).toBeInstanceOf(ConfigurationError)
      expect(error).toMatchObject({
        path: `getOrSet().${Object.keys(options)[0]}`,
        message: expect.stringContaining("set format: 'framed' for this cache"),
      })
    }
    await expect(cache.getOrSet('k', unwanted, { onAbandon: 'never' as never })).rejects.toThrow("'finish' or 'abort'")
  })
})

test('what another process wrote meanwhile and is fresh is not overwritten by a load behind', async ({
  server,
  make,
}) => {
  const options: CacheOptions = { location: at(server), grace: '1h' }
  const { other } = make({ other: options })
  const writes = [
    () => other.getOrSet('k', () => 'newer', { refresh: true, waitForWrite: true }),
    () => other.set('k', 'newer'),
  ]
  for (const write of writes) {
    const { one } = make({ one: options })
    await keepStale(one)
    const load = controlledLoader()
    expect(await one.getOrSet('k', load.loader)).toBe('stale')
    await write()
    load.finish('older')
    await one.close()
    expect(await other.get('k')).toBe('newer')
  }
})
