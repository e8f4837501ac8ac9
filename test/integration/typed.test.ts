import * as v from 'valibot'
import { describe, expect } from 'vitest'
import * as z from 'zod'
import { ConfigurationError, KeyError, SchemaError, type Cache, type StandardSchema } from '../../src/index.js'
import { test as base } from '../support/caches.js'

const schema = z.object({ name: z.string(), since: z.coerce.date(), admin: z.boolean().default(false) })
const ada = { name: 'Ada', since: new Date('1842-01-01') }

const test = base
  .extend('users', ({ cache }) => usersOf(cache))
  // oxlint-disable-next-line no-empty-pattern -- vitest reads a fixture's needs from this pattern
  .extend('warnings', ({}, { onCleanup }) => {
    const seen: (Error & { code?: string })[] = []
    const note = (warning: Error): void => void seen.push(warning)
    process.on('warning', note)
    onCleanup(() => void process.off('warning', note))
    return seen
  })

describe('a typed cache', () => {
  test('stores what the schema takes and reads what it makes', async ({ server, users }) => {
    expect(await users.set(7, ada)).toBe(true)
    expect(await server.command('GET', ':1:user:7')).toBe('{"name":"Ada","since":"1842-01-01T00:00:00.000Z"}')
    expect(await users.get(7)).toStrictEqual({ ...ada, admin: false })
    expect(await users.get(8)).toBeUndefined()
  })

  test('has the ttl of its definition, then that of the cache; a call wins', async ({ server, cache, users }) => {
    const plain = cache.typed({ key: (id: number) => id, schema: z.string() })
    await users.set(7, ada)
    await users.setMany([[8, ada]])
    await users.getOrSet(9, () => ada, { waitForWrite: true })
    await users.set(10, ada, { ttl: '1m' })
    await plain.set(7, 'x')
    const left = async (key: string): Promise<number> => Number(await server.command('PTTL', key))
    for (const id of [7, 8, 9]) expectWithin(await left(`:1:user:${id}`), 600_000)
    expectWithin(await left(':1:user:10'), 60_000)
    expectWithin(await left(':1:7'), 300_000)
    expect(await users.touch(10)).toBe(true)
    expectWithin(await left(':1:user:10'), 600_000)
  })

  test('reads and writes many under their parts', async ({ cache }) => {
    const orders = cache.typed({
      key: ({ shop, id }: { shop: string; id: number }) => `${shop}:order:${id}`,
      schema: v.object({ lines: v.number() }),
    })
    const [one, two, none] = [
      { shop: 'main', id: 1 },
      { shop: 'main', id: 2 },
      { shop: 'side', id: 1 },
    ]
    const entries = [
      [one, { lines: 1 }],
      [two, { lines: 2 }],
    ] as const
    expect(await orders.setMany(entries)).toStrictEqual([])
    expect([...(await orders.getMany([two, none, one]))]).toStrictEqual([entries[1], entries[0]])
    expect(await cache.get('main:order:2')).toStrictEqual({ lines: 2 })
    expect(await orders.getMany([])).toStrictEqual(new Map())
  })

  test('says which of many were refused by the server', async ({ server, users }) => {
    await server.command('CONFIG', 'SET', 'maxmemory', '1')
    try {
      expect(
        await users.setMany([
          [7, ada],
          [8, ada],
        ]),
      ).toStrictEqual([7, 8])
    } finally {
      await server.command('CONFIG', 'SET', 'maxmemory', '0')
    }
  })

  test('deletes, looks and keeps conditions', async ({ users }) => {
    expect(await users.set(7, ada, { xx: true })).toBe(false)
    expect(await users.set(7, ada, { nx: true })).toBe(true)
    expect([await users.has(7), await users.has(8)]).toStrictEqual([true, false])
    expect([await users.delete(7), await users.delete(7)]).toStrictEqual([true, false])
  })

  test('takes versions as the cache does', async ({ users }) => {
    await users.set(7, ada, { version: 2 })
    expect(await users.get(7)).toBeUndefined()
    expect(await users.get(7, { version: 2 })).toMatchObject({ name: 'Ada' })
  })
})

describe('a stored value that does not fit', () => {
  test('is a miss, alone and among others', async ({ cache, users }) => {
    await cache.set('user:7', { name: 7 })
    await users.set(8, ada)
    expect(await users.get(7)).toBeUndefined()
    expect([...(await users.getMany([7, 8])).keys()]).toStrictEqual([8])
    expect(await users.has(7)).toBe(true)
  })

  test('is reported once a second at most, without what it is', async ({ cache, users, warnings }) => {
    await cache.setMany({ 'user:7': { name: 4711, since: 0 }, 'user:8': 4711 })
    await users.getMany([7, 8])
    await users.get(7)
    await new Promise((resolve) => setImmediate(resolve))
    expect(warnings.map(({ code, message }) => [code, message])).toStrictEqual([
      [
        'VALKEY_CACHE_SCHEMA',
        "Cache 'cache' takes a stored value as a miss: The value of ':1:user:7' does not fit its schema at 'name'; see issues.",
      ],
    ])
  })

  test('is loaded anew by getOrSet', async ({ cache, users }) => {
    await cache.set('user:7', { name: 7 })
    expect(await users.getOrSet(7, () => ada)).toStrictEqual({ ...ada, admin: false })
    expect(await users.get(7)).toStrictEqual({ ...ada, admin: false })
  })
})

