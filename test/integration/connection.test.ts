import { getEventListeners } from 'node:events'
import { connect as connectSocket } from 'node:net'
import { describe, expect, vi } from 'vitest'
import { ErrorReply, type Push, type Reply } from '../../src/connection/connection.js'
import { RespConnection } from '../../src/connection/resp/connection.js'
import { ReadBuffer } from '../../src/connection/resp/read-buffer.js'
import { ClosedError, CommandError, ConnectionInterruptedError, OverflowError } from '../../src/errors.js'
import { eventually } from '../../src/lab/index.js'
import { MiB } from '../support/heap.js'
import {
  activeResources,
  bytes,
  nextTurn,
  patient,
  subscribe,
  test,
  text,
  uncaught,
  within,
} from '../support/connection.js'
import { rejection } from '../support/rejection.js'

describe('a reply', () => {
  test.for<[kind: string, reply: Reply]>([
    ['string', 'Hello World'],
    ['integer', 12345],
    ['double', 3.141],
    ['null', null],
    ['array', [0, 1, 2]],
    ['set', new Set([0, 1, 2])],
    [
      'map',
      new Map<Reply, Reply>([
        [0, false],
        [1, true],
        [2, false],
      ]),
    ],
    ['attrib', 'Some real reply following the attribute'],
    ['push', 'Some real reply following the push reply'],
    ['verbatim', 'This is a verbatim\nstring'],
    ['true', true],
    ['false', false],
    ['bignum', 1234567999999999999999999999999999999n],
  ])('of type %s is read as it is meant', async ([kind, reply], { connection }) => {
    const debug = connection.execute(text('DEBUG', 'PROTOCOL', kind), patient())
    const ping = connection.execute(text('PING'), patient())
    expect(await debug).toStrictEqual(reply)
    expect(await ping).toBe('PONG')
  })

  test('is text or bytes as its own command asks', async ({ connection }) => {
    const value = Buffer.from([0xff, 0x00, 0x0d, 0x0a, 0xc3])
    const [, read, again, list] = await Promise.all([
      connection.execute(text('SET', 'k', value), patient()),
      connection.execute(bytes('GET', 'k'), patient()),
      connection.execute(text('GET', 'k'), patient()),
      connection.execute(bytes('MGET', 'k', 'none'), patient()),
    ])
    expect(read).toStrictEqual(value)
    expect(again).toBe(value.toString())
    expect(list).toStrictEqual([value, null])
  })

  test('past 2^53 is a bigint', async ({ connection }) => {
    await connection.execute(text('SET', 'n', '9007199254740991'), patient())
    expect(await connection.execute(text('INCR', 'n'), patient())).toBe(9_007_199_254_740_992n)
  })

  test('that is an error rejects with the command and the text of the server', async ({ connection }) => {
    await connection.execute(text('SET', 'k', 'v'), patient())
    const { error } = await rejection(connection.execute(text('LPUSH', 'k', 'x'), patient()))
    expect(error).toBeInstanceOf(CommandError)
    expect(error).toMatchObject({ command: 'LPUSH', reply: expect.stringMatching(/^WRONGTYPE /), retryable: false })
  })

  test('that is an error does not repeat what was sent, as the server does', async ({ connection }) => {
    const { error } = await rejection(connection.execute(text('NOSUCH', 'secret', 'value'), patient()))
    expect(error).toMatchObject({
      reply: "ERR unknown command 'NOSUCH'",
      message: "NOSUCH: ERR unknown command 'NOSUCH'",
    })
  })

  test('of 20 MB is whole, as text and as bytes', async ({ connection }) => {
    const value = Buffer.alloc(20 * MiB, '0123456789abcdef')
    await connection.execute(text('SET', 'large', value), patient())
    const [asBytes, asText] = await Promise.all([
      connection.execute(bytes('GET', 'large'), patient()),
      connection.execute(text('GET', 'large'), patient()),
    ])
    expect(value.equals(asBytes as Buffer)).toBe(true)
    expect(asText === value.toString()).toBe(true)
  })

  test('of an array of 50 MB is whole, and commands around it get their own', async ({ connection }) => {
    const element = 'x'.repeat(1_000)
    const fill = `for i = 1, 500 do redis.call('RPUSH', KEYS[1], unpack(ARGV)) end return redis.call('LLEN', KEYS[1])`
    const hundred = Array.from({ length: 100 }, () => element)
    expect(await connection.execute(text('EVAL', fill, '1', 'list', ...hundred), patient())).toBe(50_000)
    const [before, list, after] = await Promise.all([
      connection.execute(text('ECHO', 'before'), patient()),
      connection.execute(text('LRANGE', 'list', '0', '-1'), patient()),
      connection.execute(text('ECHO', 'after'), patient()),
    ])
    expect([before, after]).toStrictEqual(['before', 'after'])
    expect(list).toHaveLength(50_000)
    expect((list as Reply[]).every((item) => item === element)).toBe(true)
  })
})

