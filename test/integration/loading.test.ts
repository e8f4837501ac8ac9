import { getEventListeners } from 'node:events'
import fc from 'fast-check'
import { describe, expect } from 'vitest'
import {
  CodecError,
  CommandTimeoutError,
  createCaches,
  type Cache,
  type CacheOptions,
  type GetOrSetOptions,
  type LoaderContext,
  type ReportContext,
} from '../../src/index.js'
import { writePickle } from '../../src/codec/serializers/pickle/writer.js'
import { PyHerdMarker, PyTuple } from '../../src/codec/serializers/pickle/index.js'
import { eventually, type LabServer } from '../../src/lab/index.js'
import * as v from 'valibot'
import { at, callsOf, test as base } from '../support/caches.js'
import { controlledLoader, type ControlledLoader } from '../support/controlled-loader.js'
import { rejection } from '../support/rejection.js'

const test = base
  // oxlint-disable-next-line no-empty-pattern -- vitest reads a fixture's needs from this pattern
  .extend('reports', ({}): { readonly error: unknown; readonly context: ReportContext }[] => [])
  .extend('reporting', ({ reports }) => ({
    onError: (error: unknown, context: ReportContext) => void reports.push({ error, context }),
  }))
  .extend('group', { scope: 'file' }, ({ lab }) => lab.group({ replicas: 1, sentinels: 0 }))
  /** A cache whose reads are served, and whose writes wait until `thaw`: its primary is frozen, and known to be. */
  .extend('halfFrozen', async ({ group, make, reporting }, { onCleanup }) => {
    const primary = await group.primary()
    onCleanup(() => primary.resume())
    const cacheWith = async (options: CacheOptions = {}): Promise<Cache> => {
      const { cache } = make({ cache: { location: group.location, writeDeadline: '1m', ...reporting, ...options } })
      await cache.set('there', 1, { deadline: '30s' })
      await eventually(async () => (await cache.get('there', { readFrom: 'replica' })) === 1)
      primary.pause()
      await eventually(() => cache.topology().nodes.some(({ state }) => state === 'stalled'))
      return cache
    }
    return { cacheWith, primary, thaw: () => primary.resume() }
  })

/** Where a cache of this file lives. */
const places: readonly [where: string, locate: (server: LabServer) => string][] = [
  ['memory://', () => 'memory://'],
  ['a server', (server) => at(server)],
]

const never = (): Promise<never> => new Promise<never>(() => {})
const unwanted = (): never => {
  throw new Error('this loader is not wanted')
}
const count = v.object({ n: v.number() })

/** Everything that changes the key `k`, or may. */
const changes: readonly [what: string, change: (cache: Cache) => Promise<unknown>][] = [
  ['set', (cache) => cache.set('k', 'set')],
  ['a set that xx refuses', (cache) => cache.set('k', 'set', { xx: true })],
  ['set with a ttl of 0', (cache) => cache.set('k', 'set', { ttl: 0 })],
  ['add', (cache) => cache.add('k', 'added')],
  ['setMany', (cache) => cache.setMany({ j: 1, k: 'many' })],
  ['delete', (cache) => cache.delete('k')],
  ['deleteMany', (cache) => cache.deleteMany(['j', 'k'])],
  ['deletePattern', (cache) => cache.deletePattern('k*')],
  ['clear', (cache) => cache.clear()],
  ['flushDb', (cache) => cache.flushDb()],
  ['incr', (cache) => cache.incr('k', 1, { create: true })],
  ['decr of what is not there', (cache) => cache.decr('k').catch(() => {})],
  ['touch', (cache) => cache.touch('k')],
  ['expire', (cache) => cache.expire('k', '1m')],
  ['expireAt', (cache) => cache.expireAt('k', new Date(Date.now() + 60_000))],
  ['persist', (cache) => cache.persist('k')],
  ['incrVersion, to another version', (cache) => cache.incrVersion('k').catch(() => {})],
  ['incrVersion, from another version', (cache) => cache.incrVersion('k', 1, { version: 0 }).catch(() => {})],
  ['sadd', (cache) => cache.sadd('k', [1])],
  ['hset', (cache) => cache.hset('k', { f: 1 })],
  ['a pipeline', (cache) => cache.pipeline((p) => [p.get('k'), p.set('k', 'piped')])],
  ['a command', (cache) => cache.command(['SET', 'k', '"commanded"'], { key: 1 })],
  ['a command on a key as it is', (cache) => cache.command(['DEL', Buffer.from(cache.makeKey('k'))])],
  ['FLUSHALL', (cache) => cache.command(['FLUSHALL'])],
  ['delete of a typed cache', (cache) => cache.typed({ key: () => 'k', schema: count }).delete(0)],
  ['a lock', (cache) => cache.lock('k').run(() => {})],
]

