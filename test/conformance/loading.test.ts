import { describe, expect } from 'vitest'
import * as z from 'zod'
import {
  ConfigurationError,
  KeyError,
  SchemaError,
  type Cache,
  type CacheError,
  type Key,
  type ManyLoaderContext,
  type ReportContext,
} from '../../src/index.js'
import { eventually } from '../../src/lab/index.js'
import { at, callsOf, test as base } from '../support/caches.js'
import { describeDeployments } from '../support/conformance.js'
import { controlledLoader } from '../support/controlled-loader.js'
import { ownClient } from '../support/own-client.js'
import { rejection } from '../support/rejection.js'

const unwanted = (): never => {
  throw new Error('this loader is not wanted')
}

/** Notes what it was asked for, and gives each key with what `make` makes of it. */
function loaderOf(make: (key: Key) => unknown = (key) => `loaded ${key}`): {
  readonly asked: Key[][]
  readonly load: (missing: Key[]) => Promise<[Key, unknown][]>
} {
  const asked: Key[][] = []
  const load = async (missing: Key[]): Promise<[Key, unknown][]> => {
    asked.push(missing)
    return missing.map((key) => [key, make(key)])
  }
  return { asked, load }
}

/** Lets many values become stale: their ttl is over, and their grace is not. */
async function keepStale(cache: Cache, keys: readonly string[]): Promise<void> {
  const options = { ttl: 1, grace: '1h', refresh: true, waitForWrite: true } as const
  await cache.getOrSetMany(keys, (missing) => missing.map((key) => [key, `stale ${key}`]), options)
  await eventually(async () => (await cache.getMany(keys)).size === 0)
}

