import { describe, expect } from 'vitest'
import type { RespConnection } from '../../src/connection/resp/connection.js'
import { CacheError } from '../../src/errors.js'
import { eventually } from '../../src/lab/index.js'
import { bytes, nextTurn, patient, test, text, within } from '../support/connection.js'
import { bytesHeld, MiB } from '../support/heap.js'

/** What may stay behind after 100,000 commands that came to nothing. */
const remains = 20 * MiB
const many = 100_000

describe('100,000 commands issued against a frozen server', () => {
  test('all settle with typed errors, and leave nothing behind', async ({ server, connect }) => {
    await warmUp(await connect(server))
    const connection = await connect(server)
    const before = await bytesHeld()
    server.pause()
    const codes = await codesOf(many, () => connection.execute(text('GET', 'key'), within(500)))
    expect(codes).toStrictEqual({ E_OVERFLOW: many - 65_536, E_TIMEOUT: 65_536 })
    server.resume()
    await eventually(() => connection.pending === 0)
    expect((await bytesHeld()) - before).toBeLessThan(remains)
  })

  test('are bounded in bytes too, and hold no more than maxPending allows', async ({ server, connect }) => {
    const connection = await connect(server, { maxPending: { bytes: 16 * MiB } })
    server.pause()
    const before = await bytesHeld()
    const settled = codesOf(many, (index) =>
      connection.execute(text('SET', 'k', `${index}`.padStart(4_096)), within(800)),
    )
    await nextTurn()
    expect((await bytesHeld()) - before).toBeLessThan(2 * 16 * MiB + 64 * MiB)
    const { E_OVERFLOW = 0, E_TIMEOUT = 0, ...others } = await settled
    expect([E_OVERFLOW + E_TIMEOUT, others]).toStrictEqual([many, {}])
    expect(E_TIMEOUT).toBeGreaterThan(3_000)
    expect(E_TIMEOUT).toBeLessThan(4_200)
    expect((await bytesHeld()) - before).toBeLessThan(remains)
  })

  test('are interrupted all at once when it is killed, and leave nothing behind', async ({ server, connect }) => {
    await warmUp(await connect(server))
    const connection = await connect(server)
    const before = await bytesHeld()
    server.pause()
    const settled = codesOf(many, () => connection.execute(text('GET', 'key'), patient()))
    await nextTurn()
    await server.kill()
    expect(await settled).toStrictEqual({ E_OVERFLOW: many - 65_536, E_INTERRUPTED: 65_536 })
    expect((await bytesHeld()) - before).toBeLessThan(remains)
  })

  test('with a signal each, aborted by their callers, leave nothing behind while the connection lives', async ({
    server,
    connect,
  }) => {
    await warmUp(await connect(server))
    const connection = await connect(server)
    const before = await bytesHeld()
    for (let round = 0; round < 4; round++) {
      server.pause()
      const caller = new AbortController()
      const codes = codesOf(many / 4, () => connection.execute(text('GET', 'key'), patient(caller.signal)))
      await nextTurn()
      caller.abort('changed my mind')
      expect(await codes).toStrictEqual({ 'changed my mind': many / 4 })
      server.resume()
      expect(await connection.execute(text('ECHO', 'mine'), patient())).toBe('mine')
    }
    expect((await bytesHeld()) - before).toBeLessThan(remains)
    expect(connection.pending).toBe(0)
  })
})

test('kept values of large replies hold their own bytes and no more', async ({ connection }) => {
  const field = (index: number): string => `value ${index} `.padEnd(100, '.')
  const pairs = Array.from({ length: 1_000 }, (_, index) => [`k${index}`, field(index)]).flat()
  await connection.execute(text('MSET', ...pairs), patient())
  const filler = await connection.execute(text('SET', 'filler', 'x'.repeat(60_000)), patient())
  expect(filler).toBe('OK')
  const before = await bytesHeld()
  const kept: unknown[] = []
  for (let index = 0; index < 1_000; index++) {
    const [value] = (await connection.execute(bytes('MGET', `k${index}`, 'filler'), patient())) as Buffer[]
    kept.push(value)
  }
  expect((await bytesHeld()) - before).toBeLessThan(2 * MiB)
  expect(kept).toHaveLength(1_000)
})

/** What is compiled and grown once does not count as left behind. */
async function warmUp(connection: RespConnection): Promise<void> {
  await codesOf(many, () => connection.execute(text('PING'), patient()))
  connection.destroy()
}

/** How many commands were rejected with which code; a reply counts as `reply`. Holds none of the errors. */
async function codesOf(count: number, execute: (index: number) => Promise<unknown>): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  const note = (code: string): void => void (counts[code] = (counts[code] ?? 0) + 1)
  const settled: Promise<void>[] = []
  for (let index = 0; index < count; index++) {
    settled.push(
      execute(index).then(
        () => note('reply'),
        (error: unknown) => note(error instanceof CacheError ? error.code : String(error)),
      ),
    )
  }
  await Promise.all(settled)
  return counts
}