/** What leaves the key `k` as it is. */
const others: readonly [what: string, run: (cache: Cache) => Promise<unknown>][] = [
  ['get', (cache) => cache.get('k')],
  ['getMany', (cache) => cache.getMany(['k', 'j'])],
  ['has', (cache) => cache.has('k')],
  ['ttl', (cache) => cache.ttl('k')],
  ['keys', (cache) => cache.keys('*')],
  ['a write of another key', (cache) => cache.set('kk', 'k')],
  ['a write of another version', (cache) => cache.delete('k', { version: 2 })],
  ['a pattern that it does not fit', (cache) => cache.deletePattern('kk*')],
  ['a command on another key', (cache) => cache.command(['SET', 'kk', 'k'])],
]

describe.each(places)('on %s', (_, locate) => {
  const on = test.extend('cache', ({ server, make }) => make({ cache: { location: locate(server) } }).cache)

  describe('a load whose key is written meanwhile', () => {
    on.for(changes)('answers those who wait and is not written back: %s', async ([, change], { cache }) => {
      const load = controlledLoader()
      const asked = cache.getOrSet('k', load.loader)
      await eventually(() => load.begun === 1)
      await change(cache)
      load.finish('old')
      expect(await asked).toBe('old')
      expect(load.signal?.aborted).toBe(false)
      expect(await cache.get('k')).not.toBe('old')
    })

    on('takes no new callers: the value is loaded anew, and kept', async ({ cache }) => {
      const [old, fresh] = [controlledLoader(), controlledLoader()]
      const early = cache.getOrSet('k', old.loader)
      await eventually(() => old.begun === 1)
      await cache.delete('k')
      const late = [cache.getOrSet('k', fresh.loader), cache.getOrSet('k', unwanted)]
      await eventually(() => fresh.begun === 1)
      fresh.finish('new')
      expect(await Promise.all(late)).toStrictEqual(['new', 'new'])
      old.finish('old')
      expect(await early).toBe('old')
      expect(await cache.getOrSet('k', unwanted)).toBe('new')
    })

    on('is written back all the same when something else is done', async ({ cache }) => {
      for (const [what, run] of others) {
        const load = controlledLoader()
        const asked = cache.getOrSet('k', load.loader)
        await eventually(() => load.begun === 1)
        await run(cache)
        load.finish('loaded')
        expect([what, await asked]).toStrictEqual([what, 'loaded'])
        expect([what, await cache.get('k')]).toStrictEqual([what, 'loaded'])
        await cache.delete('k')
      }
    })
  })

  on('a value that was written between the look and the load stays', async ({ cache }) => {
    const load = controlledLoader()
    const [asked] = [cache.getOrSet('k', load.loader), cache.set('k', 'set')]
    await cache.get('k')
    load.finish('loaded')
    await asked
    expect(await cache.get('k')).toBe('set')
  })

  on('a delete after the value was handed over deletes it', async ({ cache }) => {
    for (let n = 0; n < 200; n++) {
      expect(await cache.getOrSet('k', () => n)).toBe(n)
      await cache.delete('k')
      expect(await cache.has('k')).toBe(false)
    }
  })

  describe("an abandoned load with onAbandon: 'abort'", () => {
    on('is forgotten, and not written back', async ({ cache }) => {
      const [old, fresh, leaves] = [controlledLoader(), controlledLoader(), new AbortController()]
      const gone = rejection(cache.getOrSet('k', old.loader, { signal: leaves.signal, onAbandon: 'abort' }))
      await eventually(() => old.begun === 1)
      leaves.abort('had enough')
      expect(await gone).toMatchObject({ error: 'had enough' })
      expect(old.signal?.aborted).toBe(true)
      const asked = cache.getOrSet('k', fresh.loader)
      await eventually(() => fresh.begun === 1)
      fresh.finish('new')
      expect(await asked).toBe('new')
      old.finish('old')
      expect(await cache.getOrSet('k', unwanted)).toBe('new')
    })

    on('has an aborted signal, also for a loader that asks for it only then', async ({ cache }) => {
      const [late, leaves] = [controlledLoader(), new AbortController()]
      let aborted: boolean | undefined
      const loader = async (context: LoaderContext): Promise<void> => {
        await late.loader(leaves)
        aborted = context.signal.aborted
      }
      const gone = rejection(cache.getOrSet('k', loader, { signal: leaves.signal, onAbandon: 'abort' }))
      await eventually(() => late.begun === 1)
      leaves.abort('had enough')
      await gone
      late.finish('too late')
      await eventually(() => aborted === true)
    })

    on('may fail, and nobody hears of it', async ({ cache }) => {
      const load = controlledLoader()
      const leaves = new AbortController()
      const gone = rejection(cache.getOrSet('k', load.loader, { signal: leaves.signal, onAbandon: 'abort' }))
      await eventually(() => load.begun === 1)
      leaves.abort('had enough')
      await gone
      load.fail(new Error('nobody cares'))
      expect(await cache.getOrSet('k', () => 'fine')).toBe('fine')
    })
  })

  describe('a load', () => {
    on('is shared by all who ask at the same time, and leaves no listener on their signals', async ({ cache }) => {
      const [load, stays] = [controlledLoader(), new AbortController()]
      const asked = Array.from({ length: 100 }, () => cache.getOrSet('k', load.loader, { signal: stays.signal }))
      await eventually(() => load.begun === 1)
      load.finish(1)
      expect(new Set(await Promise.all(asked))).toStrictEqual(new Set([1]))
      expect([load.begun, getEventListeners(stays.signal, 'abort').length]).toStrictEqual([1, 0])
      expect(load.signal?.aborted).toBe(false)
    })

    on('that throws at once is forgotten, and so is its error', async ({ cache }) => {
      await expect(cache.getOrSet('k', unwanted)).rejects.toThrow('not wanted')
      expect(await cache.getOrSet('k', () => 'fine')).toBe('fine')
    })

    on('does not begin for a caller whose signal has aborted', async ({ cache }) => {
      const load = controlledLoader()
      const gone = cache.getOrSet('k', load.loader, { signal: AbortSignal.abort('too late') })
      expect(await rejection(gone)).toMatchObject({ error: 'too late' })
      expect(load.begun).toBe(0)
    })
  })

  describe('a deadline', () => {
    // The look at the server, which has half of it, is over before the loader begins.
    on('bounds the loader, and a later caller is served', async ({ cache }) => {
      await cache.ping()
      const { error } = await rejection(cache.getOrSet('k', never, { deadline: '300ms', onAbandon: 'abort' }))
      expect(error).toBeInstanceOf(CommandTimeoutError)
      expect(error).toMatchObject({
        code: 'E_TIMEOUT',
        command: 'getOrSet',
        message: 'getOrSet: the loader has not ended within 300 ms.',
        sent: false,
      })
      expect(await cache.getOrSet('k', () => 'works')).toBe('works')
    })

    on("that is over aborts the loader when nobody else waits, with onAbandon: 'abort'", async ({ cache }) => {
      await cache.ping()
      const load = controlledLoader()
      await rejection(cache.getOrSet('k', load.loader, { deadline: '300ms', onAbandon: 'abort' }))
      expect(load.signal?.aborted).toBe(true)
    })

    on('that is over ends one wait; others get the value, which is kept', async ({ cache }) => {
      const load = controlledLoader()
      const patient = cache.getOrSet('k', load.loader)
      await eventually(() => load.begun === 1)
      await rejection(cache.getOrSet('k', unwanted, { deadline: '50ms' }))
      expect(await cache.getOrSet('k', () => 'works', { ttl: 0 })).toBe('works')
      expect(load.signal?.aborted).toBe(false)
      load.finish('late')
      expect(await patient).toBe('late')
      expect(await cache.getOrSet('k', unwanted)).toBe('late')
    })

    on('that is over does not save a load from a delete', async ({ cache }) => {
      const load = controlledLoader()
      const patient = cache.getOrSet('k', load.loader)
      await eventually(() => load.begun === 1)
      await rejection(cache.getOrSet('k', unwanted, { deadline: '50ms' }))
      await cache.delete('k')
      load.finish('old')
      expect(await patient).toBe('old')
      expect(await cache.has('k')).toBe(false)
    })

    on('leaves a loader that is in time alone', async ({ cache }) => {
      expect(await cache.getOrSet('k', async () => 'works', { deadline: '1m' })).toBe('works')
      expect(await cache.getOrSet('k', unwanted, { deadline: '1m' })).toBe('works')
    })

    on('is not the readDeadline, which the loader may outlast', async ({ server, make }) => {
      const { short } = make({ short: { location: locate(server), readDeadline: 30 } })
      await short.getOrSet('warm', () => 1)
      const load = controlledLoader()
      const asked = short.getOrSet('k', load.loader)
      await eventually(() => load.begun === 1)
      await rejection(short.getOrSet('k', unwanted, { deadline: 60 }))
      load.finish('late')
      expect(await asked).toBe('late')
    })
  })

  describe('callers of one load', () => {
    const ask = (cache: Cache, options: readonly GetOrSetOptions[]): Promise<{ list: number[] }[]> => {
      const load = controlledLoader()
      const asked = options.map((one) => cache.getOrSet('k', load.loader, one) as Promise<{ list: number[] }>)
      void eventually(() => load.begun === 1).then(() => load.finish({ list: [1] }))
      return Promise.all(asked)
    }

    on('have an object of their own each', async ({ cache }) => {
      const values = await ask(cache, [{}, {}, {}])
      for (const [n, value] of values.entries()) value.list.push(n)
      expect(values).toStrictEqual([{ list: [1, 0] }, { list: [1, 1] }, { list: [1, 2] }])
      expect(await cache.get('k')).toStrictEqual({ list: [1] })
    })

    on('share one where they say so, which nobody else has', async ({ cache }) => {
      const [own, one, other, last] = await ask(cache, [{}, { share: true }, { share: true }, {}])
      expect(one).toBe(other)
      expect(new Set([own, one, last]).size).toBe(3)
    })

    on('have the value though it is not kept', async ({ cache }) => {
      const [one, other] = await ask(cache, [{ ttl: 0 }, {}])
      expect([one, other]).toStrictEqual([{ list: [1] }, { list: [1] }])
      expect(one).not.toBe(other)
      expect(await cache.has('k')).toBe(false)
    })

    on('all hear that it cannot be written', async ({ cache }) => {
      const load = controlledLoader()
      const asked = [0, 1].map(() => rejection(cache.getOrSet('k', load.loader)))
      await eventually(() => load.begun === 1)
      load.finish({ n: 10n ** 30n, f: () => 1, big: 1n })
      for (const outcome of asked) expect((await outcome).error).toBeInstanceOf(CodecError)
      expect(await cache.getOrSet('k', () => 'fine')).toBe('fine')
    })

    on('of a typed cache have what the schema makes of it, each for itself', async ({ cache }) => {
      const dated = cache.typed({
        key: (id: number) => `dated:${id}`,
        schema: v.object({
          at: v.pipe(
            v.string(),
            v.transform((text) => new Date(text)),
          ),
        }),
      })
      const make = async (): Promise<{ at: string }> => ({ at: '2026-01-01T00:00:00.000Z' })
      const [one, other, third] = await Promise.all([dated.getOrSet(1, make), dated.getOrSet(1, make), dated.get(1)])
      expect([one, other, third]).toStrictEqual([one, one, undefined])
      expect(one.at).toBeInstanceOf(Date)
      expect(one).not.toBe(other)
    })

    on('of a typed cache and of the plain one do not get the value of the other kind', async ({ cache }) => {
      const [plain, counts] = [controlledLoader(), cache.typed({ key: () => 'k', schema: count })]
      const any = cache.getOrSet('k', plain.loader)
      const typed = counts.getOrSet(0, () => ({ n: 1 }))
      plain.finish('any')
      expect(await Promise.all([any, typed])).toStrictEqual(['any', { n: 1 }])
    })
  })
})

