import { describe, expect } from 'vitest'
import * as z from 'zod'
import { KeyError, SchemaError, type Cache, type Key, type ManyLoaderContext } from '../../src/index.js'
import { eventually } from '../../src/lab/index.js'
import { callsOf, test as base } from '../support/caches.js'
import { describeDeployments } from '../support/conformance.js'
import { controlledLoader } from '../support/controlled-loader.js'
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
  const written = Date.now()
  await eventually(() => Date.now() > written + 1)
}

describeDeployments((test) => {
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

describe('on a server', () => {
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
    const late = await rejection(cache.getOrSetMany(['a', 'b', 'c'], load, { deadline: 200 }))
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
