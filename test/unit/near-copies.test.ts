import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import {
  createCaches,
  type Cache,
  type CacheOptions,
  type Serializer,
  type StandardSchema,
  type TypedCache,
} from '../../src/index.js'

type Price = { readonly price: number }
const inCents: StandardSchema<Price, Price> = {
  '~standard': {
    version: 1,
    validate: (value) => ({ value: { price: (value as Price).price * 100 } }),
  },
}
const key = (id: number): string => `price:${id}`

function cacheOf(options: Partial<CacheOptions> = {}): Cache {
  return createCaches({ cache: { location: 'memory://', ...options } as CacheOptions }).cache
}

test.for<[name: string, options: Partial<CacheOptions>]>([
  ['as usual', {}],
  ['frozen', { near: true }],
  ['all the same', { clone: 'none' }],
  ['without a near cache', { near: false }],
])('a memo of a typed cache has the schema make a value once, %s', async ([, options]) => {
  const cache = cacheOf(options)
  const prices = cache.typed({ key, schema: inCents })
  await prices.set(1, { price: 1 })
  for (const memo of [prices.memo(), prices.memo(), cache.memo().typed({ key, schema: inCents })]) {
    for (let time = 0; time < 3; time++) expect(await memo.get(1)).toStrictEqual({ price: 100 })
    expect(await memo.getMany([1])).toStrictEqual(new Map([[1, { price: 100 }]]))
    expect(await memo.getOrSet(1, () => ({ price: 2 }))).toStrictEqual({ price: 100 })
  }
  for (const memo of [prices.memo(), prices.memo()]) {
    const load = (): Promise<Price> => memo.getOrSet(2, () => ({ price: 2 }))
    for (let time = 0; time < 3; time++) expect(await load()).toStrictEqual({ price: 200 })
    expect(await memo.get(2)).toStrictEqual({ price: 200 })
  }
})

test.for([{}, { near: true }])('a memo joins a load of its typed cache, %o', async (options) => {
  const prices = cacheOf(options).typed({ key, schema: inCents })
  const memo = prices.memo()
  const load = (): Promise<Price> => turn({ price: 1 })
  const both = await Promise.all([prices, memo].map((one) => one.getOrSet(1, load)))
  expect(both).toStrictEqual([{ price: 100 }, { price: 100 }])
  expect(await memo.get(1)).toStrictEqual({ price: 100 })
})

test('a memo of a typed cache gives dates that its schema has made of texts', async () => {
  const schema: StandardSchema<string, Date> = {
    '~standard': {
      version: 1,
      validate: (value) =>
        typeof value === 'string' ? { value: new Date(value) } : { issues: [{ message: 'expected a text' }] },
    },
  }
  const dates = cacheOf().typed({ key, schema })
  const day = '2026-01-02T00:00:00.000Z'
  await dates.set(1, day)
  for (const memo of [dates.memo(), dates.memo()])
    for (let time = 0; time < 2; time++) {
      const date = await memo.get(1)
      expect(date).toStrictEqual(new Date(day))
      date?.setTime(0)
    }
})

describe('a copy whose value cannot be read any more is no hit', () => {
  const readings: [name: string, read: (cache: TypedCache<number, Box, Box>) => Promise<unknown>, answer: unknown][] = [
    ['get', (boxes) => boxes.get(1), undefined],
    ['getMany', async (boxes) => (await boxes.getMany([1])).get(1), undefined],
    ['getOrSet', (boxes) => boxes.getOrSet(1, () => ({ at: new Date(5) })), { at: new Date(5) }],
    [
      'getOrSetMany',
      async (boxes) => (await boxes.getOrSetMany([1], () => [[1, { at: new Date(5) }]])).get(1),
      { at: new Date(5) },
    ],
  ]
  interface Box {
    readonly at: Date
  }
  test.for(readings)('a schema does not take it: %s', async ([, read, answer]) => {
    let fits = true
    const schema: StandardSchema<Box, Box> = {
      '~standard': {
        version: 1,
        validate: (value) =>
          fits || (value as Box).at.getTime() === 5 ? { value: value as Box } : { issues: [{ message: 'too old' }] },
      },
    }
    const boxes = cacheOf({ serializer: 'v8' }).typed({ key, schema })
    await boxes.set(1, { at: new Date(0) })
    for (let time = 0; time < 2; time++) expect(await boxes.get(1)).toStrictEqual({ at: new Date(0) })
    fits = false
    expect(await read(boxes)).toStrictEqual(answer)
  })

  test.for(readings)('its serializer throws: %s', async ([, read, answer]) => {
    let works = true
    const serializer: Serializer = {
      name: 'own',
      serialize: (value) => String((value as Box).at.getTime()),
      deserialize: (bytes) => {
        const time = Number(Buffer.from(bytes).toString())
        if (!works && time !== 5) throw new Error('not now')
        return { at: new Date(time) }
      },
    }
    const cache = cacheOf({ serializer, failSafe: true })
    const boxes = cache.typed({ key, schema: anything<Box>() })
    await boxes.set(1, { at: new Date(0) })
    for (let time = 0; time < 2; time++) expect(await boxes.get(1)).toStrictEqual({ at: new Date(0) })
    works = false
    expect(await read(boxes)).toStrictEqual(answer)
  })
})

test('a schema that refuses a stored value is asked once for each read', async () => {
  let asked = 0
  const schema: StandardSchema<Price, Price> = {
    '~standard': {
      version: 1,
      validate: () => {
        asked++
        return { issues: [{ message: 'too dear' }] }
      },
    },
  }
  const cache = cacheOf()
  const prices = cache.typed({ key, schema })
  await cache.set(key(1), { price: 1 })
  for (let reads = 1; reads <= 3; reads++) {
    expect(await prices.get(1)).toBeUndefined()
    expect(asked).toBe(reads)
  }
})

function anything<Value>(): StandardSchema<Value, Value> {
  return { '~standard': { version: 1, validate: (value) => ({ value: value as Value }) } }
}

test('what a schema makes of a loaded value is frozen as what is read is, and the loader keeps its own', async () => {
  const schema: StandardSchema<{ list: number[] }, { list: number[] }> = anything()
  const lists = cacheOf({ near: true }).typed({ key, schema })
  const loaded = { list: [1] }
  const one = await lists.getOrSet(1, () => loaded)
  const many = await lists.getOrSetMany([2], () => [[2, loaded]])
  for (const value of [one, many.get(2), await lists.get(1)]) {
    expect(value).toStrictEqual(loaded)
    expect([Object.isFrozen(value), Object.isFrozen(value?.list)]).toStrictEqual([true, true])
  }
  expect(Object.isFrozen(loaded.list)).toBe(false)
  expect(await lists.getOrSet(3, () => loaded, { share: true })).toBe(loaded)
})

test.for<[name: string, read: (cache: Cache, signal: AbortSignal) => Promise<unknown>]>([
  ['get', (cache, signal) => cache.get('k', { signal })],
  ['getMany', (cache, signal) => cache.getMany(['k'], { signal })],
  ['getOrSet', (cache, signal) => cache.getOrSet('k', () => 2, { signal })],
  ['getOrSetMany', (cache, signal) => cache.getOrSetMany(['k'], () => [['k', 2]], { signal })],
])('a signal that is aborted already ends a read of what is held: %s', async ([, read]) => {
  const cache = cacheOf()
  await cache.set('k', 1)
  await cache.get('k')
  const reason = new Error('too late')
  await expect(read(cache, AbortSignal.abort(reason))).rejects.toBe(reason)
})
