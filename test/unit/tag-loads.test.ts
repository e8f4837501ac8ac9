import { describe, expect } from 'vitest'
import type { CallOptions } from '../../src/clients/client.js'
import type { Call } from '../../src/clients/command.js'
import {
  AuthenticationError,
  ConfigurationError,
  ConnectionError,
  createCaches,
  type Cache,
  type Key,
} from '../../src/index.js'
import { rejection } from '../support/rejection.js'
import { test as base } from '../support/switched-caches.js'
import { SwitchedClient } from '../support/switched-client.js'

/** Tells the options of each call, and holds answers back. */
class ObservedClient extends SwitchedClient {
  readonly given: (readonly [call: Call<unknown>, options: CallOptions | undefined])[] = []
  /** What an answer waits for. */
  holds: (call: Call<unknown>) => Promise<unknown> | undefined = () => undefined

  override async execute<Out>(call: Call<Out>, options?: CallOptions): Promise<Out> {
    this.given.push([call, options])
    const answer = await super.execute(call, options)
    await this.holds(call)
    return answer
  }

  /** How often the number of the last invalidation was read. */
  get stamps(): number {
    return this.given.filter(([call]) => readsStamp(call)).length
  }
}

const test = base
  .extend('observed', () => new ObservedClient())
  .extend('framed', ({ open, observed }) => open({ format: 'framed' }, observed))
  /** As of another process: on the same server. */
  .extend('other', ({ observed }, { onCleanup }) => {
    const caches = createCaches({ other: { client: () => observed, ttl: null, format: 'framed' } })
    onCleanup(() => caches.close())
    return caches.other
  })

function readsStamp(call: Call<unknown>): boolean {
  return call.name === 'GET' && call.keys.some((key) => key.endsWith(':sequence'))
}

/** A promise, and what resolves it. */
function latch(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open!: () => void
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open }
}

const schema = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as never