describe('commands', () => {
  test.for([
    ['unicode', 'ключ:日本語:👩‍🚀'],
    ['line ends', 'a\r\nb\r\n$5\r\n'],
    ['nothing', ''],
    ['a text stored as two-byte', '日本語:key'.slice(4)],
    ['100,000 characters of two bytes', 'é'.repeat(100_000)],
  ])('carry %s to the server and back', async ([, value = ''], { connection }) => {
    expect(await connection.execute(text('SET', value, value), patient())).toBe('OK')
    expect(await connection.execute(text('GET', value), patient())).toBe(value)
    expect(await connection.execute(text('STRLEN', value), patient())).toBe(Buffer.byteLength(value))
  })

  test('of any size, mixed, in one tick, keep their order and their bytes', async ({ connection }) => {
    const sizes = [0, 1, 100, 16_383, 16_384, 16_385, 70_000, 300_000, 1 * MiB, 5]
    const values = sizes.map((size, index) => Buffer.alloc(size, index + 1))
    const sets = values.map((value, index) => connection.execute(text('SET', `k${index}`, value), patient()))
    const gets = values.map((_, index) => connection.execute(bytes('GET', `k${index}`), patient()))
    expect(await Promise.all(sets)).toStrictEqual(values.map(() => 'OK'))
    for (const [index, value] of (await Promise.all(gets)).entries()) {
      expect(values[index]?.equals(value as Buffer), `value ${index}`).toBe(true)
    }
  })

  test('that the system has not taken yet keep their bytes while later ones are written', async ({
    connection,
    server,
  }) => {
    const valueOf = (index: number): string => `${index}:`.padEnd(12_000, String(index % 10))
    server.pause()
    const sets: Promise<Reply>[] = []
    for (let index = 0; index < 1_500; index++) {
      sets.push(connection.execute(text('SET', `k${index}`, valueOf(index)), patient()))
      await nextTurn()
    }
    server.resume()
    expect(new Set(await Promise.all(sets))).toStrictEqual(new Set(['OK']))
    const gets = sets.map((_, index) => connection.execute(text('GET', `k${index}`), patient()))
    const values = await Promise.all(gets)
    expect(values.filter((value, index) => value !== valueOf(index))).toHaveLength(0)
  })

  test('of one tick leave in one write', async ({ server, onTestFinished }) => {
    const reads = new ReadBuffer()
    const socket = connectSocket({ host: server.host, port: server.port, onread: reads.onread })
    const settings = { address: server.address, maxPending: { commands: 1_000, bytes: MiB } }
    const connection = new RespConnection({ socket, reads }, settings)
    onTestFinished(() => connection.destroy())
    const writes = vi.spyOn(socket, 'write')
    const echo = (index: number): Promise<Reply> => connection.execute(text('ECHO', String(index)), patient())
    const replies = Array.from({ length: 500 }, (_, index) => echo(index))
    const later = Promise.resolve().then(() => [echo(500)])
    expect(await Promise.all([...replies, ...(await later)])).toStrictEqual(
      Array.from({ length: 501 }, (_, index) => String(index)),
    )
    expect(writes.mock.calls.length).toBeLessThanOrEqual(2)
  })

  test.for([
    ['tick', 2],
    ['turn', 1],
  ] as const)(
    'of two ticks of one turn, leaving at the end of the %s, need %i writes',
    async (row, { server, onTestFinished }) => {
      const [leaveAt, most] = row
      const reads = new ReadBuffer()
      const socket = connectSocket({ host: server.host, port: server.port, onread: reads.onread })
      const settings = { address: server.address, maxPending: { commands: 1_000, bytes: MiB }, leaveAt }
      const connection = new RespConnection({ socket, reads }, settings)
      onTestFinished(() => connection.destroy())
      const writes = vi.spyOn(socket, 'write')
      const echo = (word: string): Promise<Reply> => connection.execute(text('ECHO', word), patient())
      const first = echo('first')
      const second = new Promise((resolve) => process.nextTick(() => resolve(echo('second'))))
      expect(await Promise.all([first, second])).toStrictEqual(['first', 'second'])
      expect(writes).toHaveBeenCalledTimes(most)
    },
  )

  test('that wait for a reply are counted', async ({ connection }) => {
    const replies = [1, 2, 3].map(() => connection.execute(text('PING'), patient()))
    expect(connection.pending).toBe(3)
    await Promise.all(replies)
    expect(connection.pending).toBe(0)
  })

  test('without a name are refused, and the next one gets its own reply', async ({ connection }) => {
    await expect(connection.execute(text(), patient())).rejects.toBeInstanceOf(TypeError)
    await expect(connection.batch([text('PING'), text()], patient())).rejects.toBeInstanceOf(TypeError)
    expect(await connection.execute(text('ECHO', 'mine'), within(2_000))).toBe('mine')
  })

  test.for([
    ['a number', 5],
    ['undefined', undefined],
    ['null', null],
    ['an object', {}],
    ['an array', ['x']],
  ])('with %s as argument are refused, and the connection goes on', async ([, wrong], { connection }) => {
    const command = text('SET', 'k', wrong as string)
    await expect(connection.execute(command, patient())).rejects.toBeInstanceOf(TypeError)
    await expect(connection.batch([text('PING'), command], patient())).rejects.toBeInstanceOf(TypeError)
    expect(await connection.execute(text('GET', 'k'), within(2_000))).toBeNull()
    expect(connection.pending).toBe(0)
  })
})

