import { describe, expect } from 'vitest'
import type { Cache, Key, LoaderContext, TypedDefinition } from '../../src/index.js'
import { describeDeployments } from '../support/conformance.js'

/** A loader that counts, which takes its context where it has tags to set. */
function counting(tags: readonly string[] = []): { load: (context: LoaderContext) => number; readonly loads: number } {
  let loads = 0
  return {
    load: (context: LoaderContext) => {
      context.setTags(tags)
      return ++loads
    },
    get loads() {
      return loads
    },
  }
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code
}

/** Our own keys beside the values, without the text that finds their slot. */
async function ownKeys(cache: Cache): Promise<readonly string[]> {
  const all = await cache.command(['KEYS', ':@1:*'])
  return (all as string[]).map((key) => key.replace(/\{\w+\}/, '{}')).sort()
}

/** Values that all have one key and one tag. */
const numbered: TypedDefinition<number, { n: number }, { n: number }> = {
  key: () => 'k',
  schema: { '~standard': { version: 1, validate: (value) => ({ value: value as { n: number } }) } },
  tags: () => ['x'],
}

interface Book {
  readonly by: { readonly tags: readonly string[] }
}

const bookSchema: TypedDefinition<number, Book, Book>['schema'] = {
  '~standard': {
    version: 1,
    validate: (value) =>
      Object.hasOwn(value as object, 'by') ? { value: value as Book } : { issues: [{ message: 'no author' }] },
  },
}

function keyTags(value: unknown): readonly string[] {
  return (value as Book).by.tags
}

function codeAndPath(error: unknown): string {
  const { code, path } = error as { code?: string; path?: string }
  return path === undefined || code !== 'E_CONFIG' ? `${code}` : `${code} ${path}`
}

const absence = { tags: ['x'], negativeTtl: '1h' } as const