/** One step of a sequence; `finish` ends the oldest loader that runs. */
type Step = 'load' | 'finish' | 'fail' | 'leave' | 'set' | 'delete'
const step = fc.constantFrom<Step>('load', 'load', 'finish', 'fail', 'leave', 'set', 'delete')

/** A load that the test ends. Its value says how many writes had been made when the loader began. */
interface OpenLoad {
  readonly finish: () => void
  readonly fail: () => void
}

/** The value of every load and write is the number of writes made before it began: it must never go back. */
async function replay(cache: Cache, steps: readonly Step[]): Promise<void> {
  let writes = 0
  const open: OpenLoad[] = []
  const waiting: AbortController[] = []
  const settled: Promise<unknown>[] = []
  const loader = (): Promise<number> => {
    const seen = writes
    return new Promise((resolve, reject) => open.push({ finish: () => resolve(seen), fail: () => reject(new Error()) }))
  }
  const load = async (): Promise<void> => {
    const [caller, begun] = [new AbortController(), open.length]
    waiting.push(caller)
    const asked = cache.getOrSet<number>('k', loader, { signal: caller.signal })
    settled.push(asked.catch(() => {}))
    await Promise.race([asked.catch(() => {}), eventually(() => open.length > begun, { interval: 1 }), cache.ping()])
  }
  const run: Readonly<Record<Step, () => unknown>> = {
    load,
    finish: () => open.shift()?.finish(),
    fail: () => open.shift()?.fail(),
    leave: () => waiting.shift()?.abort(),
    set: () => cache.set('k', ++writes),
    delete: () => (writes++, cache.delete('k')),
  }
  for (const one of steps) {
    await run[one]()
    const value = await cache.get<number>('k')
    if (value !== undefined) expect(value).toBe(writes)
  }
  for (const { finish } of open) finish()
  await Promise.all(settled)
  const value = await cache.get<number>('k')
  if (value !== undefined) expect(value).toBe(writes)
}