describe('a batch', () => {
  test('gives its replies in order, errors of the server among them', async ({ connection }) => {
    const replies = await connection.batch(
      [text('SET', 'k', 'v'), text('LPUSH', 'k', 'x'), bytes('GET', 'k')],
      patient(),
    )
    expect(replies).toStrictEqual(['OK', expect.any(ErrorReply), Buffer.from('v')])
  })

  test('of nothing is nothing', async ({ connection }) => {
    expect(await connection.batch([], patient())).toStrictEqual([])
  })

  test('is not mixed with what is sent in the same tick', async ({ connection }) => {
    const transaction = [text('MULTI'), text('INCR', 'n'), text('INCR', 'n'), text('EXEC')]
    const around: Promise<Reply>[] = []
    const batches = Array.from({ length: 50 }, () => {
      around.push(connection.execute(text('ECHO', 'alone'), patient()))
      return connection.batch(transaction, patient())
    })
    for (const [index, replies] of (await Promise.all(batches)).entries()) {
      expect(replies).toStrictEqual(['OK', 'QUEUED', 'QUEUED', [index * 2 + 1, index * 2 + 2]])
    }
    expect(new Set(await Promise.all(around))).toStrictEqual(new Set(['alone']))
  })

  test('leaves as a whole, however much waits', async ({ server, connection }) => {
    server.pause()
    const large = text('SET', 'large', Buffer.alloc(8 * MiB))
    const { error } = await rejection(connection.batch([text('MULTI'), large, text('EXEC')], within(100)))
    const next = connection.execute(text('GET', 'none'), patient())
    server.resume()
    expect(error).toMatchObject({ code: 'E_TIMEOUT', sent: true })
    expect(await next).toBeNull()
    expect(await connection.execute(text('STRLEN', 'large'), patient())).toBe(8 * MiB)
  })

  test('or not at all, when it is given up before it could', async ({ server, connection }) => {
    server.pause()
    const large = connection.execute(text('SET', 'large', Buffer.alloc(16 * MiB)), patient())
    await nextTurn()
    const { error } = await rejection(connection.batch([text('INCR', 'n'), text('INCR', 'n')], within(100)))
    server.resume()
    expect(error).toMatchObject({ code: 'E_TIMEOUT', sent: false })
    expect(await large).toBe('OK')
    expect(await connection.execute(text('EXISTS', 'n'), patient())).toBe(0)
  })
})

