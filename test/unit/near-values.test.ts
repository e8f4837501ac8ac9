import { describe, expect, test } from 'vitest'
import { Copy, holdingOf } from '../../src/cache/near/copy.js'
import { servedUntil, type Reading } from '../../src/cache/near/lifetime.js'
import type { CloneMode } from '../../src/cache/near/options.js'
import { copyOfTree, freezeDeeply, freezeTree, frozenCopyOf, shapeOf } from '../../src/cache/near/plain.js'
import { seenOf } from '../../src/cache/near/seen.js'
import type { Codec } from '../../src/codec/codec.js'
import { noFields, type FrameFields } from '../../src/codec/frame.js'
import type { CodecOptions } from '../../src/codec/options.js'
import type { TextSerializer } from '../../src/codec/serializer.js'
import { TextCodec } from '../../src/codec/text-codec.js'
import type { Value } from '../../src/codec/value.js'
import { eventually } from '../../src/lab/index.js'
import { codecOf } from '../support/codecs.js'
import { bytesHeld } from '../support/heap.js'

const loop: { self?: unknown } = {}
loop.self = loop
const shared = { n: 1 }
const deep = JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`) as unknown

describe('what a value is made of', () => {
  test.for<[name: string, value: unknown, shape: string]>([
    ['a text', 'a', 'tree'],
    ['undefined', undefined, 'tree'],
    ['null in an object', { a: null }, 'tree'],
    ['arrays in objects', { a: [1, { b: [] }] }, 'tree'],
    ['one object in two places', [shared, shared], 'graph'],
    ['an object within itself', loop, 'graph'],
    ['an object without a prototype', Object.create(null), 'graph'],
    ['a field __proto__', JSON.parse('{"__proto__":{"a":1}}'), 'graph'],
    ['very deep arrays', deep, 'graph'],
    ['a Date', { at: new Date(0) }, 'other'],
    ['a Map', new Map(), 'other'],
    ['bytes', [Buffer.from('a')], 'other'],
    ['an instance of a class', new (class Point {})(), 'other'],
    ['an instance of a class of arrays', new (class List extends Array {})(), 'other'],
    ['a function', { f: () => 1 }, 'other'],
    ['a symbol for a name', { [Symbol('s')]: 1 }, 'other'],
  ])('%s', ([, value, shape]) => {
    expect(shapeOf(value)).toBe(shape)
  })

  test('decides in which form it is held', () => {
    expect(holdingOf({ a: 1 }, 'structured').form).toBe('copied')
    expect(holdingOf('a', 'structured').form).toBe('shared')
    expect(holdingOf([shared, shared], 'structured').form).toBe('encoded')
    expect(holdingOf(new Date(), 'freeze').form).toBe('encoded')
    expect(holdingOf(new Date(), 'none').form).toBe('shared')
  })
})

test('freezing reaches everything, also what was frozen on top only, and within itself', () => {
  const top = Object.freeze({ a: { b: [{}] } })
  const ring: { self?: unknown; in: object } = { in: {} }
  ring.self = ring
  for (const value of [top, ring]) freezeDeeply(value)
  expect([top.a, top.a.b, top.a.b[0], ring, ring.in].every((one) => Object.isFrozen(one))).toBe(true)
})

test('a tree is frozen as it is, whatever its depth', () => {
  const tree = { a: [1, { b: [null, 'c', { d: true }] }], e: {} }
  expect(freezeTree(tree)).toBe(tree)
  const objects = [tree, tree.a, tree.a[1], (tree.a[1] as { b: unknown[] }).b[2], tree.e]
  expect(objects.every((one) => Object.isFrozen(one))).toBe(true)
  let deep: unknown = freezeTree(JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)))
  while (Array.isArray(deep)) {
    if (!Object.isFrozen(deep)) throw new Error('a part is not frozen')
    deep = (deep as unknown[])[0]
  }
})

test('a copy of a tree is equal, and shares no object with it', () => {
  const tree = { a: [1, { b: [null, 'c', { d: true }] }], e: {}, f: -0, g: NaN }
  const copy = copyOfTree(tree)
  expect(copy).toStrictEqual(tree)
  expect(Object.is(copy.f, -0)).toBe(true)
  freezeDeeply(tree)
  const objects = [copy, copy.a, copy.a[1], copy.e] as object[]
  expect(objects.some((one) => Object.isFrozen(one))).toBe(false)
})

test('what a loader made is copied before it is frozen, and left alone where it is no plain object', () => {
  const own = { list: [1] }
  const copy = frozenCopyOf(own)
  expect(copy).toStrictEqual(own)
  expect([Object.isFrozen(copy.list), Object.isFrozen(own.list)]).toStrictEqual([true, false])
  const date = new Date(0)
  expect(frozenCopyOf(date)).toBe(date)
})

test('a frozen copy of what is no tree has the same shape, whatever its depth', () => {
  const bare = Object.assign(Object.create(null) as object, { a: 1 })
  const named = JSON.parse('{"__proto__":{"a":1}}') as object
  for (const value of [bare, named, [shared, shared], loop]) expect(frozenCopyOf(value)).toStrictEqual(value)
  const copy = frozenCopyOf(loop)
  expect(copy.self).toBe(copy)
  expect([Object.isFrozen(copy), Object.isFrozen(loop)]).toStrictEqual([true, false])
  expect(shapeOf(frozenCopyOf(deep))).toBe('graph')
})

describe('what is held keeps no more of a reply than its own bytes', () => {
  const plain = codecOf()
  const framed = codecOf({ format: 'framed', serializer: 'v8' })
  const texts = new TextCodec({ name: 'own', serialize: String, deserialize: (text) => text, asMember: String }, [])
  const dated: TextSerializer = { name: 'own', serialize: String, deserialize: () => new Date(0), asMember: String }
  const freshness = { until: Date.now() + 60_000, ttl: 60_000 }
  test.for<[name: string, codec: Codec, value: unknown, clone: CloneMode]>([
    ['a frame', framed, { a: 1 }, 'freeze'],
    ['bytes that are decoded for each caller', framed, Buffer.from('a'), 'freeze'],
    ['bytes that all callers get', codecOf({ serializer: 'raw' }), Buffer.from('ab'), 'none'],
    ['a text that a serializer gives as it is', texts, 'a', 'structured'],
    ['a text that is decoded for each caller', new TextCodec(dated, []), 'some text', 'freeze'],
    ['plain JSON', plain, { a: 1 }, 'freeze'],
  ])('%s', async ([, codec, value, clone]) => {
    const encoded = Buffer.from(await codec.encode(value, 'k', undefined, freshness))
    const copies: Copy[] = []
    const before = await bytesHeld()
    for (let count = 0; count < 1_000; count++) {
      const stored = cutOut(encoded, codec.reads)
      const hold = (fields: FrameFields) => (decoded: unknown) => {
        const parts = { codec, clone, key: 'k', source: undefined, until: Infinity, stored, fields, value: decoded }
        const copy = new Copy(parts)
        copies.push(copy)
        return copy
      }
      await seenOf({ codec, clone }, 'k', stored, hold)
    }
    // The memory of a buffer may be let go of a little after the buffer was collected.
    await eventually(async () => (await bytesHeld()) - before < 2_000 * copies.length)
  })
})

/** What a parser cuts out of a slab of 8 KiB; the text is of as many characters as a text needs to refer to another one. */
function cutOut(encoded: Buffer, reads: 'text' | 'buffer'): Value {
  const slab = Buffer.alloc(8 * 1024, 32)
  encoded.copy(slab)
  return reads === 'buffer' ? slab.subarray(0, encoded.length) : slab.toString('latin1').slice(0, 40)
}

describe('what a copy takes, by estimate, is what it takes, more or less', () => {
  const rows = (of: number): object[] =>
    Array.from({ length: 300 }, (_, n) => ({
      id: of + n,
      name: `row ${n}`,
      text: 'lorem ipsum '.repeat(3),
      list: [n, 2],
    }))
  test.for<[what: string, options: CodecOptions, clone: CloneMode, value: (of: number) => unknown]>([
    ['JSON', {}, 'freeze', rows],
    ['JSON, copied for each caller', {}, 'structured', rows],
    ['compressed JSON', { compressor: 'zlib' }, 'freeze', rows],
    ['compressed JSON in frames', { compressor: 'zlib', format: 'framed' }, 'freeze', rows],
    [
      'compressed, a Map that all share',
      { compressor: 'zlib', serializer: 'v8' },
      'none',
      (of) => new Map([[of, rows(of)]]),
    ],
    [
      'compressed, a Map that is held encoded',
      { compressor: 'zlib', serializer: 'v8' },
      'freeze',
      (of) => new Map([[of, rows(of)]]),
    ],
    ['bytes that all share', { compressor: 'zlib', serializer: 'raw' }, 'none', (of) => Buffer.alloc(50_000, of)],
  ])('%s', async ([, options, clone, value]) => {
    const codec = codecOf(options)
    const stored = await Promise.all(Array.from({ length: 100 }, async (_, of) => codec.encode(value(of), 'k')))
    const copies: Copy[] = []
    const before = await bytesHeld()
    for (const one of stored) {
      const parts = { codec, clone, key: 'k', source: undefined, until: Infinity, stored: one, fields: noFields }
      copies.push(new Copy({ ...parts, value: await codec.decode(one, 'k') }))
    }
    const taken = (await bytesHeld()) - before
    const estimate = copies.reduce((sum, { bytes }) => sum + bytes, 0)
    expect(estimate / taken).toBeGreaterThan(0.4)
    expect(estimate / taken).toBeLessThan(3)
  })
})

describe('how long what was read may be served', () => {
  const reading: Reading = {
    asked: 1_000,
    now: 1_010,
    left: -1,
    exists: true,
    freshness: undefined,
    serverNow: 50_000,
    herdTimeout: 0,
    longest: 60_000,
  }
  test.for<[what: string, changes: Partial<Reading>, until: number | undefined]>([
    ['a key for ever: as long as anything', {}, 61_000],
    ['a key with a ttl: no longer than that, from when it was asked', { left: 500 }, 1_500],
    ['a ttl that is over when the reply comes', { left: 10 }, undefined],
    ['a key that came between the two answers', { exists: false, left: 500 }, undefined],
    ['a key that went between the two answers', { left: -2 }, undefined],
    ['a key that does not exist', { exists: false, left: -2 }, 61_000],
    ['a value that is fresh for longer', { freshness: { until: 50_200, ttl: 900 }, left: 900 }, 1_210],
    ['a value that is stale', { freshness: { until: 49_999, ttl: 900 }, left: 900 }, undefined],
    ['a value that is fresh as long as it is there', { freshness: { until: 0, ttl: 0 } }, 61_000],
    [
      'a freshness by a clock that is not known',
      { freshness: { until: 50_200, ttl: 1 }, serverNow: undefined },
      undefined,
    ],
    ['a value of a herd cache: for its ttl', { left: 5_000, herdTimeout: 4_000 }, 2_000],
    ['a value of a herd cache past its ttl', { left: 3_000, herdTimeout: 4_000 }, undefined],
  ])('%s', ([, changes, until]) => {
    expect(servedUntil({ ...reading, ...changes })).toBe(until)
  })
})