test('loads, writes and deletes in any order never leave what is older than the last write', async ({ make }) => {
  const { cache } = make({ cache: { location: 'memory://' } })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 12 }), async (steps) => {
      await cache.delete('k')
      await replay(cache, steps)
    }),
    { numRuns: 300 },
  )
})

describe('while the primary takes no writes and replicas are read', () => {
  test('values are handed over, once loaded for all who ask meanwhile, and kept in the end', async ({ halfFrozen }) => {
    const cache = await halfFrozen.cacheWith()
    const keys = Array.from({ length: 10 }, (_, n) => `k${n}`)
    for (const key of keys) expect(await cache.getOrSet(key, () => ({ key }))).toStrictEqual({ key })
    for (const key of keys) expect(await cache.getOrSet(key, unwanted)).toStrictEqual({ key })
    const [one, other] = [await cache.getOrSet('k0', unwanted), await cache.getOrSet('k0', unwanted)]
    expect(one).not.toBe(other)
    halfFrozen.thaw()
    await eventually(async () => (await cache.getMany(keys, { readFrom: 'primary' })).size === keys.length)
  })

  test('who needs it kept waits for that, within a deadline', async ({ halfFrozen }) => {
    const cache = await halfFrozen.cacheWith()
    const kept = cache.getOrSet('needed', () => 'loaded', { waitForWrite: true })
    expect(await cache.getOrSet('needed', unwanted)).toBe('loaded')
    const { error } = await rejection(cache.getOrSet('needed', unwanted, { waitForWrite: true, deadline: 100 }))
    expect(error).toMatchObject({
      code: 'E_TIMEOUT',
      message: 'getOrSet: what was loaded is not written back within 100 ms.',
      sent: true,
    })
    halfFrozen.thaw()
    expect(await kept).toBe('loaded')
    expect(await cache.get('needed', { readFrom: 'primary' })).toBe('loaded')
  })

  test('a delete meanwhile wins, and close waits for what is written back', async ({ halfFrozen }) => {
    const cache = await halfFrozen.cacheWith({ closeTimeout: '1m' })
    await cache.getOrSet('kept', () => 'loaded')
    await cache.getOrSet('deleted', () => 'loaded')
    const deleted = cache.delete('deleted')
    const closed = cache.close()
    halfFrozen.thaw()
    await Promise.all([deleted, closed])
    expect(await halfFrozen.primary.command('MGET', ':1:kept', ':1:deleted')).toStrictEqual(['"loaded"', null])
  })

  test('a write back that fails is reported, and then the value is loaded anew', async ({ halfFrozen, reports }) => {
    const cache = await halfFrozen.cacheWith({ writeDeadline: '200ms' })
    expect(await cache.getOrSet('failed', () => 'one')).toBe('one')
    await eventually(() => reports.length > 0)
    expect(reports).toMatchObject([{ context: { kind: 'OUTAGE', operation: 'getOrSet' } }])
    expect(await cache.getOrSet('failed', () => 'two')).toBe('two')
  })
})

