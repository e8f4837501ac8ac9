import { expect, test } from 'vitest'
import type { Reply } from '../../src/connection/connection.js'
import { parseRole } from '../../src/connection/resp/role.js'

test('a primary says where it is in its stream, and who follows', () => {
  const replicas = [
    ['10.0.0.2', '6379', '1000'],
    ['fd00::3', '6380', '900'],
  ]
  expect(parseRole(['master', 1_000, replicas])).toStrictEqual({
    role: 'primary',
    offset: 1_000,
    replicas: ['10.0.0.2:6379', '[fd00::3]:6380'],
  })
  expect(parseRole(['master', 0, []])).toStrictEqual({ role: 'primary', offset: 0, replicas: [] })
})

test('a replica says whom it follows, whether it is linked, and where it is in the stream', () => {
  expect(parseRole(['slave', '10.0.0.1', 6379, 'connected', 900])).toStrictEqual({
    role: 'replica',
    primary: '10.0.0.1:6379',
    link: 'connected',
    offset: 900,
  })
})

test.for([
  ['connect', 'searching'],
  ['connecting', 'searching'],
  ['none', 'searching'],
  ['handshake', 'syncing'],
  ['sync', 'syncing'],
] as const)('a replica whose link is in state %s is %s, and says no place', ([state, link]) => {
  expect(parseRole(['slave', 'fd00::1', 6379, state, -1])).toStrictEqual({
    role: 'replica',
    primary: '[fd00::1]:6379',
    link,
    offset: undefined,
  })
})

test.for<Reply>([['sentinel', ['mymaster']], [], 'OK', null, 7, new Map()])(
  'anything else is no data node: %s',
  (reply) => {
    expect(parseRole(reply)).toBeUndefined()
  },
)
