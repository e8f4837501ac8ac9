import fc from 'fast-check'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import { Identity } from '../../src/config/identity.js'

describe('options that are equal', () => {
  test('are the same, whatever the order of their names', () => {
    const identity = new Identity()
    const one = { password: 'p', tls: { ca: 'pem', servername: 's' }, database: 1, seeds: [['a', 1]] }
    const other = { seeds: [['a', 1]], database: 1, tls: { servername: 's', ca: 'pem' }, password: 'p' }
    expect(identity.of(one)).toBe(identity.of(other))
  })

  test('are the same to the end of a process', () => {
    const identity = new Identity()
    const password = (): string => 'p'
    const before = identity.of({ password })
    identity.of({ password: () => 'p' })
    expect(identity.of({ password })).toBe(before)
  })
})

describe('options that differ', () => {
  test.for<[where: string, one: unknown, other: unknown]>([
    ['in a text', { password: 'a' }, { password: 'b' }],
    ['in a number', { database: 0 }, { database: 1 }],
    ['between a number and its text', { database: 1 }, { database: '1' }],
    ['between nothing and an empty text', { password: undefined }, { password: '' }],
    ['between null and undefined', { tls: null }, { tls: undefined }],
    ['between true and its text', { tls: true }, { tls: 'true' }],
    ['in the depth', { tls: { ca: 'a' } }, { tls: { ca: 'b' } }],
    ['in the order of a list', [['a', 1]], [[1, 'a']]],
    ['in where a list is cut', ['a,b'], ['a', 'b']],
    ['in where a name ends', { 'a:"b"': 'c' }, { a: 'b:"c"' }],
    ['in one function and another', { password: () => 'p' }, { password: () => 'p' }],
    ['in one buffer and another', { ca: Buffer.from('a') }, { ca: Buffer.from('a') }],
    ['in one object of a class and another', { pool: new Date(0) }, { pool: new Date(0) }],
  ])('%s are not the same', ([, one, other]) => {
    const identity = new Identity()
    expect(identity.of(one)).not.toBe(identity.of(other))
  })

  test('are never the same, and those that do not differ always are', () => {
    const value = fc.jsonValue({ maxDepth: 3 }).map((json): unknown => JSON.parse(JSON.stringify(json)))
    fc.assert(
      fc.property(value, value, (one, other) => {
        const identity = new Identity()
        expect(identity.of(one) === identity.of(other)).toBe(isDeepStrictEqual(one, other))
        expect(identity.of(one)).toBe(identity.of(structuredClone(one)))
      }),
    )
  })
})