describeDeployments(
  (test) => {
    describe('a value with tags', () => {
      test('is loaded again after one of them was invalidated', async ({ cache }) => {
        let loads = 0
        const read = (): Promise<number> => cache.getOrSet('k', () => ++loads, { tags: ['a', 'b'] })
        expect(await read()).toBe(1)
        expect(await read()).toBe(1)
        await cache.invalidateTags(['c'])
        expect(await read()).toBe(1)
        await cache.invalidateTags(['b'])
        expect(await read()).toBe(2)
        expect(await read()).toBe(2)
      })

      test('may get them from its loader, and is found without naming them', async ({ cache }) => {
        const { load } = counting(['x', 'y'])
        expect(await cache.getOrSet('k', load)).toBe(1)
        expect(await cache.getOrSet('k', load)).toBe(1)
        await cache.invalidateTags(['y'])
        expect(await cache.getOrSet('k', load)).toBe(2)
        expect(await cache.getOrSet('k', load, { tags: ['y'] })).toBe(2)
        await cache.invalidateTags(['x'])
        expect(await cache.getOrSet('k', load, { tags: ['y'] })).toBe(3)
      })

      test('is invalid when a tag was invalidated while it was loaded', async ({ cache }) => {
        const read = (during: () => Promise<void>, value: string): Promise<string> =>
          cache.getOrSet(
            'k',
            async () => {
              await during()
              return value
            },
            { tags: ['a'], waitForWrite: true },
          )
        expect(await read(() => cache.invalidateTags(['a']), 'old')).toBe('old')
        expect(await read(async () => {}, 'new')).toBe('new')
        expect(await read(async () => {}, 'newer')).toBe('new')
      })

      test('is not joined by who comes after an invalidation of this process', async ({ cache }) => {
        let end!: () => void
        const first = cache.getOrSet('k', () => new Promise<string>((resolve) => (end = () => resolve('old'))), {
          tags: ['a'],
        })
        await expect.poll(() => end).toBeDefined()
        await cache.invalidateTags(['a'])
        expect(await cache.getOrSet('k', () => 'new', { tags: ['a'], waitForWrite: true })).toBe('new')
        end()
        expect(await first).toBe('old')
        expect(await cache.getOrSet('k', () => 'newer', { tags: ['a'] })).toBe('new')
      })

      test.for([
        ['named', ['a']],
        ['found in the value', undefined],
      ] as const)(
        'is loaded once for all who miss it after an invalidation: its tags are %s',
        async ([, tags], { cache }) => {
          const { load } = counting(['a'])
          const read = (): Promise<number> => cache.getOrSet('k', load, { tags })
          expect(await read()).toBe(1)
          await cache.invalidateTags(['a'])
          const values = await Promise.all(Array.from({ length: 100 }, read))
          expect(new Set(values)).toStrictEqual(new Set([2]))
          expect(await read()).toBe(2)
        },
      )

      test('is of its own version', async ({ cache }) => {
        const read = (version: number): Promise<number> => cache.getOrSet('k', () => version, { tags: ['a'], version })
        await Promise.all([read(1), read(2)])
        await cache.invalidateTags(['a'], { version: 2 })
        expect(await cache.getOrSet('k', () => 5, { tags: ['a'] })).toBe(1)
        expect(await cache.getOrSet('k', () => 5, { tags: ['a'], version: 2 })).toBe(5)
      })

      test('is served stale after a soft invalidation, where there is grace', async ({ cache }) => {
        let loads = 0
        const load = (): number => ++loads
        const grace = { tags: ['a'], grace: '1h' } as const
        expect(await cache.getOrSet('k', load, grace)).toBe(1)
        await cache.invalidateTags(['a'], { soft: true })
        expect(await cache.getOrSet('k', load, grace)).toBe(1)
        await expect.poll(() => cache.getOrSet('k', load, grace)).toBeGreaterThan(1)
        await cache.invalidateTags(['a'], { soft: '1h' })
        const before = loads
        expect(await cache.getOrSet('k', load, { tags: ['a'] })).toBeGreaterThan(before)
      })

      test('is gone after the time of a soft invalidation', async ({ cache }) => {
        const grace = { tags: ['a'], grace: '1h', graceBackoff: '1h', loaderTimeout: '1h' } as const
        const fails = async (): Promise<number> => Promise.reject(new Error('the source is away'))
        expect(await cache.getOrSet('k', () => 1, grace)).toBe(1)
        await cache.invalidateTags(['a'], { soft: 50 })
        await expect.poll(() => cache.getOrSet('k', fails, grace).catch(() => 'gone')).toBe('gone')
      })
    })

    describe('a value that was set with tags', () => {
      test('is a miss for every read after an invalidation', async ({ cache }) => {
        await cache.set('a', 'one', { tags: ['x'] })
        expect(await cache.add('b', 2, { tags: ['x', 'y'] })).toBe(true)
        expect(await cache.setMany({ c: [3], d: null }, { tags: ['y'] })).toStrictEqual([])
        await cache.set('e', 'untagged')
        const read = async (tags?: readonly string[]): Promise<readonly unknown[]> => [
          ...(await cache.getMany(['a', 'b', 'c', 'd', 'e'], { tags })).values(),
        ]
        expect(await cache.get('a')).toBe('one')
        expect(await cache.get('b', { tags: ['x', 'y', 'z'] })).toBe(2)
        for (const tags of [undefined, [], ['x'], ['x', 'y', 'z']])
          expect(await read(tags)).toStrictEqual(['one', 2, [3], null, 'untagged'])
        await cache.invalidateTags(['y'])
        expect(await cache.get('b', { tags: ['x'] })).toBeUndefined()
        expect(await cache.get('b', { tags: ['y'] })).toBeUndefined()
        for (const tags of [undefined, ['x'], ['y']]) expect(await read(tags)).toStrictEqual(['one', 'untagged'])
        await cache.set('b', 'again', { tags: ['y'] })
        expect(await read()).toStrictEqual(['one', 'again', 'untagged'])
      })

      test('is as it was when set was called', async ({ cache }) => {
        const value = { name: 'Ada' }
        const setting = cache.set('k', value, { tags: ['x'] })
        value.name = 'Grace'
        await setting
        expect(await cache.get('k')).toStrictEqual({ name: 'Ada' })
      })

      test('is stale and then gone by a soft invalidation', async ({ cache }) => {
        await cache.set('k', 1, { tags: ['x'], grace: '1h' })
        await cache.invalidateTags(['x'], { soft: true })
        expect(await cache.get('k')).toBeUndefined()
        expect(await cache.get('k', { stale: true })).toBe(1)
        await cache.invalidateTags(['x'])
        expect(await cache.get('k', { stale: true })).toBeUndefined()
      })

      test('keeps its place among the calls of its key', async ({ cache }) => {
        const writes = [cache.set('k', 1, { tags: ['x'] }), cache.set('k', 2), cache.set('k', 3, { tags: ['x'] })]
        expect(await cache.get('k')).toBe(3)
        await Promise.all(writes)
        const [, got] = await cache.pipeline((line) => [line.set('p', 5, { tags: ['x'] }), line.get('p')])
        expect(got).toBe(5)
      })

      test('is read in a pipeline where it stands there, and judged by its tags as they are then', async ({
        cache,
      }) => {
        const tags = ['x'] as const
        await cache.set('k', 1, { tags })
        const [, one, many] = await cache.pipeline((line) => [
          line.set('k', 2, { tags }),
          line.get('k', { tags }),
          line.getMany(['k'], { tags }),
        ])
        expect([one, [...many.values()]]).toStrictEqual([2, [2]])
        const [gone, allGone] = await cache.pipeline(async (line) => {
          const reads = [line.get('k', { tags }), line.getMany(['k'], { tags })] as const
          await cache.invalidateTags(tags)
          return reads
        })
        expect([gone, allGone.size]).toStrictEqual([undefined, 0])
      })

      test('is kept for 30 days at most', async ({ cache }) => {
        const day = 86_400_000
        await cache.set('k', 1, { tags: ['x'], ttl: null })
        await cache.set('l', 1, { tags: ['x'], ttl: '20d', grace: '20d' })
        expect(await cache.ttl('k')).toBeGreaterThan(29 * day)
        expect(await cache.ttl('l')).toBeGreaterThan(19 * day)
        for (const key of ['k', 'l'])
          expect(await cache.command(['PTTL', cache.makeKey(key)])).toBeLessThanOrEqual(30 * day)
      })
    })

    describe('an entry whose tag was invalidated', () => {
      const missing: readonly (readonly [what: string, call: (cache: Cache) => Promise<unknown>, answer: unknown])[] = [
        ['has', (cache) => cache.has('k'), false],
        ['has of many', (cache) => cache.has(['other', 'k', 'valid']), false],
        ['ttl', (cache) => cache.ttl('k'), undefined],
        ['touch', (cache) => cache.touch('k'), false],
        ['expire', (cache) => cache.expire('k', '1h'), false],
        ['expireAt', (cache) => cache.expireAt('k', new Date(Date.now() + 1_000_000)), false],
        ['persist', (cache) => cache.persist('k'), false],
        ['xx', (cache) => cache.set('k', 'new', { xx: true }), false],
        ['xx with tags', (cache) => cache.set('k', 'new', { xx: true, tags: ['x'] }), false],
        ['xx of nothing', (cache) => cache.set('k', 'new', { xx: true, ttl: 0 }), false],
        ['add of nothing', (cache) => cache.add('k', 'new', { ttl: 0 }), true],
        ['pull', (cache) => cache.pull('k'), undefined],
        ['incr', (cache) => cache.incr('k').catch(codeOf), 'E_KEY_NOT_FOUND'],
        ['incr of a number', (cache) => cache.decr('valid').catch(codeOf), 'E_UNSUPPORTED'],
        ['incrVersion', (cache) => cache.incrVersion('{k}').catch(codeOf), 'E_KEY_NOT_FOUND'],
        ['decrVersion', (cache) => cache.decrVersion('{k}').catch(codeOf), 'E_KEY_NOT_FOUND'],
        [
          'incrVersion in a pipeline',
          (cache) => cache.pipeline((line) => [line.incrVersion('{k}')]).catch(codeOf),
          'E_KEY_NOT_FOUND',
        ],
        ['get', (cache) => cache.get('k'), undefined],
      ]
      test('is no entry for any method', async ({ cache }) => {
        for (const [what, call, answer] of missing) {
          await cache.setMany({ k: { n: 1 }, '{k}': { n: 1 }, valid: 2 }, { tags: ['x', 'y'] })
          await cache.set('other', 'untagged')
          await cache.set('valid', 2, { tags: ['z'] })
          await cache.invalidateTags(['y'])
          expect([what, await call(cache)]).toStrictEqual([what, answer])
          expect([what, await cache.get('k')]).toStrictEqual([what, undefined])
          for (const version of [0, 2])
            expect([what, await cache.get('{k}', { version })]).toStrictEqual([what, undefined])
        }
        expect(await cache.has(['other', 'valid', 'other', 'valid'])).toBe(true)
      })

      test('gives way to a number that is counted', async ({ cache }) => {
        for (const ttl of ['1h', null] as const) {
          await cache.set('k', 7, { tags: ['x'] })
          await cache.invalidateTags(['x'])
          expect(await cache.incr('k', 3, { create: true, ttl })).toBe(3)
          expect(await cache.decr('k')).toBe(2)
        }
      })

      test('gives way to add and nx, once', async ({ cache }) => {
        await cache.set('k', 'old', { tags: ['x'] })
        expect(await cache.add('k', 'new')).toBe(false)
        await cache.invalidateTags(['x'])
        const added = await Promise.all([
          cache.add('k', 'new', { tags: ['x'] }),
          cache.set('k', 'new', { nx: true, grace: '1h' }),
          cache.pipeline((line) => [line.add('k', 'new')]).then(([one]) => one),
        ])
        expect(added.filter(Boolean)).toStrictEqual([true])
        expect(await cache.get('k')).toBe('new')
      })

      test('is stale by a soft invalidation, and then there is none as well', async ({ cache }) => {
        await cache.set('k', 'old', { tags: ['x'], grace: '1h' })
        await cache.invalidateTags(['x'], { soft: true })
        expect([await cache.has('k'), await cache.ttl('k'), await cache.add('k', 'new')]).toStrictEqual([
          false,
          undefined,
          true,
        ])
        await cache.setMany({ k: 'old', '{k}': 'old' }, { tags: ['x'], grace: '1h' })
        await cache.invalidateTags(['x'], { soft: true })
        expect(await cache.incrVersion('{k}').catch(codeOf)).toBe('E_KEY_NOT_FOUND')
        expect(await cache.pull('k')).toBeUndefined()
        expect(await cache.get('k', { stale: true })).toBeUndefined()
      })
    })

    test('a value that is moved takes its tags along, which are those of its new version from then on', async ({
      cache,
    }) => {
      const moved = { version: 2 }
      await cache.set('{k}', 1, { tags: ['x'], ttl: '1h' })
      expect(await cache.incrVersion('{k}')).toBe(2)
      await cache.invalidateTags(['x'])
      expect(await cache.get('{k}', moved)).toBe(1)
      await cache.invalidateTags(['x'], moved)
      expect(await cache.get('{k}', moved)).toBeUndefined()
    })

    test('a valid entry with tags is one for every method', async ({ cache }) => {
      await cache.set('k', 'old', { tags: ['x'], ttl: '1h' })
      await cache.invalidateTags(['y'])
      expect(await cache.has('k')).toBe(true)
      expect(await cache.touch('k', { ttl: '2h' })).toBe(true)
      expect(await cache.ttl('k')).toBeGreaterThan(3_600_000)
      expect(await cache.expire('k', '1h')).toBe(true)
      expect(await cache.ttl('k')).toBeLessThanOrEqual(3_600_000)
      expect(await cache.persist('k')).toBe(true)
      expect(await cache.add('k', 'new', { ttl: 0 })).toBe(false)
      expect(await cache.set('k', 'new', { xx: true })).toBe(true)
      expect(await cache.get('k')).toBe('new')
    })

    test('an entry with tags is kept for 30 days at most after it was written, whatever prolongs it', async ({
      cache,
    }) => {
      const most = 30 * 86_400_000
      const ways: readonly (readonly [what: string, call: () => Promise<boolean>])[] = [
        ['touch', () => cache.touch('k', { ttl: '40d' })],
        ['touch for ever', () => cache.touch('k', { ttl: null })],
        ['expire', () => cache.expire('k', '31d')],
        ['expire never', () => cache.expire('k', null)],
        ['expireAt', () => cache.expireAt('k', Date.now() + 2 * most)],
        ['persist', () => cache.persist('k')],
      ]
      for (const [what, prolong] of ways) {
        await cache.set('k', 1, { tags: ['x'], ttl: '1h', grace: '1d' })
        const written = Date.now()
        expect([what, await prolong(), await prolong()]).toStrictEqual([what, true, true])
        const asked = Date.now()
        const left = Number(await cache.command(['PTTL', cache.makeKey('k')], { key: 1 }))
        expect([what, left <= most - (asked - written) + 1_000]).toStrictEqual([what, true])
        expect([what, (await cache.ttl('k'))! > 29 * 86_400_000]).toStrictEqual([what, true])
        await cache.invalidateTags(['x'])
        expect([what, await cache.get('k')]).toStrictEqual([what, undefined])
      }
    })

    test('that there is nothing has tags too, and is no entry for any method', async ({ cache }) => {
      let loads = 0
      const read = (): Promise<undefined> =>
        cache.getOrSet('k', () => void loads++, { tags: ['x'], negativeTtl: '1h', waitForWrite: true })
      await read()
      await read()
      expect(loads).toBe(1)
      expect([await cache.has('k'), await cache.ttl('k'), await cache.touch('k')]).toStrictEqual([
        false,
        undefined,
        false,
      ])
      await cache.invalidateTags(['x'])
      await read()
      expect(loads).toBe(2)
      expect(await cache.add('k', 'there')).toBe(true)
    })

    test('many are loaded, each with its tags, and with one number for all', async ({ cache }) => {
      let loads = 0
      const read = (tags?: readonly string[]): Promise<Map<Key, number>> =>
        cache.getOrSetMany<number>(
          ['a', 'b', 'c'],
          (missing, { setTags }) => {
            for (const key of missing) setTags([`of ${key}`], key)
            setTags(['all'])
            loads++
            return missing.map((key) => [key, loads] as const)
          },
          { tags },
        )
      expect([...(await read()).values()]).toStrictEqual([1, 1, 1])
      expect([...(await read(['all'])).values()]).toStrictEqual([1, 1, 1])
      await cache.invalidateTags(['of b'])
      expect([...(await read()).values()]).toStrictEqual([1, 2, 1])
      await cache.invalidateTags(['all'])
      expect([...(await read(['all'])).values()]).toStrictEqual([3, 3, 3])
      expect(loads).toBe(3)
    })

    test('of a typed cache and a wrapped function come from the value and the arguments', async ({ cache }) => {
      const schema = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const
      const books = cache.typed<number, { author: number }, unknown>({
        key: (id) => `book:${id}`,
        schema: schema as never,
        tags: ({ author }) => [`author:${author}`],
      })
      let finds = 0
      const find = cache.wrap(async (id: number) => [id, ++finds], {
        key: (id) => `f${id}`,
        tags: (id) => [`id:${id}`],
      })
      await books.set(1, { author: 7 })
      await books.setMany([
        [2, { author: 7 }],
        [3, { author: 8 }],
      ])
      await books.getOrSet(4, () => ({ author: 7 }))
      await books.getOrSetMany([5], (ids) => ids.map((id) => [id, { author: 7 }] as const))
      expect((await books.getMany([1, 2, 3, 4, 5])).size).toBe(5)
      expect([await find(1), await find(2)]).toStrictEqual([
        [1, 1],
        [2, 2],
      ])
      await cache.invalidateTags(['author:7', 'id:2'])
      expect([...(await books.getMany([1, 2, 3, 4, 5])).keys()]).toStrictEqual([3])
      expect([await find(1), await find(2)]).toStrictEqual([
        [1, 1],
        [2, 3],
      ])
    })

    test('of a typed cache are an array of texts, and made of what its schema accepts', async ({ cache }) => {
      const books = cache.typed<number, Book, Book>({ key: (id) => id, schema: bookSchema, tags: ({ by }) => by.tags })
      const [good, bad, other] = [{ by: { tags: ['author:7'] } }, { by: { tags: 'author:7' as never } }, {} as Book]
      const tags = 'author:7' as never
      const refused: readonly (readonly [what: string, write: () => Promise<unknown>, error: string])[] = [
        ['a value that does not fit', () => books.set(1, other), 'E_SCHEMA'],
        [
          'one of many',
          () =>
            books.setMany([
              [1, good],
              [2, other],
            ]),
          'E_SCHEMA',
        ],
        ['one of many, with tags of the call', () => books.setMany([[2, other]], { tags: keyTags }), 'E_SCHEMA'],
        ['a text in place of tags', () => books.set(1, bad), 'E_CONFIG typed.tags'],
        [
          'a text of one of many',
          () =>
            books.setMany([
              [1, good],
              [2, bad],
            ]),
          'E_CONFIG typed.tags',
        ],
        ['a text of what is loaded', () => books.getOrSet(1, () => bad), 'E_CONFIG typed.tags'],
        ['a text of one of what is loaded', () => books.getOrSetMany([1], () => [[1, bad]]), 'E_CONFIG typed.tags'],
        ['a text of the call', () => books.set(1, good, { tags }), 'E_CONFIG set().tags'],
        ['a text of the call, for many', () => books.setMany([[1, good]], { tags }), 'E_CONFIG setMany().tags'],
        ['an empty tag', () => books.set(1, { by: { tags: [''] } }), 'E_KEY'],
      ]
      for (const [what, write, error] of refused)
        expect([what, await write().catch(codeAndPath)]).toStrictEqual([what, error])
      expect((await cache.getMany([1, 2])).size).toBe(0)
      expect(await books.setMany([[1, good]], { tags: () => ['all'] })).toStrictEqual([])
      await cache.invalidateTags(['a'])
      expect(await books.get(1)).toStrictEqual(good)
      await cache.invalidateTags(['all'])
      expect(await books.get(1)).toBeUndefined()
    })

    test('of a memo are forgotten with what it has read', async ({ cache }) => {
      const memo = cache.memo()
      let loads = 0
      const read = (): Promise<number> => memo.getOrSet('k', () => ++loads, { tags: ['a'] })
      expect([await read(), await read()]).toStrictEqual([1, 1])
      await memo.invalidateTags(['a'])
      expect(await read()).toBe(2)
    })

    test('a memo writes them, in every way', async ({ cache }) => {
      const ways: readonly (readonly [what: string, write: (memo: ReturnType<Cache['memo']>) => Promise<unknown>])[] = [
        ['set', (memo) => memo.set('k', { n: 1 }, { tags: ['x'] })],
        ['add', (memo) => memo.add('k', { n: 1 }, { tags: ['x'] })],
        ['setMany', (memo) => memo.setMany({ k: { n: 1 } }, { tags: ['x'] })],
        ['pipeline', (memo) => memo.pipeline((line) => [line.set('k', { n: 1 }, { tags: ['x'] })])],
        ['getOrSet', (memo) => memo.getOrSet('k', () => ({ n: 1 }), { tags: ['x'], waitForWrite: true })],
        ['getOrSet of nothing', (memo) => memo.getOrSet('k', () => undefined, { ...absence, waitForWrite: true })],
        ['typed', (memo) => memo.typed(numbered).set(1, { n: 1 })],
        ['memo of typed', () => cache.typed(numbered).memo().set(1, { n: 1 })],
      ]
      for (const [what, write] of ways) {
        await cache.delete('k')
        await write(cache.memo())
        await cache.invalidateTags(['x'])
        let loads = 0
        await cache.getOrSet('k', () => ++loads, { negativeTtl: '1h' })
        expect([what, loads]).toStrictEqual([what, 1])
      }
    })

    test('an invalidation keeps a number, and a key for each tag that expires after 31 days', async ({ cache }) => {
      await cache.invalidateTags(['a', 'b', 'a'])
      if ((await cache.command(['DBSIZE'])) === 3)
        expect(await ownKeys(cache)).toStrictEqual([':@1:tag:{}:a', ':@1:tag:{}:b', ':@1:tags:{}:sequence'])
    })
  },
  { format: 'framed' },
)