describe('pushes', () => {
  test('reach every listener until it leaves', async ({ server, connection }) => {
    const heard: [string, Push][] = []
    const leave = connection.onPush((push) => heard.push(['first', push]))
    connection.onPush((push) => heard.push(['second', push]))
    await connection.execute(subscribe('news'), patient())
    await server.command('PUBLISH', 'news', 'one')
    await eventually(() => heard.length === 2)
    leave()
    await server.command('PUBLISH', 'news', 'two')
    await eventually(() => heard.length === 3)
    expect(heard).toStrictEqual([
      ['first', ['message', 'news', 'one']],
      ['second', ['message', 'news', 'one']],
      ['second', ['message', 'news', 'two']],
    ])
  })

  test('are text, also between replies that are bytes', async ({ connection }) => {
    const pushes: Push[] = []
    connection.onPush((push) => pushes.push(push))
    await connection.execute(text('CLIENT', 'TRACKING', 'ON'), patient())
    const replies = ['SET', 'GET', 'SET', 'GET'].map((name, index) =>
      connection.execute(bytes(name, 'k', ...(name === 'SET' ? [`v${index}`] : [])), patient()),
    )
    expect(await Promise.all(replies)).toStrictEqual(['OK', 'v0', 'OK', 'v2'].map((reply) => Buffer.from(reply)))
    expect(pushes).toStrictEqual([['invalidate', ['k']]])
  })

  test('that confirm a subscription answer it, and commands around it get their own replies', async ({
    connection,
  }) => {
    const pushes: Push[] = []
    connection.onPush((push) => pushes.push(push))
    const replies = await Promise.all([
      connection.execute(text('ECHO', 'before'), patient()),
      connection.execute(subscribe('a', 'b', 'c'), patient()),
      connection.execute(text('PUBLISH', 'b', 'hello'), patient()),
      connection.execute({ ...text('PSUBSCRIBE', 'p*', 'q*'), confirmations: 2 }, patient()),
      connection.execute({ ...text('UNSUBSCRIBE', 'a', 'c'), confirmations: 2 }, patient()),
      connection.execute(text('ECHO', 'after'), patient()),
    ])
    expect(replies).toStrictEqual(['before', null, 1, null, null, 'after'])
    await eventually(() => pushes.length > 0)
    expect(pushes).toStrictEqual([['message', 'b', 'hello']])
    expect(connection.pending).toBe(0)
  })

  test('that confirm come among messages, and neither is lost', async ({ server, connection }) => {
    const messages: Reply[] = []
    connection.onPush(([kind, , message]) => kind === 'message' && messages.push(message as Reply))
    await connection.execute(subscribe('busy'), patient())
    for (let round = 0; round < 50; round++) {
      const published = server.command('PUBLISH', 'busy', round)
      await connection.execute(subscribe(`a${round}`, `b${round}`), patient())
      expect(await connection.execute(text('ECHO', String(round)), patient())).toBe(String(round))
      await published
    }
    await eventually(() => messages.length === 50)
    expect(messages).toStrictEqual(Array.from({ length: 50 }, (_, round) => String(round)))
  })

  test('do not come for a subscription that is refused, and the next command gets its own reply', async ({
    server,
    connect,
  }) => {
    await server.command('ACL', 'SETUSER', 'app', 'on', '>secret', '+@all', 'resetchannels', '&allowed')
    const connection = await connect(server, { username: 'app', password: 'secret' })
    const refused = connection.execute(subscribe('allowed', 'forbidden'), patient())
    const next = connection.execute(text('ECHO', 'mine'), patient())
    await expect(refused).rejects.toMatchObject({ code: 'E_AUTH' })
    expect(await next).toBe('mine')
  })

  test('that make a listener throw cost neither the connection nor the other listeners', async ({ connection }) => {
    const heard: Push[] = []
    const mistake = new Error('a mistake of the listener')
    connection.onPush(() => {
      throw mistake
    })
    connection.onPush((push) => heard.push(push))
    const errors = await uncaught(async () => {
      await connection.execute(subscribe('news'), patient())
      await connection.execute(text('PUBLISH', 'news', 'hello'), patient())
      await eventually(() => heard.length === 1)
      expect(await connection.execute(text('ECHO', 'still here'), patient())).toBe('still here')
    })
    expect(errors).toStrictEqual([mistake])
  })
})