describeDeployments((test) => {
  describe('getOrSetMany', () => {
    const framed = test.extend('cache', ({ cacheWith }) => cacheWith({ grace: '1h' }))

    test('what is missing is loaded in one call and kept, and the answer is in the order asked', async ({ cache }) => {
      await cache.setMany({ b: 'there', d: null })
      const { asked, load } = loaderOf((key) => (key === 'none' ? undefined : { of: key }))
      const keys = ['a', 'b', 'none', 3, 'd', 'a']
      const found = await cache.getOrSetMany(keys, load, { ttl: '1m', waitForWrite: true })
      expect(asked).toStrictEqual([['a', 'none', 3]])
      expect([...found]).toStrictEqual([
        ['a', { of: 'a' }],
        ['b', 'there'],
        [3, { of: 3 }],
        ['d', null],
      ])
      expect(await cache.getMany(keys)).toStrictEqual(found)
      expect(await cache.ttl('a')).toBeLessThanOrEqual(60_000)
      expect(await cache.getOrSetMany(['a', 'b', 'd'], unwanted)).toStrictEqual(
        new Map<string, unknown>([
          ['a', { of: 'a' }],
          ['b', 'there'],
          ['d', null],
        ]),
      )
      expect(await cache.getOrSetMany([], unwanted)).toStrictEqual(new Map())
    })

    test('many more than a portion are loaded in one call, and all are kept', async ({ cache }) => {
      const { asked, load } = loaderOf()
      const keys = Array.from({ length: 1_100 }, (_, index) => `k${index}`)
      const found = await cache.getOrSetMany(keys, load, { waitForWrite: true })
      expect([asked.length, found.size, found.get('k1099')]).toStrictEqual([1, 1_100, 'loaded k1099'])
      expect(await cache.getMany(keys)).toStrictEqual(found)
    })

    test('a key that is being loaded is joined', async ({ cache }) => {
      const [one, many] = [controlledLoader(), controlledLoader()]
      const first = cache.getOrSet('a', one.loader)
      await eventually(() => one.begun === 1)
      const { asked, load } = loaderOf()
      const both = cache.getOrSetMany(['a', 'b'], async (missing, context) => {
        await many.loader(context as never)
        return load(missing)
      })
      await eventually(() => many.begun === 1)
      one.finish('of one')
      many.finish(undefined)
      expect(await first).toBe('of one')
      expect([...(await both).values()]).toStrictEqual(['of one', 'loaded b'])
      expect(asked).toStrictEqual([['b']])
    })

    test('what is written or deleted meanwhile is not kept, the others are', async ({ cache }) => {
      const gate = controlledLoader()
      const loading = cache.getOrSetMany(
        ['set', 'deleted', 'left'],
        async (missing, context) => {
          await gate.loader(context as never)
          return missing.map((key) => [key, 'old'])
        },
        { waitForWrite: true },
      )
      await eventually(() => gate.begun === 1)
      await cache.set('set', 'new')
      await cache.delete('deleted')
      gate.finish(undefined)
      expect([...(await loading).values()]).toStrictEqual(['old', 'old', 'old'])
      expect([...(await cache.getMany(['set', 'deleted', 'left']))]).toStrictEqual([
        ['set', 'new'],
        ['left', 'old'],
      ])
    })

    test('an error of the loader reaches the caller, and the next call loads again', async ({ cache }) => {
      await cache.set('a', 1)
      await expect(cache.getOrSetMany(['a', 'b', 'c'], unwanted)).rejects.toThrow('not wanted')
      await expect(cache.getOrSetMany(['b'], () => [['B', 1]])).rejects.toBeInstanceOf(KeyError)
      await expect(cache.getOrSetMany(['b'], () => 5 as never)).rejects.toBeInstanceOf(TypeError)
      await expect(cache.getOrSetMany(['b'], () => [['b', () => {}]])).rejects.toBeInstanceOf(TypeError)
      expect([...(await cache.getOrSetMany(['a', 'b'], loaderOf().load)).values()]).toStrictEqual([1, 'loaded b'])
    })

    test('the loader says of each key how long it is kept, or that it is not', async ({ cache }) => {
      const load = (missing: Key[], { setTtl, skip }: ManyLoaderContext): [Key, string][] => {
        setTtl('1m')
        setTtl('1h', 'long')
        skip('skipped')
        expect(() => skip('other')).toThrow(KeyError)
        return missing.map((key) => [key, 'loaded'])
      }
      expect((await cache.getOrSetMany(['long', 'short', 'skipped'], load, { waitForWrite: true })).size).toBe(3)
      const [long, short] = [(await cache.ttl('long')) ?? 0, (await cache.ttl('short')) ?? 0]
      expect([short > 0, short <= 60_000, long > 60_000, await cache.has('skipped')]).toStrictEqual([
        true,
        true,
        true,
        false,
      ])
    })

    test('refresh loads whatever is there', async ({ cache }) => {
      await cache.setMany({ a: 1, b: 2 })
      const { asked, load } = loaderOf()
      await cache.getOrSetMany(['a', 'b'], load, { refresh: true, waitForWrite: true })
      expect([asked, await cache.get('b')]).toStrictEqual([[['a', 'b']], 'loaded b'])
    })

    framed('stale ones are served, and loaded anew behind in one call', async ({ cache }) => {
      await keepStale(cache, ['a', 'b'])
      const { asked, load } = loaderOf()
      const found = await cache.getOrSetMany(['a', 'b', 'c'], load)
      expect([...found.values()]).toStrictEqual(['stale a', 'stale b', 'loaded c'])
      const fresh = async (): Promise<unknown[]> => [...(await cache.getOrSetMany(['a', 'b', 'c'], unwanted)).values()]
      await eventually(async () => expect(await fresh()).toStrictEqual(['loaded a', 'loaded b', 'loaded c']))
      expect(asked.toSorted((one, other) => one.length - other.length)).toStrictEqual([['c'], ['a', 'b']])
    })

    framed('a loader that fails is survived where all it was asked for is stale', async ({ cacheWith }) => {
      const reports: unknown[] = []
      const cache = cacheWith({ grace: '1h', onError: (error) => void reports.push(error) })
      await keepStale(cache, ['a', 'b'])
      expect([...(await cache.getOrSetMany(['a', 'b'], unwanted)).values()]).toStrictEqual(['stale a', 'stale b'])
      await eventually(() => reports.length > 0)
      await expect(cache.getOrSetMany(['a', 'c'], unwanted)).rejects.toThrow('not wanted')
    })

    framed('what is not there is remembered for negativeTtl', async ({ cache }) => {
      const options = { negativeTtl: '1h', waitForWrite: true } as const
      expect(await cache.getOrSetMany(['a', 'b'], () => [['b', undefined]], options)).toStrictEqual(new Map())
      expect(await cache.getOrSetMany(['a', 'b'], unwanted, options)).toStrictEqual(new Map())
      expect(await cache.getMany(['a', 'b'])).toStrictEqual(new Map())
    })

    framed('a loader of stale values is told them', async ({ cache }) => {
      await keepStale(cache, ['a', 'b'])
      const seen: unknown[] = []
      const load = (missing: Key[], { stale, signal }: ManyLoaderContext): [Key, string][] => {
        seen.push([...stale], signal.aborted)
        return missing.map((key) => [key, 'new'])
      }
      expect([...(await cache.getOrSetMany(['a', 'b'], load, { loaderTimeout: '1m' })).values()]).toStrictEqual([
        'new',
        'new',
      ])
      expect(seen).toStrictEqual([Object.entries({ a: 'stale a', b: 'stale b' }), false])
    })

    test('through a memo each key is asked for once', async ({ cache }) => {
      await cache.set('a', 1)
      const memo = cache.memo()
      const { asked, load } = loaderOf(() => null)
      expect(await memo.get('a')).toBe(1)
      const expected = new Map([
        ['a', 1],
        ['b', null],
      ])
      expect(await memo.getOrSetMany(['a', 'b'], load, { ttl: 0 })).toStrictEqual(expected)
      await cache.set('a', 2)
      expect(await memo.getOrSetMany(['a', 'b'], load, { ttl: 0 })).toStrictEqual(expected)
      expect([asked, await memo.get('b')]).toStrictEqual([[['b']], null])
    })

    test('of a typed cache: parts in and out, and what does not fit is not kept', async ({ cache }) => {
      const users = cache.typed({
        key: ({ id }: { id: number }) => `user:${id}`,
        schema: z.object({ since: z.coerce.date() }),
      })
      const parts = [{ id: 1 }, { id: 2 }, { id: 3 }]
      await users.set({ id: 1 }, { since: 1 })
      const asked: unknown[] = []
      const found = await users.getOrSetMany(
        parts,
        (missing, { setTtl }) => {
          asked.push(missing)
          setTtl('1m', { id: 2 })
          return [[{ id: 2 }, { since: 2 }]]
        },
        { waitForWrite: true },
      )
      expect(asked).toStrictEqual([[parts[1], parts[2]]])
      expect([...found]).toStrictEqual([
        [parts[0], { since: new Date(1) }],
        [parts[1], { since: new Date(2) }],
      ])
      expect(await users.getMany(parts)).toStrictEqual(found)
      const wrong = users.getOrSetMany([{ id: 3 }], (missing) =>
        missing.map((part) => [part, { since: 'never' }] as const),
      )
      await expect(wrong).rejects.toBeInstanceOf(SchemaError)
      expect(await cache.has('user:3')).toBe(false)
    })
  })

  describe('memo', () => {
    test('a memo keeps what it has read, whatever others write meanwhile', async ({ cache }) => {
      await cache.setMany({ a: { n: 1 }, b: { n: 1 } })
      const memo = cache.memo()
      expect(await memo.get('a')).toStrictEqual({ n: 1 })
      expect(await memo.getOrSet('b', unwanted)).toStrictEqual({ n: 1 })
      expect(await memo.get('none')).toBeUndefined()
      await cache.setMany({ a: { n: 2 }, b: { n: 2 }, none: { n: 2 }, c: { n: 2 } })
      expect(await memo.get('a')).toStrictEqual({ n: 1 })
      expect(await memo.get('b')).toStrictEqual({ n: 1 })
      expect(await memo.get('none')).toBeUndefined()
      expect(await memo.getMany(['c', 'none', 'b', 'a'])).toStrictEqual(
        new Map([
          ['c', { n: 2 }],
          ['b', { n: 1 }],
          ['a', { n: 1 }],
        ]),
      )
      await cache.delete('c')
      expect(await memo.getOrSet('c', unwanted)).toStrictEqual({ n: 2 })
      expect(await cache.memo().get('a')).toStrictEqual({ n: 2 })
    })

    test('each reader gets an object of its own, which it may change', async ({ cache }) => {
      await cache.set('k', { list: [1] })
      const memo = cache.memo()
      const load = async (): Promise<{ list: number[] }> => ({ list: [1] })
      const read = (): Promise<{ list: number[] }>[] => [
        memo.get<{ list: number[] }>('k').then((value) => value as { list: number[] }),
        memo.getMany<{ list: number[] }>(['k']).then((found) => found.get('k') as { list: number[] }),
        memo.getOrSet('k', unwanted),
        memo.getOrSet('loaded', load),
      ]
      for (let round = 0; round < 3; round++) {
        for (const value of await Promise.all(read())) {
          expect(value).toStrictEqual({ list: [1] })
          value.list.push(2)
        }
      }
    })

    const writes: readonly [what: string, write: (memo: Cache) => Promise<unknown>, found: unknown][] = [
      ['set', (memo) => memo.set('k', 'new'), 'new'],
      ['setMany', (memo) => memo.setMany({ j: 1, k: 'new' }), 'new'],
      ['delete', (memo) => memo.delete('k'), undefined],
      ['deleteMany', (memo) => memo.deleteMany(['j', 'k']), undefined],
      ['pull', (memo) => memo.pull('k'), undefined],
      ['deletePattern', (memo) => memo.deletePattern('k*'), undefined],
      ['clear', (memo) => memo.clear(), undefined],
      ['flushDb', (memo) => memo.flushDb(), undefined],
      ['expire', (memo) => memo.expire('k', 0), undefined],
      ['a pipeline', (memo) => memo.pipeline((p) => [p.set('k', 'new')]), 'new'],
      ['a command', (memo) => memo.command(['SET', 'k', '"new"'], { key: 1 }), 'new'],
      ['a typed cache', (memo) => memo.typed({ key: () => 'k', schema: z.string() }).set(0, 'new'), 'new'],
    ]
    test.for(writes)('what is written through a memo is seen at once: %s', async ([, write, found], { cache }) => {
      await cache.set('k', 'old')
      const memo = cache.memo()
      expect([await memo.get('k'), await memo.getOrSet('k', unwanted)]).toStrictEqual(['old', 'old'])
      await write(memo)
      expect(await memo.get('k')).toBe(found)
      expect(await memo.getOrSet('k', () => 'loaded')).toBe(found ?? 'loaded')
    })

    test('a read behind a write that is still being encoded waits for it', async ({ cacheWith }) => {
      const cache = cacheWith({ compressor: 'gzip' })
      const memo = cache.memo()
      await memo.get('k')
      const large = 'x'.repeat(100_000)
      const [, read] = await Promise.all([memo.set('k', large), memo.get('k')])
      expect(read === large).toBe(true)
    })

    test('what one memo has loaded is what it reads, and one loader runs for all memos', async ({ cache }) => {
      const [one, other] = [cache.memo(), cache.memo()]
      const load = controlledLoader()
      expect(await one.get('k')).toBeUndefined()
      const asked = [one, one, other, cache].map((each) => each.getOrSet('k', load.loader))
      await eventually(() => load.begun > 0)
      expect(await one.get('k')).toBeUndefined()
      load.finish({ loaded: true })
      expect(await Promise.all(asked)).toStrictEqual(asked.map(() => ({ loaded: true })))
      expect(load.begun).toBe(1)
      await cache.delete('k')
      expect(await one.get('k')).toStrictEqual({ loaded: true })
      expect(await one.getOrSet('k', unwanted)).toStrictEqual({ loaded: true })
      expect(await cache.get('k')).toBeUndefined()
    })

    test('errors are not remembered, and a caller who leaves takes nobody with him', async ({ cache }) => {
      const memo = cache.memo()
      await expect(memo.getOrSet('k', unwanted)).rejects.toThrow('not wanted')
      const load = controlledLoader()
      const { signal, abort } = leaving()
      const left = rejection(memo.getOrSet('k', load.loader, { signal }))
      await eventually(() => load.begun === 1)
      const stayed = memo.getOrSet('k', load.loader)
      abort()
      expect((await left).error).toBe(signal.reason)
      load.finish('loaded')
      expect(await stayed).toBe('loaded')
      await expect(memo.get('k', { signal })).rejects.toBe(signal.reason)
    })

    test('closing a memo ends nothing', async ({ cache }) => {
      await cache.set('k', 1)
      const memo = cache.memo()
      await memo.get('k')
      await cache.set('k', 2)
      await memo.close()
      memo.destroy()
      expect([await memo.get('k'), await cache.get('k')]).toStrictEqual([2, 2])
    })

    test('versions and keys that are alike are told apart', async ({ cache }) => {
      await cache.set(1, 'one')
      await cache.set('1', 'two', { version: 2 })
      const memo = cache.memo()
      expect(await memo.get('1', { version: 2 })).toBe('two')
      expect(await memo.getMany([1, '1'])).toStrictEqual(
        new Map<string | number, string>([
          [1, 'one'],
          ['1', 'one'],
        ]),
      )
      expect(await memo.getMany([])).toStrictEqual(new Map())
    })

    test('what is fresh once is so for all of a memo, and what is stale is given to who asks for it', async ({
      cacheWith,
    }) => {
      const cache = cacheWith({ grace: '1h' })
      await cache.set('short', 'value', { ttl: 300 })
      const memo = cache.memo()
      const first = await memo.get('short')
      await eventually(async () => (await cache.get('short')) === undefined)
      expect([await memo.get('short'), (await memo.getMany(['short'])).get('short')]).toStrictEqual([first, first])
      const late = cache.memo()
      expect([await late.get('short'), await late.get('short', { stale: true })]).toStrictEqual([undefined, 'value'])
      expect(await late.get('short')).toBeUndefined()
      let loads = 0
      const load = (): string => `load ${++loads}`
      const served = await late.getOrSet('short', load)
      expect(served).toBe('value')
      await eventually(async () => (await cache.get('short')) === 'load 1')
      expect([await late.getOrSet('short', load), await late.get('short'), loads]).toStrictEqual([served, served, 1])
    })

    test('a memo of a typed cache reads what the schema makes, once', async ({ cache }) => {
      const users = cache.typed({ key: (id: number) => `user:${id}`, schema: z.object({ since: z.coerce.date() }) })
      const memo = users.memo()
      const [first, same] = await Promise.all([1, 1].map((id) => memo.getOrSet(id, () => ({ since: 0 }))))
      expect([first, same]).toStrictEqual([{ since: new Date(0) }, { since: new Date(0) }])
      expect(first).not.toBe(same)
      await users.set(1, { since: 1 })
      expect(await memo.get(1)).toStrictEqual({ since: new Date(0) })
      await memo.set(1, { since: 2 })
      expect(await memo.getMany([1, 2])).toStrictEqual(new Map([[1, { since: new Date(2) }]]))
    })
  })

  describe('wrap', () => {
    test('a wrapped function runs once for arguments that make the same key', async ({ cache }) => {
      let calls = 0
      const add = async (a: number, b = 0): Promise<object> => ({ sum: a + b, call: ++calls })
      const sum = cache.wrap(add, { key: (a, b = 0) => `sum:${a}:${b}`, ttl: '1m' })
      expect(await Promise.all([sum(1, 2), sum(1, 2), sum(1)])).toStrictEqual([
        { sum: 3, call: expect.any(Number) as number },
        { sum: 3, call: expect.any(Number) as number },
        { sum: 1, call: expect.any(Number) as number },
      ])
      await sum(1, 2)
      expect(calls).toBe(2)
      expect(await cache.get('sum:1:2')).toMatchObject({ sum: 3 })
      expect(await cache.ttl('sum:1:2')).toBeLessThanOrEqual(60_000)
      await cache.delete('sum:1:2')
      await sum(1, 2)
      expect(calls).toBe(3)
    })

    test('this is passed on, to the key as well', async ({ cache }) => {
      class Shop {
        readonly name: string
        constructor(name: string) {
          this.name = name
        }
        readonly price = cache.wrap(priceIn, { key: keyIn })
      }
      function priceIn(this: Shop, item: string): string {
        return `${item} at ${this.name}`
      }
      function keyIn(this: Shop, item: string): string {
        return `${this.name}:${item}`
      }
      const [main, side] = [new Shop('main'), new Shop('side')]
      expect([await main.price('tea'), await side.price('tea')]).toStrictEqual(['tea at main', 'tea at side'])
      expect(await cache.get('side:tea')).toBe('tea at side')
    })

    test('errors reach the caller, and the next call tries again', async ({ cache }) => {
      let calls = 0
      const flaky = cache.wrap(
        () => {
          if (++calls === 1) throw new Error('not yet')
          return 'there'
        },
        { key: () => 'k' },
      )
      await expect(flaky()).rejects.toThrow('not yet')
      expect(await flaky()).toBe('there')
      const lost = cache.wrap((id: number) => id, { key: () => '' })
      await expect(lost(1)).rejects.toMatchObject({ code: 'E_KEY' })
      const broken = cache.wrap((id: number) => id, {
        key: () => {
          throw new Error('no key')
        },
      })
      await expect(broken(1)).rejects.toThrow('no key')
    })

    test('what cannot be wrapped is refused at once', ({ cache }) => {
      const key = (): string => 'k'
      const wrapAny = cache.wrap.bind(cache) as (...given: unknown[]) => unknown
      for (const options of [
        undefined,
        {},
        { key: 'k' },
        { key: null },
        { key, tll: 5 },
        { key, ttl: 'soon' },
        { key, grace: 'soon' },
        { key, signal: AbortSignal.abort() },
      ])
        expect(() => wrapAny(() => 1, options)).toThrow(ConfigurationError)
      expect(() => wrapAny(() => 1, {})).toThrow(/^wrap\(\)\.key: /)
      for (const fn of [undefined, null, 'text', {}]) expect(() => wrapAny(fn, { key })).toThrow(TypeError)
    })

    test('of a typed cache: the argument makes the key, and the schema the result', async ({ cache }) => {
      const users = usersOf(cache)
      let calls = 0
      const find = users.wrap(async (id: number) => (id === 0 ? undefined : { since: id, call: ++calls }), {
        ttl: '1m',
      })
      expect(await Promise.all([find(1), find(1)])).toStrictEqual([{ since: new Date(1) }, { since: new Date(1) }])
      expect([await find(1), calls]).toStrictEqual([{ since: new Date(1) }, 1])
      expect(await find(0)).toBeUndefined()
      expect(await cache.get('user:1')).toMatchObject({ since: 1 })
      const wrong = users.wrap(async (): Promise<{ since: number }> => ({ since: 'never' }) as never)
      await expect(wrong(2)).rejects.toBeInstanceOf(SchemaError)
      expect(() => users.wrap(find, { key: () => 'k' } as never)).toThrow(ConfigurationError)
      expect(() => users.wrap('text' as never)).toThrow(TypeError)
    })

    test('through a memo: the function is asked for once, also when the value is not kept', async ({ cache }) => {
      let calls = 0
      const memo = cache.memo()
      const once = memo.wrap(() => ({ call: ++calls }), { key: () => 'k', ttl: 0 })
      expect([await once(), await once(), await cache.get('k')]).toStrictEqual([{ call: 1 }, { call: 1 }, undefined])
    })
  })
})

