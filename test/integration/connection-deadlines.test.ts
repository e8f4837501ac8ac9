import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import type { ExecuteOptions, Reply } from '../../src/connection/connection.js'
import { CommandTimeoutError, OverflowError } from '../../src/errors.js'
import { eventually } from '../../src/lab/index.js'
import { MiB } from '../support/heap.js'
import { activeResources, blockLoop, nextTurn, patient, test, text, within } from '../support/connection.js'
import { rejection } from '../support/rejection.js'
import { Stopwatch } from '../support/stopwatch.js'

/** How much later than its deadline a command may be given up, beside what this process itself stood still. */
const grace = 60
/** Longer than anything that watches over connections waits. */
const longSilence = 2_500

describe('a command in flight on a frozen server', () => {
  test.for([50, 200, 400])(
    'with a deadline of %d ms is given up then, and was sent',
    async (ms, { server, connection }) => {
      server.pause()
      using watch = new Stopwatch()
      const start = performance.now()
      const { error, at } = await rejection(connection.execute(text('GET', 'k'), within(ms)))
      expect(error).toBeInstanceOf(CommandTimeoutError)
      expect(error).toMatchObject({ code: 'E_TIMEOUT', retryable: true, command: 'GET', sent: true })
      expect(at - start).toBeGreaterThanOrEqual(ms)
      expect(watch.elapsed(at)).toBeLessThan(ms + grace)
      expect((error as CommandTimeoutError).after).toBeGreaterThanOrEqual(ms)
      expect((error as CommandTimeoutError).after).toBeLessThanOrEqual(at - start)
    },
  )

  test('among others is given up at its own deadline, in whatever order they were sent', async ({
    server,
    connection,
  }) => {
    server.pause()
    using watch = new Stopwatch()
    const start = performance.now()
    const given = [300, 100, 400, 200].map(async (ms) => {
      const { at } = await rejection(connection.execute(text('GET', 'k'), within(ms)))
      return { ms, at }
    })
    for (const { ms, at } of await Promise.all(given)) {
      expect(at - start).toBeGreaterThanOrEqual(ms)
      expect(watch.elapsed(at)).toBeLessThan(ms + grace)
    }
  })

  test('costs no timer of its own', async ({ server, connection }) => {
    server.pause()
    const before = activeResources('Timeout')
    const given = Array.from({ length: 1_000 }, () => connection.execute(text('GET', 'k'), within(100)))
    expect(activeResources('Timeout')).toBeLessThanOrEqual(before + 1)
    await Promise.allSettled(given)
  })

  test('that was given up leaves its place: replies that come later go to their own', async ({
    server,
    connection,
  }) => {
    server.pause()
    const echo = (word: string, ms: number): Promise<Reply> => connection.execute(text('ECHO', word), within(ms))
    const given: Promise<Reply>[] = []
    const kept: Promise<Reply>[] = []
    for (let index = 0; index < 20; index++) {
      given.push(echo(`given up ${index}`, 100))
      kept.push(echo(String(index), 30_000))
    }
    for (const promise of given) await expect(promise).rejects.toBeInstanceOf(CommandTimeoutError)
    expect(connection.pending).toBe(40)
    server.resume()
    expect(await Promise.all(kept)).toStrictEqual(Array.from({ length: 20 }, (_, index) => String(index)))
    expect(connection.pending).toBe(0)
  })

  test('never costs the connection, however long the server is silent', async ({ server, connection }) => {
    const lost: Error[] = []
    connection.onLost((reason) => lost.push(reason))
    server.pause()
    await rejection(connection.execute(text('GET', 'k'), within(50)))
    const behind = connection.execute(text('ECHO', 'at last'), patient())
    await eventually(() => connection.silence > longSilence)
    server.resume()
    expect(await behind).toBe('at last')
    expect(connection.silence).toBe(0)
    expect(lost).toStrictEqual([])
  })

  test('that was given up again and again costs nothing while replies still come', async ({ server, connection }) => {
    const lost: Error[] = []
    connection.onLost((reason) => lost.push(reason))
    for (let round = 0; round < 5; round++) {
      server.pause()
      const slow = connection.execute(text('PING'), within(30))
      await expect(slow).rejects.toBeInstanceOf(CommandTimeoutError)
      server.resume()
      expect(await connection.execute(text('ECHO', String(round)), patient())).toBe(String(round))
    }
    expect([lost, connection.pending]).toStrictEqual([[], 0])
  })

  test('leaves its place in maxPending when it is given up, though its reply is still to come', async ({
    server,
    connect,
  }) => {
    const connection = await connect(server, { maxPending: { commands: 10, bytes: 1_000_000 } })
    const set = (options: ExecuteOptions): Promise<Reply> =>
      connection.execute(text('SET', 'k', 'x'.repeat(90_000)), options)
    server.pause()
    for (let round = 0; round < 3; round++) {
      const given = Array.from({ length: 10 }, () => set(within(30)))
      await expect(set(within(30))).rejects.toBeInstanceOf(OverflowError)
      for (const { error } of await Promise.all(given.map(rejection))) expect(error).toBeInstanceOf(CommandTimeoutError)
    }
    const last = set(patient())
    server.resume()
    expect(await last).toBe('OK')
    expect(connection.pending).toBe(0)
  })
})

