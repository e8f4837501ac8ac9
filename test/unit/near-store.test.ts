import { expect, test } from 'vitest'
import { Copy } from '../../src/cache/near/copy.js'
import type { ReplySource } from '../../src/clients/client.js'
import { NearStore } from '../../src/cache/near/near-store.js'
import { resolveNear, type NearLimits } from '../../src/cache/near/options.js'
import { ReadsInFlight } from '../../src/cache/near/reads-in-flight.js'
import { slotOf } from '../../src/keys/slot.js'
import { codecOf } from '../support/codecs.js'
import { cpuGrowth } from '../support/cpu-growth.js'

const codec = codecOf()

function storeWith(copies: Readonly<Record<string, readonly string[]>>): NearStore {
  const store = new NearStore(resolveNear(true, 'near') as NearLimits, '')
  for (const [key, tagKeys] of Object.entries(copies)) hold(store, key, tagKeys)
  return store
}

function hold(
  store: NearStore,
  key: string,
  tagKeys: readonly string[] = [],
  source: ReplySource = { address: 'a:1', generation: 1 },
): void {
  const read = store.begin(key)
  const held = { stored: '1', value: 1, fields: {}, clone: 'none', until: Infinity } as const
  store.keep(read, new Copy({ codec, key, source, tagKeys, ...held }))
  store.end(read)
}

function heldOf(store: NearStore, keys: readonly string[]): readonly string[] {
  return keys.filter((key) => store.find(key, codec, 0) !== undefined)
}

test('slots that move take along the copies of their keys and of their tags, those held since the first move too', () => {
  const store = storeWith({ a: [], b: ['tag'], c: [] })
  store.moved(new Set([slotOf('a')]))
  expect(heldOf(store, ['a', 'b', 'c'])).toStrictEqual(['b', 'c'])
  hold(store, 'd')
  hold(store, 'e', ['tag'])
  store.moved(new Set([slotOf('d'), slotOf('tag')]))
  expect(heldOf(store, ['b', 'c', 'd', 'e'])).toStrictEqual(['c'])
  expect(store.stats.flushes.slots).toBe(2)
})

test('a lost connection takes along what was read from its server by any connection, and nothing of other servers', () => {
  const store = storeWith({})
  for (const generation of [1, 2, 3]) hold(store, `a${generation}`, [], { address: 'a:1', generation })
  hold(store, 'b', [], { address: 'b:1', generation: 1 })
  const read = store.begin('c')
  store.lost('a:1')
  expect(heldOf(store, ['a1', 'a2', 'a3', 'b'])).toStrictEqual(['b'])
  expect(read.valid).toBe(false)
})

test('an announcement counts all that it drops: a tag as many as have it, a key that is not held none', () => {
  const store = storeWith({ a: ['tag'], b: ['tag', 'other'], c: [], d: [] })
  const counts = ['tag', 'c', 'e', 'tag'].map((key) => {
    store.invalidated([key], 'a:1')
    return store.stats.invalidations
  })
  expect(counts).toStrictEqual([2, 3, 3, 3])
  expect(heldOf(store, ['a', 'b', 'c', 'd'])).toStrictEqual(['d'])
})

test('a write of keys that are not known voids the reads that it may affect, and the copies that have such a tag', () => {
  const store = storeWith({ a: [], b: ['tag'] })
  const [mine, other] = [store.begin('tag'), store.begin('c')]
  store.onWriteWhere((key) => key === 'tag')
  expect([mine.valid, other.valid]).toStrictEqual([false, true])
  expect(heldOf(store, ['a', 'b'])).toStrictEqual(['a'])
})

test('a read that is kept voids those of its key that began before, and none that began after', () => {
  const reads = new ReadsInFlight()
  const [first, second, third] = [reads.begin('k'), reads.begin('k'), reads.begin('k')]
  reads.keep(second)
  expect([first.valid, second.valid, third.valid]).toStrictEqual([false, true, true])
  for (const read of [third, first, second]) reads.end(read)
  expect(reads.size).toBe(0)
})

test('what many reads of one key cost grows with their number, and not with its square', () => {
  const growth = cpuGrowth(2_000, (length) => {
    const reads = new ReadsInFlight()
    const all = Array.from({ length }, () => reads.begin('k'))
    for (const read of all) reads.keep(read)
    for (const read of all) reads.end(read)
  })
  expect(growth).toBeLessThan(30)
})

test('what replies cost that say that slots have moved grows with their number, and not with the copies that there are', () => {
  const growth = cpuGrowth(500, (length) => {
    const store = storeWith(Object.fromEntries(Array.from({ length }, (_, n) => [`k:${n}`, []])))
    for (let slot = 0; slot < length; slot++) store.moved(new Set([slot]))
  })
  expect(growth).toBeLessThan(30)
})
