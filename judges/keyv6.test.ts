import fc from 'fast-check'
import Keyv from 'keyv-6'
import { expect } from 'vitest'
import { keyvStore } from '../src/adapters/keyv/index.js'
import { rejection } from '../test/support/rejection.js'
import { unusable } from './support/unusable.js'
import { at, test } from '../test/support/caches.js'

type Step = (keyv: Keyv) => unknown

const names = fc.constantFrom('a', 'b', 'c', 'a:b', 'n::a', 'ns:a', '[a]', '*', 'ü')
const values = fc.oneof(
  fc.jsonValue(),
  fc.bigInt(),
  fc.constantFrom(undefined, ':text', '', Buffer.from('bytes'), new Uint8Array([0, 255])),
)
const ttls = fc.constantFrom(undefined, 0, -1, 3_600_000, 3_600_000.5)

const steps: fc.Arbitrary<readonly [name: string, step: Step]> = fc.oneof(
  fc
    .tuple(names, values, ttls)
    .map(([key, value, ttl]) => [`set ${key}`, (keyv: Keyv) => keyv.set(key, value, ttl)] as const),
  names.map((key) => [`get ${key}`, (keyv: Keyv) => keyv.get(key)] as const),
  names.map((key) => [`delete ${key}`, (keyv: Keyv) => keyv.delete(key)] as const),
  fc.array(names).map((keys) => [`getMany ${keys.join()}`, (keyv: Keyv) => keyv.get(keys)] as const),
  fc.array(names).map((keys) => [`hasMany ${keys.join()}`, (keyv: Keyv) => keyv.hasMany(keys)] as const),
  fc.uniqueArray(names).map((keys) => [`deleteMany ${keys.join()}`, (keyv: Keyv) => keyv.delete(keys)] as const),
  fc
    .uniqueArray(fc.record({ key: names, value: values }), { selector: ({ key }) => key })
    .map(
      (entries) => [`setMany ${entries.map(({ key }) => key).join()}`, (keyv: Keyv) => keyv.setMany(entries)] as const,
    ),
  fc.constant(['entries', entriesOf] as const),
  fc.constant(['clear', (keyv: Keyv) => keyv.clear()] as const),
)

test.for([undefined, 'n', 'n:[a]*'])(
  'Keyv 6, namespace %s: what comes of any steps is what its own memory makes of them',
  async (namespace, { cache }) => {
    const options = namespace === undefined ? {} : { namespace }
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 25 }), async (asked) => {
        await cache.clear()
        const [ours, memory] = [new Keyv({ store: keyvStore(cache, { keyv: 6 }), ...options }), new Keyv(options)]
        for (const [name, step] of asked) expect([name, await step(ours)]).toEqual([name, await step(memory)])
        expect(await entriesOf(ours)).toEqual(await entriesOf(memory))
      }),
      { numRuns: 40 },
    )
  },
)

test('two namespaces of Keyv 6 in one cache do not see each other', async ({ cache }) => {
  const [one, other] = ['one', 'other'].map(
    (namespace) => new Keyv({ store: keyvStore(cache, { keyv: 6 }), namespace }),
  )
  await Promise.all([one?.set('key', 1), other?.set('key', 2)])
  await one?.clear()
  expect([await one?.get('key'), await other?.get('key')]).toEqual([undefined, 2])
  expect(await cache.keys('*')).toEqual(['other::key'])
})

test('Keyv 6 bridges a store for Keyv 5: it puts its namespaces before the keys', async ({ cache }) => {
  const [one, other] = ['one', 'other'].map((namespace) => new Keyv({ store: keyvStore(cache), namespace }))
  await Promise.all([one?.set('key', 1, 60_000), other?.set('key', 2)])
  expect((await cache.keys('*')).sort()).toEqual(['one::key', 'other::key'])
  expect(await cache.ttl('one::key')).toBeLessThanOrEqual(60_000)
  expect([await one?.get('key'), await other?.get(['key', 'none'])]).toEqual([1, [2, undefined]])
  await one?.clear()
  expect(await cache.keys('*')).toEqual(['other::key'])
  expect(await one?.setMany([{ key: 'a', value: 1 }])).toEqual([true])
})

test('values end when Keyv 6 says, and no value is kept for a moment that has passed', async ({ cache }) => {
  const store = keyvStore(cache, { keyv: 6 })
  const keyv = new Keyv({ store })
  await keyv.set('key', 'value', 60_000)
  expect(await cache.ttl('key')).toBeGreaterThan(0)
  expect(await cache.ttl('key')).toBeLessThanOrEqual(60_000)
  await store.set('key', '{"value":1}', Date.now() - 1)
  expect(await keyv.has('key')).toBe(false)
  await store.set('key', '{"value":1}', null as never)
  expect(await cache.ttl('key')).toBe(null)
})

test('an outage reaches whoever asks Keyv 6, whatever the cache does by itself', async ({ ownServer, make }) => {
  const { cache } = make({ cache: { location: at(ownServer), failSafe: true, readDeadline: 500 } })
  const keyv = new Keyv({ store: keyvStore(cache, { keyv: 6 }) })
  await keyv.set('key', 1)
  ownServer.pause()
  expect((await rejection(keyv.get('key'))).error).toMatchObject({ code: unusable })
})

async function entriesOf(keyv: Keyv): Promise<unknown[]> {
  const entries: [string, unknown][] = []
  for await (const [key, value] of keyv.iterator?.() ?? []) entries.push([key, value])
  return entries.sort(([one], [other]) => (one < other ? -1 : 1))
}