test('a write back that the server refuses is reported, and an error for who waits for it', async ({
  ownServer,
  make,
  reporting,
  reports,
}) => {
  await ownServer.command('ACL', 'SETUSER', 'reader', 'on', '>secret', '~*', '+@connection', '+get', '+mget')
  const { cache } = make({ cache: { location: at(ownServer), username: 'reader', password: 'secret', ...reporting } })
  const waits = { waitForWrite: true } as const
  await expect(cache.getOrSet('k', () => 1, waits)).rejects.toMatchObject({ code: 'E_AUTH' })
  await expect(cache.getOrSetMany(['k'], () => [['k', 1]], waits)).rejects.toMatchObject({ code: 'E_AUTH' })
  expect(reports).toStrictEqual([])
  expect(await cache.getOrSet('k', () => 2)).toBe(2)
  await eventually(() => reports.length > 0)
  expect(reports).toMatchObject([{ error: { code: 'E_AUTH' }, context: { kind: 'WRITE_BACK', key: ':1:k' } }])
})

test('a look that a frozen server does not answer takes half of a deadline, and the loader has the rest', async ({
  ownServer,
  make,
}) => {
  const { cache } = make({ cache: { location: at(ownServer) } })
  await cache.ping()
  ownServer.pause()
  expect(await cache.getOrSet('k', () => 'loaded', { deadline: '200ms' })).toBe('loaded')
})