describe('getOrSet', () => {
  test('gives the same at first and later: what the schema makes', async ({ cache }) => {
    let loads = 0
    const lengths = cache.typed({
      key: (word: string) => `length:${word}`,
      schema: v.pipe(
        v.string(),
        v.transform((text) => text.length),
      ),
    })
    const load = async (): Promise<string> => `${++loads}`.padStart(5, 'x')
    const all = [lengths.getOrSet('a', load), lengths.getOrSet('a', load)]
    expect(await Promise.all(all)).toStrictEqual([5, 5])
    expect([await lengths.getOrSet('a', load), loads, await cache.get('length:a')]).toStrictEqual([5, 1, 'xxxx1'])
  })

  test('passes undefined on and keeps nothing', async ({ users }) => {
    expect(await users.getOrSet(7, () => undefined)).toBeUndefined()
    expect(await users.has(7)).toBe(false)
  })

  test('goes on when there are no servers', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: `valkey://${ownServer.address}`, readDeadline: 200 } })
    await ownServer.kill()
    expect(await usersOf(cache).getOrSet(7, () => ada)).toStrictEqual({ ...ada, admin: false })
  })
})

describe('what the schema does not take is not stored', () => {
  const wrong = { name: 4711, since: 0 } as unknown as typeof ada

  test('and the error says where, and not what', async ({ users }) => {
    const error = await users.set(7, wrong).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(SchemaError)
    expect(error).toMatchObject({ code: 'E_SCHEMA', key: ':1:user:7', retryable: false })
    expect((error as SchemaError).message).toBe(
      "The value of ':1:user:7' does not fit its schema at 'name'; see issues.",
    )
    expect((error as SchemaError).issues).toStrictEqual([{ path: 'name', message: expect.any(String) }])
    expect(await users.has(7)).toBe(false)
  })

  test('by setMany, of none, and by getOrSet', async ({ users }) => {
    const entries = [
      [7, ada],
      [8, wrong],
    ] as const
    await expect(users.setMany(entries)).rejects.toMatchObject({ name: SchemaError.name, key: ':1:user:8' })
    await expect(users.getOrSet(9, () => wrong)).rejects.toMatchObject({ name: SchemaError.name, key: ':1:user:9' })
    for (const id of [7, 8, 9]) expect(await users.has(id)).toBe(false)
  })

  test('deep in a value, with a path of names', async ({ cache }) => {
    const deep = cache.typed({
      key: () => 'deep',
      schema: v.object({ lines: v.array(v.object({ amount: v.number() })) }),
    })
    const value = { lines: [{ amount: 1 }, { amount: '2' as unknown as number }] }
    await expect(deep.set(undefined, value)).rejects.toMatchObject({ issues: [{ path: 'lines.1.amount' }] })
    await expect(deep.set(undefined, [] as never)).rejects.toMatchObject({
      message: expect.stringContaining("at 'lines'"),
    })
    await expect(deep.set(undefined, 5 as never)).rejects.toMatchObject({
      message: expect.stringContaining('at the value itself'),
    })
  })
})

test('a schema may take its time', async ({ cache }) => {
  const known = z.string().refine(async (name) => {
    await new Promise((resolve) => setImmediate(resolve))
    return name !== 'nobody'
  })
  const names = cache.typed({ key: (id: number) => `name:${id}`, schema: known })
  await names.set(1, 'Ada')
  await cache.set('name:2', 'nobody')
  expect([await names.get(1), await names.get(2)]).toStrictEqual(['Ada', undefined])
  await expect(names.set(3, 'nobody')).rejects.toBeInstanceOf(SchemaError)
})

test('a schema that fails in itself is an error, not a miss', async ({ cache }) => {
  const broken: StandardSchema<string> = {
    '~standard': {
      version: 1,
      validate: () => {
        throw new RangeError('as it happens')
      },
    },
  }
  const typed = cache.typed({ key: (id: number) => id, schema: broken })
  await cache.set(7, 'x')
  await expect(typed.get(7)).rejects.toBeInstanceOf(RangeError)
  await expect(typed.set(7, 'y')).rejects.toBeInstanceOf(RangeError)
})

test('a definition that is none is refused at once', ({ cache }) => {
  const key = (id: number): string => `user:${id}`
  expect(() => cache.typed({ key: 'user' as never, schema })).toThrow(ConfigurationError)
  expect(() => cache.typed({ key, schema: {} as never })).toThrow(ConfigurationError)
  expect(() => cache.typed({ key, schema: undefined as never })).toThrow(ConfigurationError)
  expect(() => cache.typed({ key, schema, ttl: '5 minutes' as '5m' })).toThrow(ConfigurationError)
  expect(() => cache.typed({ key, schema, tll: '5m' } as never)).toThrow(/^typed\(\)\.tll: .*did you mean ttl\?/)
  expect(() => cache.typed(undefined as never)).toThrow(ConfigurationError)
})

test('a key that is none rejects', async ({ cache }) => {
  const typed = cache.typed({ key: (id: string) => id, schema: z.string() })
  await expect(typed.get('')).rejects.toBeInstanceOf(KeyError)
  const failing = cache.typed({
    key: (): string => {
      throw new RangeError('as it happens')
    },
    schema: z.string(),
  })
  await expect(failing.get(undefined)).rejects.toBeInstanceOf(RangeError)
})

function usersOf(cache: Cache) {
  return cache.typed({ key: (id: number) => `user:${id}`, schema, ttl: '10m' })
}

function expectWithin(left: number, asked: number): void {
  expect(left).toBeLessThanOrEqual(asked)
  expect(left).toBeGreaterThan(asked - 5_000)
}