describe('a signal', () => {
  test('that has aborted keeps the command from being sent', async ({ connection }) => {
    const reason = { not: 'even an error' }
    const { error } = await rejection(connection.execute(text('INCR', 'n'), patient(AbortSignal.abort(reason))))
    expect(error).toBe(reason)
    expect(connection.pending).toBe(0)
    expect(await connection.execute(text('EXISTS', 'n'), patient())).toBe(0)
  })

  test('that aborts before the command leaves keeps it from being sent', async ({ connection }) => {
    const caller = new AbortController()
    const incr = connection.execute(text('INCR', 'n'), patient(caller.signal))
    const next = connection.execute(text('ECHO', 'mine'), patient())
    caller.abort('changed my mind')
    expect((await rejection(incr)).error).toBe('changed my mind')
    expect(await next).toBe('mine')
    expect(await connection.execute(text('EXISTS', 'n'), patient())).toBe(0)
  })

  test('that aborts in flight rejects at once with its reason, and later replies go to their own', async ({
    server,
    connection,
  }) => {
    server.pause()
    const caller = new AbortController()
    const reason = new Error('changed my mind')
    const given = [1, 2, 3].map((n) => connection.execute(text('ECHO', `given up ${n}`), patient(caller.signal)))
    const kept = connection.execute(text('ECHO', 'kept'), patient())
    await nextTurn()
    caller.abort(reason)
    for (const promise of given) expect((await rejection(promise)).error).toBe(reason)
    expect(connection.pending).toBe(4)
    server.resume()
    expect(await kept).toBe('kept')
    expect(connection.pending).toBe(0)
  })

  test('that aborts after the reply changes nothing', async ({ connection }) => {
    const caller = new AbortController()
    const echo = connection.execute(text('ECHO', 'mine'), patient(caller.signal))
    await connection.execute(text('PING'), patient())
    caller.abort()
    expect(await echo).toBe('mine')
  })

  test('that aborts takes a whole batch with it', async ({ connection }) => {
    const caller = new AbortController()
    const batch = connection.batch([text('MULTI'), text('INCR', 'n'), text('EXEC')], patient(caller.signal))
    caller.abort('changed my mind')
    expect((await rejection(batch)).error).toBe('changed my mind')
    expect(await connection.execute(text('GET', 'n'), patient())).toBeNull()
  })

  test('can be shared by many commands without a warning, and is let go of', async ({ connection }) => {
    const { signal } = new AbortController()
    const warnings: Error[] = []
    const listen = (warning: Error): number => warnings.push(warning)
    process.on('warning', listen)
    const command = (index: number): Promise<Reply> =>
      connection.execute(text('INCRBY', 'k', String(index)), patient(signal))
    await Promise.all(Array.from({ length: 100 }, (_, index) => command(index)))
    await connection.batch(
      Array.from({ length: 100 }, () => text('PING')),
      patient(signal),
    )
    await rejection(connection.execute(text('LPUSH', 'k', 'x'), patient(signal)))
    await nextTurn()
    process.off('warning', listen)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    expect(warnings).toStrictEqual([])
  })
})

