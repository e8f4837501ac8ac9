import { describe, expect, test } from 'vitest'
import { Cache } from '../../src/cache/cache.js'
import { fallbacks } from '../../src/cache/fail-safe.js'

/** What cannot be made up: these reject, or cost nothing. */
const others = [
  'getOrSet',
  'flushDb',
  'command',
  'pipeline',
  'use',
  'ping',
  'topology',
  'on',
  'makeKey',
  'close',
  'destroy',
]

describe('every method of a cache', () => {
  test('has an answer without a server, or is known to have none', () => {
    expect([...Object.keys(fallbacks), ...others].sort()).toStrictEqual(methodsOf(Cache.prototype).sort())
  })
})

/** The public ones, of all groups; those for the groups themselves are listed here. */
function methodsOf(prototype: object): string[] {
  const inner = [
    'constructor',
    'makeKeys',
    'call',
    'callWith',
    'decode',
    'decodeAll',
    'decodeScored',
    'encodeMembers',
    'ttlOf',
  ]
  if (prototype === Object.prototype) return []
  const own = Object.getOwnPropertyNames(prototype).filter((name) => !inner.includes(name))
  return [...own, ...methodsOf(Object.getPrototypeOf(prototype) as object)]
}
