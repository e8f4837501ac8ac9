import { expect, test } from 'vitest'
import { keysIn } from '../../src/clients/command-keys.js'

test.each([
  [['GET', 'k'], ['k']],
  [['get', Buffer.from('k')], ['k']],
  [
    ['WATCH', 'k', 'l'],
    ['k', 'l'],
  ],
  [
    ['MSET', 'k', '1', 'l', '2'],
    ['k', 'l'],
  ],
  [
    ['MSETEX', '2', 'k', '1', 'l', '2', 'EX', '9'],
    ['k', 'l'],
  ],
  [
    ['RENAME', 'k', 'l'],
    ['k', 'l'],
  ],
  [
    ['LCS', 'k', 'l', 'LEN'],
    ['k', 'l'],
  ],
  [
    ['SMOVE', 'k', 'l', 'member'],
    ['k', 'l'],
  ],
  [
    ['SINTERSTORE', 'k', 'l', 'm'],
    ['k', 'l', 'm'],
  ],
  [['EVAL', 'return 1', '1', 'k', 'v'], ['k']],
  [
    ['EVALSHA', 'sha', '2', 'k', 'l', 'v'],
    ['k', 'l'],
  ],
  [['EVAL', 'return 1', '0', 'v'], []],
  [
    ['ZUNION', '2', 'k', 'l', 'WEIGHTS', '1', '2'],
    ['k', 'l'],
  ],
  [
    ['ZUNIONSTORE', 'd', '2', 'k', 'l'],
    ['d', 'k', 'l'],
  ],
  [['BLMPOP', '0', '1', 'k', 'LEFT'], ['k']],
  [
    ['BLPOP', 'k', 'l', '0'],
    ['k', 'l'],
  ],
  [
    ['XREAD', 'COUNT', '2', 'STREAMS', 'k', 'l', '0', '0'],
    ['k', 'l'],
  ],
  [['XREAD', 'COUNT', '2'], []],
  [['XREADGROUP', 'GROUP', 'streams', 'streams', 'COUNT', '2', 'STREAMS', 'k', '>'], ['k']],
  [
    ['SORT', 'k', 'BY', 'w_*', 'STORE', 'd'],
    ['k', 'd'],
  ],
  [['SORT', 'k', 'LIMIT', '0', '1'], ['k']],
  [
    ['GEORADIUS', 'k', '0', '0', '1', 'm', 'STOREDIST', 'd'],
    ['k', 'd'],
  ],
  [
    ['SORT', 'k', 'STORE', 'd', 'ALPHA'],
    ['k', 'd'],
  ],
  [
    ['SORT', 'k', 'store', 'd', 'STORE', 'e', 'DESC'],
    ['k', 'e'],
  ],
  [['SORT', 'k', 'BY', 'store', 'GET', 'store'], ['k']],
  [['SORT', 'k', 'STORE'], ['k']],
  [
    ['GEORADIUS', 'k', '0', '0', '1', 'm', 'STORE', 'd', 'COUNT', '1', 'ANY', 'ASC'],
    ['k', 'd'],
  ],
  [
    ['GEORADIUSBYMEMBER', 'k', 'store', '1', 'm', 'STOREDIST', 'd', 'DESC'],
    ['k', 'd'],
  ],
  [['OBJECT', 'ENCODING', 'k'], ['k']],
  [
    ['BITOP', 'AND', 'k', 'l'],
    ['k', 'l'],
  ],
  [['MIGRATE', 'host', '1', 'k', '0', '5'], ['k']],
  [
    ['MIGRATE', 'host', '1', '', '0', '5', 'COPY', 'AUTH2', 'keys', 'keys', 'KEYS', 'k', 'l'],
    ['k', 'l'],
  ],
  [['MIGRATE', 'host', '1', '', '0', '5'], []],
  [['SPUBLISH', 'channel', 'text'], ['channel']],
  [['DBSIZE'], []],
  [['SCAN', '0'], []],
  [['PING', 'text'], []],
  [['CONFIG', 'GET', 'save'], []],
  [['CLUSTER', 'NODES'], []],
  [['NOSUCHCOMMAND', 'x'], []],
  [['GET'], []],
])('%j has the keys %j', (args, keys) => {
  expect(keysIn(args)).toEqual(keys)
})