describe('maxPending', () => {
  test('commands: those beyond are refused, and there is room again when replies came', async ({ server, connect }) => {
    const connection = await connect(server, { maxPending: { commands: 10 } })
    const fitting = Array.from({ length: 10 }, (_, index) => connection.execute(text('ECHO', String(index)), patient()))
    const { error } = await rejection(connection.execute(text('PING'), patient()))
    expect(error).toBeInstanceOf(OverflowError)
    expect(error).toMatchObject({ code: 'E_OVERFLOW', retryable: true, address: server.address })
    expect(await Promise.all(fitting)).toHaveLength(10)
    expect(await connection.execute(text('PING'), patient())).toBe('PONG')
  })

  test('a batch that does not fit is refused as a whole', async ({ server, connect }) => {
    const connection = await connect(server, { maxPending: { commands: 10 } })
    const batch = Array.from({ length: 11 }, () => text('INCR', 'n'))
    await expect(connection.batch(batch, patient())).rejects.toBeInstanceOf(OverflowError)
    expect(await connection.execute(text('EXISTS', 'n'), patient())).toBe(0)
  })

  test('bytes: those beyond are refused, and there is room again when replies came', async ({ server, connect }) => {
    const connection = await connect(server, { maxPending: { bytes: 100_000 } })
    const value = 'x'.repeat(40_000)
    const fitting = [1, 2].map((n) => connection.execute(text('SET', `k${n}`, value), patient()))
    await expect(connection.execute(text('SET', 'k3', value), patient())).rejects.toBeInstanceOf(OverflowError)
    await Promise.all(fitting)
    expect(await connection.execute(text('SET', 'k3', value), patient())).toBe('OK')
  })

  test('bytes: a command of any size is taken, and leaves half of the room to others', async ({ server, connect }) => {
    const connection = await connect(server, { maxPending: { bytes: 1_000 } })
    const large = connection.execute(text('SET', 'k', 'x'.repeat(40_000)), patient())
    const small = connection.execute(text('ECHO', 'x'.repeat(400)), patient())
    await expect(connection.execute(text('ECHO', 'x'.repeat(400)), patient())).rejects.toBeInstanceOf(OverflowError)
    expect(await Promise.all([large, small])).toStrictEqual(['OK', 'x'.repeat(400)])
    expect(await connection.execute(text('STRLEN', 'k'), patient())).toBe(40_000)
  })

  test('commands that were given up before they left take no room', async ({ server, connect }) => {
    const connection = await connect(server, { maxPending: { commands: 10, bytes: 10_000 } })
    for (let round = 0; round < 20; round++) {
      const caller = new AbortController()
      const given = [1, 2, 3].map(() => connection.execute(text('SET', 'k', 'x'.repeat(1_000)), patient(caller.signal)))
      caller.abort()
      await Promise.allSettled(given)
      await connection.execute(text('PING'), patient())
    }
    expect(connection.pending).toBe(0)
  })
})