test('what an own connection may have written is not written over', async ({ cache }) => {
  const load = controlledLoader()
  const asked = cache.getOrSet('k', load.loader)
  await eventually(() => load.begun === 1)
  await cache.use((connection) => connection.command(['DEL', cache.makeKey('k')]))
  load.finish('old')
  await asked
  expect(await cache.has('k')).toBe(false)
})

test('what a loader writes before its first wait is known to its own load', async ({ cache }) => {
  const load = (): string => {
    void cache.delete('k')
    return 'old'
  }
  expect(await cache.getOrSet('k', load, { waitForWrite: true })).toBe('old')
  expect(await cache.has('k')).toBe(false)
})

test.for<[what: string, options: CacheOptions]>([
  ['values without frames', {}],
  ['values without an end, in frames', { grace: '1h', ttl: null }],
  ['values with a grace', { grace: '1h', ttl: '1h' }],
])(
  'of two loads the newer replaces the value of the older, and nothing that another process wrote: %s',
  async ([, options], { server, make }) => {
    const { one, other } = make({ one: {}, other: {} }, { location: at(server), ...options })
    await Promise.all([one.ping(), other.ping()])
    for (const written of [undefined, 'first', 'between'] as const) {
      const [older, newer] = [controlledLoader(), controlledLoader()]
      await expect(one.getOrSet('k', older.loader, { deadline: 300 })).rejects.toMatchObject({ code: 'E_TIMEOUT' })
      const asked = one.getOrSet('k', newer.loader, { waitForWrite: true })
      await eventually(() => newer.begun === 1)
      if (written === 'first') await other.set('k', written)
      older.finish('older')
      if (written !== 'first') await eventually(async () => (await other.get('k')) === 'older')
      if (written === 'between') await other.set('k', written)
      newer.finish('newer')
      expect(await asked).toBe('newer')
      expect(await other.get('k')).toBe(written ?? 'newer')
      await one.delete('k')
    }
  },
)

const dueTuple = writePickle(PyTuple.of(new PyHerdMarker(), 'due', 1), 4)