describe('getOrSetMany on a server', () => {
  base('one joins what many load', async ({ cache }) => {
    const gate = controlledLoader()
    const many = cache.getOrSetMany(['a', 'b'], async (missing, context) => {
      await gate.loader(context as never)
      return missing.map((key) => [key, { of: key }])
    })
    await eventually(() => gate.begun === 1)
    const one = cache.getOrSet('b', unwanted)
    await cache.get('b') // behind the look of the line before
    gate.finish(undefined)
    expect([await one, [...(await many).values()]]).toStrictEqual([{ of: 'b' }, [{ of: 'a' }, { of: 'b' }]])
    expect(await one).not.toBe((await many).get('b'))
  })

  base('one read for all, and a deadline for all of the call', async ({ server, cache }) => {
    await cache.set('a', 1)
    const gate = controlledLoader()
    const load = async (missing: Key[], context: ManyLoaderContext): Promise<[Key, unknown][]> => {
      await gate.loader(context as never)
      return missing.map((key) => [key, 'late'])
    }
    const before = await callsOf(server, 'mget')
    const late = await rejection(cache.getOrSetMany(['a', 'b', 'c'], load, { deadline: 400 }))
    expect(late.error).toMatchObject({ code: 'E_TIMEOUT' })
    expect((await callsOf(server, 'mget')) - before).toBe(1)
    gate.finish(undefined)
    await eventually(async () => (await cache.get('c')) === 'late')
  })

  base('when all have left, the loader is aborted where that is asked for', async ({ cache }) => {
    const gate = controlledLoader()
    const controller = new AbortController()
    const options = { signal: controller.signal, onAbandon: 'abort' } as const
    const load = async (_: Key[], context: ManyLoaderContext): Promise<[]> => {
      await gate.loader(context as never)
      return []
    }
    const left = rejection(cache.getOrSetMany(['a', 'b'], load, options))
    await eventually(() => gate.begun === 1)
    expect(gate.signal?.aborted).toBe(false)
    controller.abort(new Error('left'))
    expect((await left).error).toBe(controller.signal.reason)
    await eventually(() => gate.signal?.aborted === true)
    gate.finish(undefined)
  })
})

