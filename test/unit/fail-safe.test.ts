import { expect, test } from 'vitest'
import { fallbacks } from '../../src/cache/fail-safe.js'
import { publicMethods } from '../support/public-methods.js'

/** What cannot be made up: these reject, or ask nobody. */
const others = [
  'close',
  'command',
  'destroy',
  'flushDb',
  'getOrSet',
  'lock',
  'makeKey',
  'on',
  'ping',
  'pipeline',
  'topology',
  'typed',
  'use',
]

test('every method of a cache has an answer without a server, or is known to have none', () => {
  expect([...Object.keys(fallbacks), ...others].sort()).toStrictEqual(publicMethods())
})
