import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import type { Push, Reply } from '../../src/connection/connection.js'
import { ConnectionError, ConnectionInterruptedError, ProtocolError } from '../../src/errors.js'
import { MiB } from '../support/heap.js'
import { lossOf, nextTurn, patient, test, text, uncaught } from '../support/connection.js'
import { rejection } from '../support/rejection.js'
import { Stopwatch } from '../support/stopwatch.js'

describe('when the server is killed', () => {
  test('everything in flight rejects at once and was sent; what could not leave was not', async ({
    server,
    connection,
  }) => {
    server.pause()
    const sent = Array.from({ length: 500 }, (_, index) =>
      connection.execute(text('INCRBY', 'n', `${index}`), patient()),
    )
    const large = connection.execute(text('SET', 'large', Buffer.alloc(16 * MiB)), patient())
    await nextTurn()
    const unsent = Array.from({ length: 500 }, () => connection.execute(text('INCR', 'n'), patient()))
    const lost = lossOf(connection)
    const rejections = Promise.all([...sent, large, ...unsent].map((promise) => rejection(promise)))
    await server.kill()
    using watch = new Stopwatch()
    const outcomes = await rejections
    const reason = await lost
    for (const [index, { error, at }] of outcomes.entries()) {
      expect(error).toBeInstanceOf(ConnectionInterruptedError)
      expect(error, `command ${index}`).toMatchObject({ code: 'E_INTERRUPTED', sent: index <= 500, cause: reason })
      expect(watch.elapsed(at)).toBeLessThan(250)
    }
    expect(connection.pending).toBe(0)
  })

  test('whoever asks is told once, at once when it was before, and not when it left', async ({
    server,
    connection,
  }) => {
    const heard: [string, Error][] = []
    connection.onLost((reason) => heard.push(['first', reason]))
    connection.onLost((reason) => heard.push(['gone', reason]))()
    connection.onLost((reason) => heard.push(['second', reason]))
    const lost = lossOf(connection)
    await server.kill()
    const reason = await lost
    connection.onLost((late) => heard.push(['late', late]))
    expect(heard).toStrictEqual([
      ['first', reason],
      ['second', reason],
      ['late', reason],
    ])
    expect(reason).toBeInstanceOf(Error)
  })

  test('nothing more is sent, and what is tried was not sent', async ({ server, connection }) => {
    const lost = lossOf(connection)
    await server.kill()
    const reason = await lost
    const { error } = await rejection(connection.execute(text('PING'), patient()))
    expect(error).toBeInstanceOf(ConnectionInterruptedError)
    expect(error).toMatchObject({ sent: false, cause: reason, address: server.address, retryable: true })
    await expect(connection.batch([text('PING')], patient())).rejects.toMatchObject({
      code: 'E_INTERRUPTED',
      sent: false,
    })
  })

  test('a batch rejects as one, and none of its parts is left unhandled', async ({ server, connection }) => {
    server.pause()
    const batch = rejection(connection.batch([text('PING'), text('PING'), text('PING')], patient()))
    await nextTurn()
    const unhandled: unknown[] = []
    const note = (reason: unknown): number => unhandled.push(reason)
    process.on('unhandledRejection', note)
    await server.kill()
    expect((await batch).error).toMatchObject({ code: 'E_INTERRUPTED', sent: true })
    await nextTurn()
    process.off('unhandledRejection', note)
    expect(unhandled).toStrictEqual([])
  })
})

describe('when the server hangs up in good order', () => {
  test('replies that it still sent are read, and the rest was interrupted', async ({ server, connection }) => {
    const lost = lossOf(connection)
    const replies = [text('ECHO', 'last words'), text('QUIT'), text('PING')].map((command) =>
      connection.execute(command, patient()),
    )
    expect(await Promise.all(replies.slice(0, 2))).toStrictEqual(['last words', 'OK'])
    await expect(replies[2]).rejects.toMatchObject({ code: 'E_INTERRUPTED', sent: true })
    expect(await lost).toBeInstanceOf(ConnectionError)
    expect((await lost).message).toBe(`${server.address}: the server closed the connection`)
  })

  test('an idle connection knows it', async ({ server, connection }) => {
    const lost = lossOf(connection)
    await server.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    expect(await lost).toBeInstanceOf(ConnectionError)
  })
})

