import { expect, test } from 'vitest'
import { firstKeyOf } from '../../src/clients/first-key.js'

test.each([
  [['GET', 'k'], 'k'],
  [['get', Buffer.from('k')], 'k'],
  [['WATCH', 'k', 'l'], 'k'],
  [['EVAL', 'return 1', '1', 'k', 'v'], 'k'],
  [['EVAL', 'return 1', '0', 'v'], undefined],
  [['ZUNION', '2', 'k', 'l'], 'k'],
  [['BLMPOP', '0', '1', 'k', 'LEFT'], 'k'],
  [['XREAD', 'COUNT', '2', 'STREAMS', 'k', '0'], 'k'],
  [['XREAD', 'COUNT', '2'], undefined],
  [['OBJECT', 'ENCODING', 'k'], 'k'],
  [['BITOP', 'AND', 'k', 'l'], 'k'],
  [['MIGRATE', 'host', '1', 'k', '0', '5'], 'k'],
  [['SPUBLISH', 'channel', 'text'], 'channel'],
  [['DBSIZE'], undefined],
  [['SCAN', '0'], undefined],
  [['PING', 'text'], undefined],
  [['CONFIG', 'GET', 'save'], undefined],
  [['CLUSTER', 'NODES'], undefined],
  [['NOSUCHCOMMAND', 'x'], undefined],
  [['GET'], undefined],
])('%j has the first key %j', (args, key) => {
  expect(firstKeyOf(args)).toBe(key)
})