describe('getOrSetMany on a client that is slow', () => {
  base('does not load again what was written back while it looked at other keys', async ({ make }) => {
    const slow = { SET: controlledLoader(), MGET: controlledLoader() }
    const client = ownClient(async ({ name }) => {
      if (name === 'SET' || name === 'MGET') await slow[name].loader({} as never)
    })
    const { cache } = make({ cache: { client: () => client } })
    const first = cache.getOrSet('a', () => 'first', { waitForWrite: true })
    await eventually(() => slow.SET.begun === 1)
    const { asked, load } = loaderOf()
    const many = cache.getOrSetMany(['a', 'b'], load)
    await eventually(() => slow.MGET.begun === 1)
    slow.SET.finish(undefined)
    await first
    slow.MGET.finish(undefined)
    expect([...(await many).values()]).toStrictEqual(['first', 'loaded b'])
    expect(asked).toStrictEqual([['b']])
  })
})

describe('getOrSetMany without its server', () => {
  base('loads all, keeps nothing, and reports it', async ({ ownServer, make }) => {
    const kinds: string[] = []
    const onError = (_: unknown, { kind }: ReportContext): void => void kinds.push(kind)
    const { cache } = make({ cache: { location: at(ownServer), readDeadline: '300ms', onError } })
    await cache.set('a', 'there')
    ownServer.pause()
    const { asked, load } = loaderOf()
    expect([...(await cache.getOrSetMany(['a', 'b'], load)).values()]).toStrictEqual(['loaded a', 'loaded b'])
    expect([asked, kinds]).toStrictEqual([[['a', 'b']], ['OUTAGE']])
    ownServer.resume()
    await eventually(async () => (await cache.get('a')) === 'there')
    expect(await cache.has('b')).toBe(false)
  })
})