describe('silence', () => {
  test('is told once to who watches, after as long as that asked for, and again after a sign of life', async ({
    server,
    connection,
  }) => {
    const told: number[] = []
    connection.watchSilence(
      () => 100,
      () => told.push(connection.silence),
    )
    server.pause()
    const first = connection.execute(text('PING'), patient())
    await eventually(() => connection.silence > 300)
    expect(told).toStrictEqual([expect.toSatisfy((silence: number) => silence >= 100)])
    server.resume()
    await first
    server.pause()
    const second = connection.execute(text('PING'), patient())
    await eventually(() => told.length === 2)
    server.resume()
    await second
  })

  test('counts only while a command waits for its reply', async ({ server, connect }) => {
    const [idle, waiting] = [await connect(server), await connect(server)]
    await idle.execute(text('PING'), patient())
    server.pause()
    const reply = waiting.execute(text('PING'), patient())
    await eventually(() => waiting.silence > 300)
    expect(idle.silence).toBe(0)
    const late = idle.execute(text('PING'), patient())
    await nextTurn()
    expect(idle.silence).toBeLessThan(waiting.silence - 200)
    server.resume()
    expect(await Promise.all([reply, late])).toStrictEqual(['PONG', 'PONG'])
  })

  test('ends with each byte that comes, also in the middle of a reply', async ({ connect, impostor }) => {
    const connection = await connect(await impostor((socket) => void drip(socket, 'x'.repeat(30), 20)))
    const told: number[] = []
    connection.watchSilence(
      () => 300,
      () => told.push(connection.silence),
    )
    expect(await connection.execute(text('GET', 'k'), patient())).toBe('x'.repeat(30))
    expect(told).toStrictEqual([])
  })

  test('begins after the time that a large command needs, at 1 MB/s', async ({ server, connect }) => {
    const [small, large] = [await connect(server), await connect(server)]
    server.pause()
    const replies = [
      small.execute(text('PING'), patient()),
      large.execute(text('SET', 'k', Buffer.alloc(400_000)), patient()),
    ]
    await eventually(() => small.silence > 300)
    expect(large.silence).toBe(0)
    await eventually(() => large.silence > 0)
    expect(small.silence).toBeGreaterThan(400)
    server.resume()
    await Promise.all(replies)
  })
})

