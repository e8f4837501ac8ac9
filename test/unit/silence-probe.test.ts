import { expect, test } from 'vitest'
import { isBlocked } from '../../src/connection/silence-probe.js'

const line = (flags: string, more = ''): string =>
  `id=7 addr=127.0.0.1:1 laddr=127.0.0.1:2 fd=8 name=flags=b db=0 flags=${flags} db=0 cmd=set user=b${more}\n`

test.for<[list: string, blocked: boolean, what: string]>([
  [line('N'), false, 'a client like any other'],
  [line('b'), true, 'one that is blocked'],
  [line('xb'), true, 'one that is blocked in a transaction'],
  [line('Pt'), false, 'a subscriber'],
  [line('B'), false, 'one with another flag of the same letter'],
  [line('N', ' lib-name=b flags=b'), false, 'one whose later fields look like it'],
  ['', false, 'one that is not there any more'],
])('CLIENT LIST says %j: blocked is %s, for it is %s', ([list, blocked]) => {
  expect(isBlocked(list)).toBe(blocked)
})

test('an answer that is no text says nothing', () => {
  expect([isBlocked(null), isBlocked(7)]).toStrictEqual([false, false])
})