describe('memo on a server', () => {
  const test = base.extend('reads', ({ server }) => async (): Promise<number> => {
    const calls = await Promise.all(['get', 'mget'].map((command) => callsOf(server, command)))
    return calls.reduce((sum, one) => sum + one)
  })

  test('a key is read once, by however many at a time', async ({ cache, reads }) => {
    await cache.setMany({ a: 1, b: { n: 2 } })
    const memo = cache.memo()
    const before = await reads()
    const readAll = (): Promise<unknown[]> =>
      Promise.all([memo.get('a'), memo.get('a'), memo.getMany(['a', 'b', 'none']), memo.get('b'), memo.get('none')])
    const expected = [1, 1, new Map<string, unknown>(Object.entries({ a: 1, b: { n: 2 } })), { n: 2 }, undefined]
    expect(await readAll()).toStrictEqual(expected)
    expect((await reads()) - before).toBe(2)
    expect(await readAll()).toStrictEqual(expected)
    expect([await memo.getOrSet('a', unwanted), await memo.getOrSet('b', unwanted)]).toStrictEqual([1, { n: 2 }])
    expect((await reads()) - before).toBe(2)
  })

  test('a memo of a herd cache that Django reads gives a value a new ttl', async ({ server, make }) => {
    const { cache } = make({ cache: { location: at(server), herd: true, format: 'django', serializer: 'pickle' } })
    await cache.set('k', { n: 1 }, { ttl: '1m' })
    const memo = cache.memo()
    expect([await memo.get('k'), await memo.touch('k', { ttl: '1h' })]).toStrictEqual([{ n: 1 }, true])
    expect(Number(await server.command('PTTL', ':1:k'))).toBeGreaterThan(3_600_000) // the herdTimeout is added
  })

  test('a write through a memo takes the turn of a process that loads for the fleet', async ({ server, make }) => {
    const options = { location: at(server), singleFlight: 'fleet' } as const
    const [one, other] = [make({ cache: options }).cache, make({ cache: options }).cache]
    const load = controlledLoader()
    const asked = one.getOrSet('k', load.loader, { waitForWrite: true })
    await eventually(() => load.begun === 1)
    await other.memo().delete('k')
    load.finish('old')
    expect(await asked).toBe('old')
    expect(await other.get('k')).toBeUndefined()
  })

  test('a write through a memo keeps what the cache was loading from being stored', async ({ cache }) => {
    const load = controlledLoader()
    const asked = cache.getOrSet('k', load.loader)
    await eventually(() => load.begun === 1)
    await cache.memo().delete('k')
    load.finish('old')
    expect(await asked).toBe('old')
    expect(await cache.get('k')).toBeUndefined()
  })

  test('takes no bad input', async ({ cache }) => {
    const memo = cache.memo()
    await memo.set('k', 1)
    await memo.get('k')
    for (const options of [{ tll: 5 }, { deadline: 'soon' }, 5] as never[])
      for (const call of [memo.get('k', options), memo.getMany(['k'], options), memo.getOrSet('k', unwanted, options)])
        await expect(call).rejects.toMatchObject({ code: 'E_CONFIG' })
    await expect(memo.get('')).rejects.toMatchObject({ code: 'E_KEY' })
    await expect(memo.getMany('k' as never)).rejects.toBeInstanceOf(TypeError)
  })

  test('those who ask for a load at the same time ask the server once', async ({ cache, reads }) => {
    const [one, many, behind] = [cache.memo(), cache.memo(), cache.memo()]
    await cache.set('there', 1)
    await many.get('there')
    const before = await reads()
    const { load } = loaderOf()
    await Promise.all(['x', 'x'].map((key) => one.getOrSet(key, () => key)))
    expect((await reads()) - before).toBe(1)
    await Promise.all([1, 2].map(() => many.getOrSetMany(['there', 'y'], load)))
    expect((await reads()) - before).toBe(2)
    await Promise.all([behind.get('z'), behind.getOrSet('z', () => 'z'), behind.getOrSet('z', () => 'z')])
    expect((await reads()) - before).toBe(4)
  })

  test('a load does not fail with a read that it has waited for', async ({ cache, server }) => {
    await server.command('SET', cache.makeKey('k'), 'no JSON')
    const [one, many] = [cache.memo(), cache.memo()]
    const reads = [one, many].map((memo) => rejection(memo.get('k')))
    const loads = [one.getOrSet('k', () => 'loaded'), many.getOrSetMany(['k'], loaderOf(() => 'loaded').load)]
    expect((await Promise.all(reads)).map(({ error }) => (error as CacheError).code)).toStrictEqual([
      'E_CODEC',
      'E_CODEC',
    ])
    expect(await Promise.all(loads)).toStrictEqual(['loaded', new Map([['k', 'loaded']])])
  })
})

function leaving(): { readonly signal: AbortSignal; readonly abort: () => void } {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort(new Error('left')) }
}

// oxlint-disable-next-line typescript/explicit-function-return-type -- the schema's types are inferred
function usersOf(cache: Cache) {
  return cache.typed({ key: (id: number) => `user:${id}`, schema: z.object({ since: z.coerce.date() }) })
}