describe('bytes that no server sends', () => {
  test.for([
    ['an unknown type', 'hello\r\n'],
    ['a negative length', '$-2\r\n'],
    ['a length of 10^9', '*1000000000\r\n'],
    ['a bulk string without its end', '$2\r\nabc\r\n'],
    ['a carriage return alone', '+O\rK\r\n'],
    ['arrays without end', '*1\r\n'.repeat(10_000)],
    ['a length without end', `$${'1'.repeat(1 * MiB)}`],
    ['a push without a length', '>-1\r\n'],
  ])(
    '(%s) end the connection: a ProtocolError, and everything in flight was sent',
    async ([, garbage = ''], { connect, impostor }) => {
      const connection = await connect(await impostor(answering(garbage)))
      const lost = lossOf(connection)
      const echoes = [1, 2, 3].map((n) => rejection(connection.execute(text('ECHO', `${n}`), patient())))
      expect(await lost).toBeInstanceOf(ProtocolError)
      for (const echo of echoes) {
        expect((await echo).error).toMatchObject({ code: 'E_INTERRUPTED', sent: true, cause: await lost })
      }
    },
  )

  test('after good replies in the same chunk do not take those away', async ({ connect, impostor }) => {
    const connection = await connect(await impostor(answering(':1\r\n:2\r\nhello\r\n:3\r\n')))
    const outcomes = [1, 2, 3].map((n) => connection.execute(text('INCRBY', 'n', `${n}`), patient()))
    expect(await Promise.all(outcomes.slice(0, 2))).toStrictEqual([1, 2])
    await expect(outcomes[2]).rejects.toMatchObject({ code: 'E_INTERRUPTED', sent: true })
  })
})

describe('a reply that nobody asked for', () => {
  test.for([
    ['while nothing is due', ''],
    ['right behind one that was asked for', ':1\r\n'],
  ])('%s ends the connection with a ProtocolError', async ([, before = ''], { connect, impostor }) => {
    const connection = await connect(await impostor(answering(`${before}:1\r\n:2\r\n`)))
    const lost = lossOf(connection)
    const replies = [connection.execute(text('PING'), patient())]
    if (before) replies.push(connection.execute(text('PING'), patient()))
    expect(await Promise.all(replies)).toStrictEqual(replies.map(() => 1))
    expect(await lost).toBeInstanceOf(ProtocolError)
  })

  test('is heard by no listener any more', async ({ connect, impostor }) => {
    const connection = await connect(await impostor(answering(':1\r\n:2\r\n>2\r\n+message\r\n+late\r\n')))
    const pushes: Push[] = []
    connection.onPush((push) => pushes.push(push))
    const lost = lossOf(connection)
    const reply: Reply = await connection.execute(text('PING'), patient())
    expect([reply, await lost, pushes]).toStrictEqual([1, expect.any(ProtocolError), []])
  })
})

test('a server that ends a subscription on its own does not answer another one by that', async ({
  connect,
  impostor,
}) => {
  const ended = '>3\r\n$12\r\nsunsubscribe\r\n$5\r\nmoved\r\n:0\r\n'
  const begun = '>3\r\n$10\r\nssubscribe\r\n$4\r\nnews\r\n:1\r\n'
  const connection = await connect(await impostor(answering(`${ended}${begun}+PONG\r\n`)))
  const pushes: Push[] = []
  connection.onPush((push) => pushes.push(push))
  const subscribed = connection.execute({ ...text('SSUBSCRIBE', 'news'), confirmations: 1 }, patient())
  expect(await Promise.all([subscribed, connection.execute(text('PING'), patient())])).toStrictEqual([null, 'PONG'])
  expect(pushes).toStrictEqual([['sunsubscribe', 'moved', 0]])
})

test('a listener that throws does not keep others from hearing of the loss, nor commands from their end', async ({
  connect,
  server,
}) => {
  const connection = await connect(server)
  const heard: string[] = []
  connection.onLost(() => {
    throw new Error('a mistake of the listener')
  })
  connection.onLost(() => heard.push('second'))
  const ping = connection.execute(text('PING'), patient())
  const errors = await uncaught(async () => {
    try {
      connection.destroy(new Error('the primary moved'))
    } catch {
      // Where the mistake comes up is not the point here.
    }
    await expect(ping).rejects.toBeInstanceOf(ConnectionInterruptedError)
  })
  expect(heard).toStrictEqual(['second'])
  expect(errors).toHaveLength(1)
})

test('a program that closed its connection ends by itself', async ({ server }) => {
  const program = join(import.meta.dirname, '../support/connection-child.ts')
  const child = spawn(process.execPath, ['--import', 'tsx', program, String(server.port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk))
  const [code] = (await once(child, 'close')) as [number]
  expect([code, Buffer.concat(said).toString()]).toStrictEqual([0, '["PONG","PONG","PONG"]'])
})

/** Answers HELLO as a server does, and whatever comes then with `bytes`. */
function answering(bytes: string): (socket: Socket) => void {
  return (socket) =>
    socket.once('data', () => {
      socket.write('%1\r\n$4\r\nrole\r\n$6\r\nmaster\r\n')
      socket.on('data', () => socket.write(bytes))
    })
}