describe('a load', () => {
  test('is joined by who has seen an invalidation before its loader begins, and its value is kept', async ({
    framed,
    other,
    observed,
  }) => {
    const { opened, open } = latch()
    let loads = 0
    const read = (): Promise<number> => framed.getOrSet('k', () => ++loads, { tags: ['a'], waitForWrite: true })
    await other.invalidateTags(['b'])
    observed.holds = (call) => (readsStamp(call) ? opened : undefined)
    const first = read()
    await expect.poll(() => observed.stamps).toBe(1)
    await other.invalidateTags(['a'])
    const rest = Array.from({ length: 10 }, read)
    await expect.poll(() => observed.given.filter(([{ name }]) => name === 'GET').length).toBeGreaterThan(10)
    await new Promise((resolve) => setImmediate(resolve))
    open()
    expect(new Set(await Promise.all([first, ...rest]))).toStrictEqual(new Set([1]))
    expect(await read()).toBe(1)
    expect(observed.stamps).toBe(2)
  })

  test('of many keys is one, and is kept, also when one of them is in hand', async ({ framed, other, observed }) => {
    await framed.getOrSetMany(['a', 'b'], (keys) => keys.map((key) => [key, 'old'] as const), { tags: ['of a'] })
    const { opened, open } = latch()
    observed.gate = (call) =>
      call.keys.includes(framed.makeKey('held')) && call.intent === 'write' ? opened : undefined
    await framed.getOrSet('held', () => 'held')
    const { opened: ended, open: end } = latch()
    const older = framed.getOrSet('a', async ({ setTags }) => ended.then(() => (setTags(['of a']), 'older')), {
      refresh: true,
    })
    await expect.poll(() => observed.stamps).toBeGreaterThan(1)
    await new Promise((resolve) => setImmediate(resolve))
    await other.invalidateTags(['of a'])
    const loaded = framed.getOrSetMany<string>(['held', 'a', 'b'], (keys, { setTags }) => {
      setTags(['of a'])
      return keys.map((key) => [key, 'new'] as const)
    })
    expect(await loaded).toStrictEqual(
      new Map([
        ['held', 'held'],
        ['a', 'new'],
        ['b', 'new'],
      ]),
    )
    open()
    end()
    expect(await older).toBe('older')
  })

  test('that somebody waits for goes on, however many there are when a tag is invalidated', async ({ framed }) => {
    const { opened, open } = latch()
    let begun = 0
    const read = (n: number): Promise<number> =>
      framed.getOrSet(
        `k${n}`,
        async ({ signal }) => {
          begun++
          await opened
          signal.throwIfAborted()
          return n
        },
        { tags: ['a'] },
      )
    const loads = Array.from({ length: 1_100 }, (_, n) => read(n))
    await expect.poll(() => begun).toBe(1_100)
    await framed.invalidateTags(['a'])
    open()
    expect((await Promise.all(loads)).length).toBe(1_100)
  })

  test('that began before a soft invalidation is not joined behind a stale value', async ({ framed, other }) => {
    const grace = { tags: ['a'], grace: '1h', loaderTimeout: '1h' } as const
    const { opened, open } = latch()
    await framed.set('k', 'first', { tags: ['a'], ttl: '1d' })
    let begun = false
    const load = async (): Promise<string> => {
      begun = true
      await opened
      return 'before'
    }
    const before = framed.getOrSet('k', load, { ...grace, refresh: true })
    await expect.poll(() => begun).toBe(true)
    await other.invalidateTags(['a'], { soft: true })
    const after = framed.getOrSet('k', () => 'after', grace)
    await expect.poll(() => Promise.race([after, Promise.resolve('waits')])).not.toBe('waits')
    open()
    expect([await before, await after]).toStrictEqual(['before', 'after'])
  })

  describe('that says its tags at its end', () => {
    /** Begins a load, invalidates a tag meanwhile, and asks again; gives what both callers got. */
    async function around(cache: Cache, invalidated: string, said: string): Promise<readonly unknown[]> {
      const { opened, open } = latch()
      let loads = 0
      const load = (): Promise<number> =>
        cache.getOrSet('k', async ({ setTags }) => {
          const value = ++loads
          if (value === 1) await opened
          setTags([said])
          return value
        })
      const first = load()
      await expect.poll(() => loads).toBe(1)
      await cache.invalidateTags([invalidated])
      const second = load()
      await new Promise((resolve) => setImmediate(resolve))
      open()
      return [await first, await second, await load()]
    }

    test('is joined after an invalidation of other tags', async ({ framed }) => {
      expect(await around(framed, 'a', 'b')).toStrictEqual([1, 1, 1])
    })

    test('is none for who came after an invalidation of one of them', async ({ framed }) => {
      expect(await around(framed, 'a', 'a')).toStrictEqual([1, 2, 2])
    })
  })
})

describe('where the number of the last invalidation cannot be had', () => {
  const failures = [
    ['is refused', new AuthenticationError('switched', 'NOPERM')],
    ['is away', new ConnectionError('switched', 'is off')],
  ] as const

  test.for(failures)('a load without tags runs: the number %s', async ([, error], { open, reports, observed }) => {
    const cache = open({ format: 'framed' }, observed)
    observed.gate = (call) => (call.keys.some((key) => key.endsWith(':sequence')) ? Promise.reject(error) : undefined)
    const load = (n: number): Promise<number> =>
      cache.getOrSet(
        `k${n}`,
        ({ setTags }) => {
          setTags(['a'])
          return n
        },
        { waitForWrite: true },
      )
    expect(await Promise.all([load(1), load(2), load(3)])).toStrictEqual([1, 2, 3])
    expect(reports.length).toBe(1)
    observed.gate = () => undefined
    await cache.invalidateTags(['a'])
    expect(await cache.getMany(['k1', 'k2', 'k3'])).toStrictEqual(new Map())
  })

  test('only the first loads without tags wait for it', async ({ framed, observed }) => {
    observed.gate = (call) => (readsStamp(call) ? Promise.reject(new ConnectionError('switched', 'is off')) : undefined)
    await framed.getOrSet('k', (_context) => 1)
    const { opened, open } = latch()
    observed.gate = (call) => (readsStamp(call) ? opened : undefined)
    expect(await framed.getOrSet('l', (_context) => 2)).toBe(2)
    open()
  })
})