describe('close', () => {
  test('waits for the replies that are due, refuses what is new, then ends the socket', async ({ connection }) => {
    const reasons: Error[] = []
    connection.onLost((reason) => reasons.push(reason))
    const due = Array.from({ length: 100 }, (_, index) => connection.execute(text('ECHO', String(index)), patient()))
    const closing = connection.close()
    await expect(connection.execute(text('PING'), patient())).rejects.toBeInstanceOf(ClosedError)
    await expect(connection.batch([text('PING')], patient())).rejects.toMatchObject({
      code: 'E_CLOSED',
      retryable: false,
    })
    await closing
    expect(await Promise.all(due)).toHaveLength(100)
    expect(reasons).toStrictEqual([expect.any(ClosedError)])
    await expect(connection.execute(text('PING'), patient())).rejects.toBeInstanceOf(ClosedError)
  })

  test('may be called twice, and on a connection that does nothing', async ({ connection }) => {
    await Promise.all([connection.close(), connection.close()])
    await connection.close()
    connection.destroy()
  })

  test('does not wait for the reply of a command that was given up', async ({ server, connection }) => {
    server.pause()
    const caller = new AbortController()
    const given = connection.execute(text('PING'), patient(caller.signal))
    await nextTurn()
    caller.abort('changed my mind')
    await expect(given).rejects.toBe('changed my mind')
    expect(connection.pending).toBe(1)
    await inTime(connection.close())
    expect(connection.pending).toBe(0)
  })

  test('does not wait for a command that was given up before it left', async ({ connection }) => {
    const caller = new AbortController()
    const given = connection.execute(text('PING'), patient(caller.signal))
    caller.abort('changed my mind')
    const closing = connection.close()
    await expect(given).rejects.toBe('changed my mind')
    await inTime(closing)
  })

  test('does not wait for one that was given up behind a large one', async ({ connection }) => {
    const caller = new AbortController()
    const large = connection.execute(text('SET', 'k', Buffer.alloc(8 * MiB)), patient())
    const given = connection.execute(text('PING'), patient(caller.signal))
    await nextTurn()
    caller.abort('changed my mind')
    const closing = connection.close()
    await expect(given).rejects.toBe('changed my mind')
    await inTime(closing)
    expect(await large).toBe('OK')
  })

  test('ends when the server goes away meanwhile', async ({ server, connection }) => {
    server.pause()
    const due = rejection(connection.execute(text('PING'), patient()))
    await nextTurn()
    const closing = connection.close()
    await server.kill()
    expect((await due).error).toMatchObject({ code: 'E_INTERRUPTED', sent: true })
    await inTime(closing)
  })

  test('leaves nothing open: no socket, no timer', async ({ server, connect }) => {
    const before = [activeResources('TCPSocket'), activeResources('Timeout')]
    const connections = await Promise.all([1, 2, 3].map(() => connect(server)))
    await Promise.all(connections.map((connection) => connection.execute(text('PING'), patient())))
    // The lab's own line to the server, which is among those before, may be closed by now.
    expect(activeResources('TCPSocket')).toBeGreaterThanOrEqual(3)
    await Promise.all(connections.map((connection) => connection.close()))
    await eventually(() => activeResources('TCPSocket') <= (before[0] as number))
    await eventually(() => activeResources('Timeout') <= (before[1] as number) + 1)
  })
})

describe('destroy', () => {
  test('rejects at once what is in flight and what is new, and tells why', async ({ server, connection }) => {
    server.pause()
    const due = connection.execute(text('PING'), patient())
    await nextTurn()
    const reason = new Error('the primary moved')
    connection.destroy(reason)
    expect((await rejection(due)).error).toMatchObject({ code: 'E_INTERRUPTED', sent: true, cause: reason })
    const late = rejection(connection.execute(text('PING'), patient()))
    expect((await late).error).toMatchObject({ code: 'E_INTERRUPTED', sent: false, cause: reason })
    expect(connection.pending).toBe(0)
  })

  test('before the commands of this tick left: they were not sent', async ({ server, connection }) => {
    const incr = connection.execute(text('INCR', 'n'), patient())
    connection.destroy(new Error('the primary moved'))
    expect((await rejection(incr)).error).toMatchObject({ code: 'E_INTERRUPTED', sent: false })
    expect(await server.command('EXISTS', 'n')).toBe(0)
  })

  test('without a reason is a ClosedError for all', async ({ connection }) => {
    const due = connection.execute(text('PING'), patient())
    connection.destroy()
    await expect(due).rejects.toBeInstanceOf(ClosedError)
    await expect(connection.execute(text('PING'), patient())).rejects.toBeInstanceOf(ClosedError)
  })

  test('ends a close that waits', async ({ server, connection }) => {
    server.pause()
    const due = rejection(connection.execute(text('PING'), patient()))
    const closing = connection.close()
    connection.destroy(new Error('no more time'))
    await inTime(closing)
    expect((await due).error).toBeInstanceOf(ConnectionInterruptedError)
  })

  test('twice tells once', async ({ connection }) => {
    const reasons: Error[] = []
    connection.onLost((reason) => reasons.push(reason))
    connection.destroy(new Error('first'))
    connection.destroy(new Error('second'))
    connection.onLost((reason) => reasons.push(reason))
    expect(reasons.map(({ message }) => message)).toStrictEqual(['first', 'first'])
  })
})

/** Fails when the promise takes longer than anything here may. */
async function inTime(promise: Promise<unknown>): Promise<void> {
  await eventually(() => promise.then(() => true), { timeout: 3_000 })
}
