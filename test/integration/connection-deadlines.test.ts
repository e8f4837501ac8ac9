import { once } from 'node:events'
import type { Socket } from 'node:net'
import { describe, expect } from 'vitest'
import type { Reply } from '../../src/connection/connection.js'
import { CommandTimeoutError, ConnectionError } from '../../src/errors.js'
import { startStallProbe } from '../../src/lab/index.js'
import { MiB } from '../support/heap.js'
import { activeResources, blockLoop, lossOf, nextTurn, patient, test, text, within } from '../support/connection.js'
import { rejection } from '../support/rejection.js'

/** How much later than its deadline a command may be given up, beside what this process itself stood still. */
const grace = 60
/** How long a given-up command may keep the head of the line. */
const longestSilence = 1_000

describe('a command in flight on a frozen server', () => {
  test.for([50, 200, 400])(
    'with a deadline of %d ms is given up then, and was sent',
    async (ms, { server, connection }) => {
      server.pause()
      using stalls = stallsOfThisProcess()
      const start = performance.now()
      const { error, at } = await rejection(connection.execute(text('GET', 'k'), within(ms)))
      expect(error).toBeInstanceOf(CommandTimeoutError)
      expect(error).toMatchObject({ code: 'E_TIMEOUT', retryable: true, command: 'GET', sent: true })
      expect(at - start).toBeGreaterThanOrEqual(ms)
      expect(at - start - stalls.longest(start)).toBeLessThan(ms + grace)
      expect((error as CommandTimeoutError).after).toBeGreaterThanOrEqual(ms)
      expect((error as CommandTimeoutError).after).toBeLessThanOrEqual(at - start)
    },
  )

  test('among others is given up at its own deadline, in whatever order they were sent', async ({
    server,
    connection,
  }) => {
    server.pause()
    using stalls = stallsOfThisProcess()
    const start = performance.now()
    const given = [300, 100, 400, 200].map(async (ms) => {
      const { at } = await rejection(connection.execute(text('GET', 'k'), within(ms)))
      return at - start - ms
    })
    for (const late of await Promise.all(given)) {
      expect(late).toBeGreaterThanOrEqual(0)
      expect(late - stalls.longest(start)).toBeLessThan(grace)
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

  test('that was given up and stays at the head for more than a second costs the connection', async ({
    server,
    connection,
  }) => {
    server.pause()
    using stalls = stallsOfThisProcess()
    const lost = new Promise<{ reason: Error; at: number }>((resolve) =>
      connection.onLost((reason) => resolve({ reason, at: performance.now() })),
    )
    const given = rejection(connection.execute(text('GET', 'k'), within(100)))
    const behind = rejection(connection.execute(text('INCR', 'n'), patient()))
    const { at: givenUp } = await given
    const { reason, at } = await lost
    expect(reason).toBeInstanceOf(ConnectionError)
    expect(reason.message).toMatch(/no reply to GET for 1\d\d\d ms/)
    expect(at - givenUp).toBeGreaterThanOrEqual(longestSilence - 50)
    expect(at - givenUp - stalls.longest(givenUp)).toBeLessThan(longestSilence + 150)
    expect((await behind).error).toMatchObject({ code: 'E_INTERRUPTED', sent: true, cause: reason })
    expect(connection.pending).toBe(0)
  })

  test('that nobody gave up may wait as long as its caller does', async ({ server, connect }) => {
    const [calm, nervous] = [await connect(server), await connect(server)]
    server.pause()
    const reply = calm.execute(text('ECHO', 'at last'), patient())
    await rejection(nervous.execute(text('GET', 'k'), within(50)))
    await lossOf(nervous)
    server.resume()
    expect(await reply).toBe('at last')
  })

  test('that is given up again and again costs nothing while replies still come', async ({ connection }) => {
    const lost: Error[] = []
    connection.onLost((reason) => lost.push(reason))
    const start = performance.now()
    for (let round = 0; performance.now() - start < 1.5 * longestSilence; round++) {
      const slow = connection.execute(text('DEBUG', 'SLEEP', '0.1'), within(30))
      await expect(slow).rejects.toBeInstanceOf(CommandTimeoutError)
      expect(await connection.execute(text('ECHO', String(round)), patient())).toBe(String(round))
    }
    expect(lost).toStrictEqual([])
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
  const late = connection.execute(text('INCR', 'n'), within(-1))
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
    const end = performance.now()
    const { error, at } = await rejection(get)
    expect(error).toMatchObject({ code: 'E_TIMEOUT', sent: true })
    expect(at - end).toBeLessThan(250)
  })

  test('for longer than a second, a slow server is not taken for a hung one', async ({ connection }) => {
    const lost: Error[] = []
    connection.onLost((reason) => lost.push(reason))
    const slow = connection.execute(text('DEBUG', 'SLEEP', '0.2'), within(50))
    await expect(slow).rejects.toBeInstanceOf(CommandTimeoutError)
    blockLoop(longestSilence + 200)
    expect(await connection.execute(text('PING'), patient())).toBe('PONG')
    expect(lost).toStrictEqual([])
  })
})

/** A server far away: every command is answered +OK after so long. */
async function answerAfter(ms: number, socket: Socket): Promise<void> {
  for await (const [chunk] of chunksOf(socket)) {
    const commands = String(chunk).match(/^\*\d+\r$/gm)?.length ?? 0
    setTimeout(() => socket.write('+OK\r\n'.repeat(commands)), ms)
  }
}

async function* chunksOf(socket: Socket): AsyncGenerator<[Buffer]> {
  while (!socket.destroyed) yield (await once(socket, 'data')) as [Buffer]
}

/** How long this process stood still, which is no fault of a connection. */
function stallsOfThisProcess(): Disposable & { longest(since: number): number } {
  const probe = startStallProbe()
  return { longest: (since) => probe.longestStallSince(since), [Symbol.dispose]: () => probe.stop() }
}