test.for<[what: string, options: CacheOptions, stored: string | Buffer]>([
  ['text that is no JSON', {}, 'no JSON'],
  ['what is no value of its serializer, beside frames', { grace: '1h', ttl: '1h' }, 'no JSON'],
  ['what is due in a herd cache that Django reads', { herd: true, serializer: 'pickle', ttl: '1h' }, dueTuple],
])(
  'a load replaces the very value that was of no use, and nothing that another process wrote: %s',
  async ([, options, stored], { server, make }) => {
    const { one, other } = make({ one: {}, other: {} }, { location: at(server), ...options })
    const calls: readonly ((load: ControlledLoader) => Promise<unknown>)[] = [
      ({ loader }) => one.getOrSet('k', loader, { waitForWrite: true }),
      ({ loader }) =>
        one.getOrSetMany(['k'], async () => new Map([['k', await loader({ signal: new AbortController().signal })]]), {
          waitForWrite: true,
        }),
    ]
    for (const call of calls)
      for (const written of [undefined, 'between']) {
        await other.command(['SET', other.makeKey('k'), stored])
        const load = controlledLoader()
        const asked = call(load)
        await eventually(() => load.begun === 1)
        if (written !== undefined) await other.set('k', written)
        load.finish('loaded')
        await asked
        expect(await other.get('k')).toBe(written ?? 'loaded')
      }
  },
)

test('a load replaces text that is no UTF-8', async ({ cache }) => {
  await cache.command(['SET', cache.makeKey('k'), Buffer.from([0x80, 4, 0xff])])
  expect(await cache.getOrSet('k', () => 'loaded', { waitForWrite: true })).toBe('loaded')
  expect(await cache.get('k')).toBe('loaded')
})

test('of two loads the newer one is kept, when both end together and when it finds nothing', async ({ cache }) => {
  for (const value of ['newer', undefined]) {
    const [older, newer] = [controlledLoader(), controlledLoader()]
    await expect(cache.getOrSet('k', older.loader, { deadline: 300 })).rejects.toMatchObject({ code: 'E_TIMEOUT' })
    const asked = cache.getOrSet('k', newer.loader, { waitForWrite: true })
    await eventually(() => newer.begun === 1)
    older.finish('older')
    if (value === undefined) await eventually(() => cache.has('k'))
    newer.finish(value)
    expect(await asked).toBe(value)
    expect(await cache.get('k')).toBe(value)
    await cache.delete('k')
  }
})

test.for([{}, { grace: '1h', ttl: '1h' }] satisfies CacheOptions[])(
  'of three loads the newest is kept when the write of the second has failed: %o',
  async (options, { ownServer, make, reporting, reports }) => {
    const setRights = (...rights: string[]): Promise<unknown> =>
      ownServer.command('ACL', 'SETUSER', 'loader', 'on', '>secret', '~*', '&*', '+@all', ...rights)
    await setRights()
    const user = { location: at(ownServer), username: 'loader', password: 'secret' }
    const { cache } = make({ cache: { ...user, ...reporting, ...options } })
    await cache.ping()
    const [older, middle, newest] = [controlledLoader(), controlledLoader(), controlledLoader()]
    for (const { loader } of [older, middle])
      await expect(cache.getOrSet('k', loader, { deadline: 300 })).rejects.toMatchObject({ code: 'E_TIMEOUT' })
    const asked = cache.getOrSet('k', newest.loader, { waitForWrite: true })
    await eventually(() => newest.begun === 1)
    older.finish('older')
    await eventually(async () => (await cache.get('k')) === 'older')
    await setRights('-@scripting')
    middle.finish('middle')
    await eventually(() => reports.length > 0)
    await setRights()
    newest.finish('newest')
    expect(await asked).toBe('newest')
    expect(await cache.get('k')).toBe('newest')
  },
)

test('a hit costs one command, and no more than a get', async ({ ownServer, make }) => {
  const { cache } = make({ cache: { location: at(ownServer) } })
  await cache.set('k', { n: 1 })
  const before = await callsOf(ownServer, 'get')
  for (let n = 0; n < 10; n++) expect(await cache.getOrSet('k', unwanted)).toStrictEqual({ n: 1 })
  expect((await callsOf(ownServer, 'get')) - before).toBe(10)
})

test('caches of their own do not hear of each other', async () => {
  await using caches = createCaches({ one: {}, other: {} }, { location: 'memory://' })
  const load = controlledLoader()
  const asked = caches.one.getOrSet('k', load.loader)
  await eventually(() => load.begun === 1)
  await caches.other.delete('k')
  load.finish('loaded')
  await asked
  expect(await caches.one.get('k')).toBe('loaded')
})
