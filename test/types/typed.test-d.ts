import * as v from 'valibot'
import { expectTypeOf, test } from 'vitest'
import * as z from 'zod'
import { createCaches, type StandardSchema, type TypedCache } from '../../src/index.js'

const { cache } = createCaches({ cache: {} })

const users = cache.typed({
  key: (id: number) => `user:${id}`,
  schema: z.object({ name: z.string(), since: z.coerce.date(), tags: z.array(z.string()).default([]) }),
  ttl: '10m',
})
interface UserIn {
  name: string
  since: unknown
  tags?: string[] | undefined
}
interface User {
  name: string
  since: Date
  tags: string[]
}

test('keys have the type that the key function takes', () => {
  expectTypeOf(users.get).parameter(0).toEqualTypeOf<number>()
  expectTypeOf(users.delete).parameter(0).toEqualTypeOf<number>()
  expectTypeOf(users.has).parameter(0).toEqualTypeOf<number>()
  expectTypeOf(users.touch).parameter(0).toEqualTypeOf<number>()
  expectTypeOf(users.getMany).parameter(0).toEqualTypeOf<Iterable<number>>()
  const orders = cache.typed({
    key: ({ shop, id }: { shop: string; id: number }) => `${shop}:order:${id}`,
    schema: v.string(),
  })
  expectTypeOf(orders.get).parameter(0).toEqualTypeOf<{ shop: string; id: number }>()
  // @ts-expect-error a number is asked for
  void users.get('7')
  // @ts-expect-error both parts are asked for
  void orders.get({ shop: 'main' })
  // @ts-expect-error a key is a text or a number
  cache.typed({ key: (id: number) => ({ id }), schema: v.string() })
})

test('reading gives what the schema makes', () => {
  expectTypeOf(users.get(7)).resolves.toEqualTypeOf<User | undefined>()
  expectTypeOf(users.getMany([7])).resolves.toEqualTypeOf<Map<number, User>>()
})

test('writing takes what the schema takes', () => {
  expectTypeOf(users.set).parameter(1).toEqualTypeOf<UserIn>()
  expectTypeOf(users.setMany).parameter(0).toEqualTypeOf<Iterable<readonly [number, UserIn]>>()
  expectTypeOf(users.setMany([])).resolves.toEqualTypeOf<number[]>()
  void users.set(7, { name: 'Ada', since: '1842-01-01' })
  // @ts-expect-error a name is a text
  void users.set(7, { name: 1, since: '1842-01-01' })
  // @ts-expect-error the name is missing
  void users.setMany([[7, { since: '1842-01-01' }]])
})

test('a loader gives what the schema takes, and the caller gets what it makes', () => {
  expectTypeOf(users.getOrSet(7, () => ({ name: 'Ada', since: 0 }))).resolves.toEqualTypeOf<User>()
  expectTypeOf(
    users.getOrSet(7, async () => (Math.random() < 0.5 ? { name: 'Ada', since: 0 } : undefined)),
  ).resolves.toEqualTypeOf<User | undefined>()
  // @ts-expect-error a name is a text
  void users.getOrSet(7, () => ({ name: 1, since: 0 }))
})

test('a loader of many takes parts, and gives parts and what the schema takes', () => {
  expectTypeOf(
    users.getOrSetMany([7], async (missing, { setTtl, stale }) => {
      expectTypeOf(missing).toEqualTypeOf<number[]>()
      expectTypeOf(stale).toEqualTypeOf<ReadonlyMap<number, unknown>>()
      setTtl('1m', 7)
      return missing.map((id) => [id, { name: 'Ada', since: 0 }] as const)
    }),
  ).resolves.toEqualTypeOf<Map<number, User>>()
  // @ts-expect-error a name is a text
  void users.getOrSetMany([7], () => [[7, { name: 1, since: 0 }]])
})

test('a wrapped function takes what the key is made of, and gives what the schema makes', () => {
  const find = users.wrap(async (id: number) => ({ name: `user ${id}`, since: 0 }), { ttl: '1m' })
  expectTypeOf(find).parameters.toEqualTypeOf<[part: number]>()
  expectTypeOf(find(7)).resolves.toEqualTypeOf<User>()
  expectTypeOf(
    users.wrap(() => (Math.random() < 0.5 ? { name: 'Ada', since: 0 } : undefined))(7),
  ).resolves.toEqualTypeOf<User | undefined>()
  // @ts-expect-error a name is a text
  users.wrap(() => ({ name: 1, since: 0 }))
  // @ts-expect-error the key comes from the definition
  users.wrap(() => ({ name: 'Ada', since: 0 }), { key: () => 'k' })
  expectTypeOf(users.memo()).toEqualTypeOf(users)
})

test('valibot is understood as well, and so is any schema of the standard', () => {
  const lengths = cache.typed({
    key: (word: string) => word,
    schema: v.pipe(
      v.string(),
      v.transform((text) => text.length),
    ),
  })
  expectTypeOf(lengths).toEqualTypeOf<TypedCache<string, string, number>>()
  const own = {} as StandardSchema<'in', 'out'>
  expectTypeOf(cache.typed({ key: (word: string) => word, schema: own })).toEqualTypeOf<
    TypedCache<string, 'in', 'out'>
  >()
  // @ts-expect-error not a schema
  cache.typed({ key: (word: string) => word, schema: { parse: () => 1 } })
  // @ts-expect-error no such option
  cache.typed({ key: (word: string) => word, schema: own, lifetime: 5 })
})
