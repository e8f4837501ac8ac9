import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { pickleSerializer } from '../../src/codec/serializers/pickle/index.js'
import django from '../interop/django-vectors.json' with { type: 'json' }
import { described, pickleVectors } from '../support/pickle.js'

const read = (bytes: Uint8Array): unknown => pickleSerializer.deserialize(bytes)
const write = (value: unknown): Buffer => pickleSerializer.serialize(value)
const bytesOf = (base64: string | undefined): Buffer => Buffer.from(base64 ?? '', 'base64')

/** What django-valkey wrote: see test/interop. Its numbers are bare and no pickles. */
const djangoValues = django.values.filter(
  ({ serializer, compressor, name }) => serializer === 'pickle' && compressor === 'identity' && !/int|float/.test(name),
)
const { values, shared, cycles, large } = pickleVectors
const pickles = [...values, { name: 'what is shared', ...shared }].flatMap((vector) =>
  Object.entries(vector.pickles).map(([protocol, base64]) => ({ ...vector, protocol, base64 })),
)

describe('what django-valkey stored as a pickle', () => {
  test.for(djangoValues)('is read as what it was, and written in the same bytes: $name', ({ json, bytes_b64 }) => {
    expect(read(bytesOf(bytes_b64))).toStrictEqual(JSON.parse(json))
    expect(write(JSON.parse(json))).toStrictEqual(bytesOf(bytes_b64))
  })
})

test('the vectors are there', () => {
  expect(djangoValues).toHaveLength(7)
  expect([values, pickles, cycles, large].map(({ length }) => length)).toStrictEqual([48, 290, 5, 17])
})

describe('what Python pickled', () => {
  test.for(pickles)('is read from protocol $protocol as what it was: $name', ({ name, value, base64 }) => {
    const expected = name === 'SafeString' ? '<b>bold & é</b>' : described(value)
    expect(read(bytesOf(base64))).toStrictEqual(expected)
  })

  test.for(values)('is written in the same bytes: $name', ({ name, value, pickles }) => {
    if (name !== 'whole floats') expect(write(described(value))).toStrictEqual(bytesOf(pickles['4']))
  })

  test.for(large)('is written in the same bytes, and read again, where it is large: $name', (vector) => {
    const written = write(described(vector.value))
    expect(written).toHaveLength(vector.length)
    expect(createHash('sha256').update(written).digest('hex')).toBe(vector.sha256)
    expect(read(written)).toStrictEqual(described(vector.value))
  })
})

describe('what refers to itself', () => {
  const everyCycle = cycles.flatMap(({ name, pickles }) =>
    Object.entries(pickles).map(([protocol, base64]) => ({ name, protocol, base64, written: pickles['4'] })),
  )

  test.for(everyCycle)('is read from protocol $protocol, and written in the same bytes: $name', (vector) => {
    const value = read(bytesOf(vector.base64))
    expect(isInItself(value)).toBe(true)
    expect(write(value)).toStrictEqual(bytesOf(vector.written))
  })

  test('is one object, where it was one in Python', () => {
    const [first, second, inner, text, data, pair, moment, table, set] = read(bytesOf(shared.pickles['5'])) as unknown[]
    expect(first).toBe(second)
    const once = { list: inner, text, data, pair, moment, table, set }
    for (const [key, value] of Object.entries(once)) expect((first as Record<string, unknown>)[key]).toBe(value)
  })
})

function isInItself(root: unknown): boolean {
  const within = (value: unknown): unknown[] =>
    value instanceof Map ? [...value.values()] : Object.values((value ?? {}) as Record<string, unknown>)
  const inner = within(root)
  return inner.includes(root) || inner.flatMap(within).includes(root)
}