describe('a command that could not leave yet', () => {
  test('is given up at its deadline, and was not sent', async ({ server, connection }) => {
    server.pause()
    const large = connection.execute(text('SET', 'large', Buffer.alloc(16 * MiB)), patient())
    await nextTurn()
    const { error } = await rejection(connection.execute(text('INCR', 'n'), within(100)))
    expect(error).toMatchObject({ code: 'E_TIMEOUT', command: 'INCR', sent: false })
    server.resume()
    expect(await large).toBe('OK')
    expect(await connection.execute(text('EXISTS', 'n'), patient())).toBe(0)
  })

  test('makes room for another when it is given up', async ({ server, connect }) => {
    const connection = await connect(server, { maxPending: { commands: 2 } })
    server.pause()
    const large = connection.execute(text('SET', 'large', Buffer.alloc(16 * MiB)), patient())
    await nextTurn()
    await rejection(connection.execute(text('INCR', 'n'), within(50)))
    expect(connection.pending).toBe(1)
    const next = connection.execute(text('INCR', 'n'), patient())
    server.resume()
    expect([await large, await next]).toStrictEqual(['OK', 1])
  })
})

test('a command whose deadline is over already is not sent', async ({ connection }) => {
  const late = connection.execute(text('INCR', 'n'), within(0))
  const { error } = await rejection(late)
  expect(error).toMatchObject({ code: 'E_TIMEOUT', command: 'INCR', sent: false })
  expect(await connection.execute(text('EXISTS', 'n'), patient())).toBe(0)
})

describe('when this process itself stands still', () => {
  test('a reply that came meanwhile counts, though its deadline is over', async ({ connection }) => {
    for (let round = 0; round < 5; round++) {
      const echo = connection.execute(text('ECHO', String(round)), within(250))
      await new Promise((resolve) => process.nextTick(resolve))
      blockLoop(300)
      expect(await echo).toBe(String(round))
    }
  })

  test('so do a thousand of them', async ({ connection }) => {
    const echoes = Array.from({ length: 1_000 }, (_, index) =>
      connection.execute(text('ECHO', String(index)), within(250)),
    )
    await new Promise((resolve) => process.nextTick(resolve))
    blockLoop(300)
    expect(await Promise.all(echoes)).toHaveLength(1_000)
  })

  test('before a command could even leave, the server still gets a chance to answer', async ({ connect, impostor }) => {
    const target = await impostor((socket) => void answerAfter(5, socket))
    const connection = await connect(target)
    const ping = connection.execute(text('PING'), within(250))
    blockLoop(300)
    expect(await ping).toBe('OK')
  })

  test('a frozen server is found out all the same', async ({ server, connection }) => {
    server.pause()
    const get = connection.execute(text('GET', 'k'), within(250))
    await new Promise((resolve) => process.nextTick(resolve))
    blockLoop(300)
    const control = rejection(connection.execute(text('GET', 'k'), within(250)))
    const [{ error, at }, { at: atOfControl }] = await Promise.all([rejection(get), control])
    expect(error).toMatchObject({ code: 'E_TIMEOUT', sent: true })
    expect(at).toBeLessThan(atOfControl)
  })

  test('for longer than its deadline, a command that has a reply in time is answered', async ({ connection }) => {
    const slow = connection.execute(text('DEBUG', 'SLEEP', '0.2'), within(1_000))
    await nextTurn()
    blockLoop(1_200)
    expect(await slow).toBe('OK')
  })
})

/** A server far away: every command is answered +OK after so long. */
async function answerAfter(ms: number, socket: Socket): Promise<void> {
  for await (const [chunk] of chunksOf(socket)) {
    const commands = String(chunk).match(/^\*\d+\r$/gm)?.length ?? 0
    setTimeout(() => socket.write('+OK\r\n'.repeat(commands)), ms)
  }
}

/** A server that answers HELLO, and then one command with a text of which each character takes so long. */
async function drip(socket: Socket, characters: string, ms: number): Promise<void> {
  await once(socket, 'data')
  socket.write('+OK\r\n')
  await once(socket, 'data')
  socket.write(`$${characters.length}\r\n`)
  for (const character of characters) {
    await sleep(ms)
    socket.write(character)
  }
  socket.write('\r\n')
}

async function* chunksOf(socket: Socket): AsyncGenerator<[Buffer]> {
  while (!socket.destroyed) yield (await once(socket, 'data')) as [Buffer]
}
