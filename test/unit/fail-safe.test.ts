import { expect, test } from 'vitest'
import { Cache } from '../../src/cache/cache.js'
import { combine } from '../../src/cache/operations/combine.js'
import { Sets } from '../../src/cache/operations/sets.js'
import { publicMethods } from '../support/public-methods.js'

/** These ask no server, or end the cache. */
const others = ['close', 'destroy', 'lock', 'makeKey', 'memo', 'on', 'stats', 'topology', 'typed', 'wrap']

test('every method of a cache has a row that says what it answers in an outage', () => {
  expect([...Object.keys(Cache.operations), ...others].sort()).toStrictEqual(publicMethods())
})

test('two groups of operations cannot have a method of one name', () => {
  expect(() => combine(Sets, Sets)).toThrow(/a method sadd/)
})
