import { describe, expect, test } from 'vitest'
import { ErrorReply, type Reply } from '../../src/connection/connection.js'
import { readInfo } from '../../src/connection/resp/hello.js'
import { asResp3, Resp2Replies } from '../../src/connection/resp/resp2.js'

describe('a reply in RESP2 becomes that of RESP3', () => {
  test.for<[command: string, reply: Reply, read: Reply]>([
    [
      'HGETALL h',
      ['a', '1', 'b', '2'],
      new Map([
        ['a', '1'],
        ['b', '2'],
      ]),
    ],
    ['hgetall h', [], new Map()],
    ['CONFIG GET maxmemory', ['maxmemory', '0'], new Map([['maxmemory', '0']])],
    ['CONFIG SET maxmemory 0', 'OK', 'OK'],
    [
      'CLUSTER SHARDS',
      [['slots', [0, 9], 'nodes', [['id', 'a', 'port', 1]]]],
      [
        new Map<Reply, Reply>([
          ['slots', [0, 9]],
          [
            'nodes',
            [
              new Map<Reply, Reply>([
                ['id', 'a'],
                ['port', 1],
              ]),
            ],
          ],
        ]),
      ],
    ],
    ['SMEMBERS s', ['a', 'b'], new Set(['a', 'b'])],
    ['SPOP s', 'a', 'a'],
    ['SPOP s 2', ['a', 'b'], new Set(['a', 'b'])],
    ['ZSCORE z m', '1.5', 1.5],
    ['ZSCORE z m', '-inf', -Infinity],
    ['ZSCORE z m', null, null],
    ['ZMSCORE z a b', ['1', null], [1, null]],
    ['ZADD z INCR 1 a', '2.5', 2.5],
    ['ZADD z 1 a', 1, 1],
    ['ZRANGE z 0 -1', ['a', 'b'], ['a', 'b']],
    ['ZRANGE z 0 -1 withscores', ['a', '1'], [['a', 1]]],
    ['ZRANGE withscores 0 -1', ['a', 'b'], ['a', 'b']],
    ['ZDIFF 1 withscores', ['a', 'b'], ['a', 'b']],
    ['ZDIFF 1 z WITHSCORES', ['a', '1'], [['a', 1]]],
    ['ZPOPMIN z', ['a', '1'], ['a', 1]],
    [
      'ZPOPMIN z 2',
      ['a', '1', 'b', 'inf'],
      [
        ['a', 1],
        ['b', Infinity],
      ],
    ],
    ['BZPOPMAX z 0', ['z', 'a', '1'], ['z', 'a', 1]],
    ['BZPOPMAX z 1', null, null],
    [
      'ZMPOP 1 z MIN COUNT 2',
      [
        'z',
        [
          ['a', '1'],
          ['b', '2'],
        ],
      ],
      [
        'z',
        [
          ['a', 1],
          ['b', 2],
        ],
      ],
    ],
    ['ZRANK z a WITHSCORE', [0, '1'], [0, 1]],
    ['HRANDFIELD h 2 WITHVALUES', ['a', '1'], [['a', '1']]],
    ['XREAD STREAMS x 0', null, null],
    ['XREAD STREAMS x 0', 'no stream', 'no stream'],
    ['XREAD STREAMS x 0', [['x', [['1-0', ['f', 'v']]]]], new Map([['x', [['1-0', ['f', 'v']]]]])],
    ['LRANGE l 0 -1', ['a', 'b'], ['a', 'b']],
    ['HGETALL h', new ErrorReply('WRONGTYPE no'), new ErrorReply('WRONGTYPE no')],
  ])('%s', ([command, reply, read]) => {
    expect(asResp3(command.split(' '), reply)).toStrictEqual(read)
  })

  test.for<[as: string, queued: Reply]>([
    ['text', 'QUEUED'],
    ['bytes', Buffer.from('QUEUED')],
  ])('behind a MULTI, once it is executed, where replies are read as %s', ([, queued]) => {
    const { read } = conversation()
    read('MULTI', 'OK')
    expect(read('HGETALL h', queued)).toBe(queued)
    expect(read('XADD x', new ErrorReply('ERR wrong number of arguments'))).toBeInstanceOf(ErrorReply)
    for (const command of ['XREAD STREAMS x 0', 'ZSCORE z m', 'GET k']) expect(read(command, queued)).toBe(queued)
    const streams = [['x', []]]
    expect(read('EXEC', [['a', '1'], streams, '1.5', 'v'])).toStrictEqual([
      new Map([['a', '1']]),
      new Map([['x', []]]),
      1.5,
      'v',
    ])
    expect(read('LRANGE l 0 -1', ['a', 'b'])).toStrictEqual(['a', 'b'])
  })

  test.for<[end: string, reply: Reply]>([
    ['EXEC', null],
    ['EXEC', new ErrorReply('EXECABORT Transaction discarded')],
    ['DISCARD', 'OK'],
    ['RESET', 'RESET'],
  ])('behind a transaction that %s ended with %s', ([end, reply]) => {
    const { read } = conversation()
    read('MULTI', 'OK')
    read('GET k', 'QUEUED')
    expect(read(end, reply)).toBe(reply)
    expect(read('ZSCORE z m', '1.5')).toBe(1.5)
  })
})

function conversation(): { read(command: string, reply: Reply): Reply } {
  const replies = new Resp2Replies()
  return { read: (command, reply) => replies.read(command.split(' '), reply) }
}

describe('a message in RESP2', () => {
  const message = ['message', 'c', 'hello']

  test('is a push while the connection listens, and while a subscription is to be confirmed', () => {
    const replies = new Resp2Replies()
    expect(replies.pushOf(message, false)).toBeUndefined()
    expect(replies.pushOf(['subscribe', 'c', 1], true)).toStrictEqual(['subscribe', 'c', 1])
    expect(replies.listens).toBe(true)
    expect(replies.pushOf(message, false)).toBe(message)
    expect(replies.read(['PING'], ['pong', ''])).toBe('PONG')
    expect(replies.read(['PING', 'x'], ['pong', 'x'])).toBe('x')
    expect(replies.pushOf(['unsubscribe', 'c', 0], true)).toStrictEqual(['unsubscribe', 'c', 0])
    expect(replies.pushOf(message, false)).toBeUndefined()
  })

  test('of a shard channel counts beside the others', () => {
    const replies = new Resp2Replies()
    replies.pushOf(['subscribe', 'c', 1], true)
    replies.pushOf(['ssubscribe', 's', 1], true)
    replies.pushOf(['unsubscribe', 'c', 0], true)
    expect(replies.listens).toBe(true)
    expect(replies.pushOf(['smessage', 's', 'hello'], false)).toStrictEqual(['smessage', 's', 'hello'])
  })
})

describe('INFO says what a server without HELLO is', () => {
  test.for([
    [
      '# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1\r\nserver_mode:standalone\r\n# Replication\r\nrole:master\r\n',
      { server: 'valkey', version: '8.0.1', mode: 'standalone', role: 'primary' },
    ],
    [
      '# Server\r\nredis_version:5.0.3\r\nredis_mode:cluster\r\n\r\n# Replication\r\nrole:slave\r\n',
      { server: 'redis', version: '5.0.3', mode: 'cluster', role: 'replica' },
    ],
    ['', { server: undefined, version: undefined, mode: undefined, role: undefined }],
  ] as const)('%j', ([info, hello]) => {
    expect(readInfo(info)).toMatchObject(hello)
  })

  test('and nothing where it is refused', () => {
    expect(readInfo(new ErrorReply('ERR unknown command'))).toMatchObject({ version: undefined, mode: undefined })
  })
})