describe('the number of the last invalidation is read', () => {
  const cases: readonly (readonly [name: string, stamps: number, load: (cache: Cache) => Promise<unknown>])[] = [
    ['not for a loader without a parameter', 0, (cache) => cache.getOrSet('k', () => 1)],
    ['for a loader that takes its context', 1, (cache) => cache.getOrSet('k', (_context) => 1)],
    ['for a call with tags', 1, (cache) => cache.getOrSet('k', () => 1, { tags: ['a'] })],
    ['not by a memo', 0, (cache) => cache.memo().getOrSet('k', () => 1)],
    ['not by a function that is wrapped', 0, (cache) => cache.wrap((n: number) => n, { key: (n) => n })(1)],
    ['not for many', 0, (cache) => cache.getOrSetMany(['k', 'l'], (keys) => keys.map((key) => [key, 1]))],
    [
      'once for many with a context',
      1,
      (cache) => cache.getOrSetMany(['k', 'l'], (keys, _context) => keys.map((k) => [k, 1])),
    ],
    ['not by a typed cache', 0, (cache) => typed(cache).getOrSet('k', () => 1)],
    ['by a typed cache for a context', 1, (cache) => typed(cache).getOrSet('k', (_context) => 1)],
    ['by a typed cache with tags', 1, (cache) => typed(cache, ['a']).getOrSet('k', () => 1)],
    [
      'not by a typed cache for many',
      0,
      (cache) => typed(cache).getOrSetMany(['k'], (keys) => keys.map((k) => [k, 1])),
    ],
    [
      'by a typed cache with tags for many',
      1,
      (cache) => typed(cache, ['a']).getOrSetMany(['k'], (keys) => keys.map((k) => [k, 1])),
    ],
    ['not by a wrapped function of a typed cache', 0, (cache) => typed(cache).wrap(() => 1)('k')],
  ]

  test.for(cases)('%s', async ([, stamps, load], { framed, observed }) => {
    await load(framed)
    expect(observed.stamps).toBe(stamps)
  })

  test('not in vain: setTags of a loader that does not declare its context says so', async ({ framed }) => {
    const undeclared = (...[context]: [{ setTags: (tags: readonly string[]) => void }]): number => {
      context.setTags(['a'])
      return 1
    }
    const { error } = await rejection(framed.getOrSet('k', undeclared))
    expect(error).toBeInstanceOf(ConfigurationError)
    expect((error as Error).message).toMatch(/declare the context as a parameter/)
    expect(await framed.getOrSet('k', undeclared, { tags: ['b'] })).toBe(1)
    expect((await rejection(typed(framed).getOrSet('l', undeclared))).error).toBeInstanceOf(ConfigurationError)
  })
})

test('the tags of a value are read in what is left of the time of the look', async ({ framed, observed }) => {
  await framed.set('k', 1, { tags: ['a'] })
  observed.gate = (call) => (call.name === 'GET' ? new Promise((resolve) => setTimeout(resolve, 40)) : undefined)
  for (const read of [
    () => framed.getOrSet('k', () => 2, { deadline: 5_000 }),
    () => framed.getOrSet('k', () => 2, { deadline: 5_000, tags: ['b'] }),
  ]) {
    observed.given.length = 0
    expect(await read()).toBe(1)
    const [value] = observed.given.filter(([{ keys }]) => keys.includes(framed.makeKey('k')))
    const tags = observed.given.filter(([{ keys }]) => keys.some((key) => key.endsWith(':a')))
    expect(tags.length).toBe(1)
    expect(tags[0]?.[1]?.deadline).toBeLessThan(value?.[1]?.deadline as number)
  }
})

// oxlint-disable-next-line typescript/explicit-function-return-type
function typed(cache: Cache, tags: readonly string[] = []) {
  return cache.typed<Key, number, unknown>({
    key: (key) => key,
    schema,
    tags: tags.length === 0 ? undefined : () => tags,
  })
}
