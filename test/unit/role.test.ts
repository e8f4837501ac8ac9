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

test('a replica says where it is in the stream, below 0 before its first sync', () => {
  expect(parseRole(['slave', '10.0.0.1', 6379, 'connected', 900])).toStrictEqual({
    role: 'replica',
    offset: 900,
  })
  expect(parseRole(['slave', '10.0.0.1', 6379, 'connect', -1])).toMatchObject({ offset: -1 })
})

test.for<Reply>([['sentinel', ['mymaster']], [], 'OK', null, 7, new Map()])(
  'anything else is no data node: %s',
  (reply) => {
    expect(parseRole(reply)).toBeUndefined()
  },
)
