import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { eventually } from '../../src/lab/index.js'
import { at, test } from '../support/caches.js'
import { clientsOf } from '../support/leftovers.js'
import { rejection } from '../support/rejection.js'

describe('connections of one’s own', () => {
  test('are no more than pool.leases at a time; the others wait their turn', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer), pool: { leases: 4 }, writeDeadline: '30s' } })
    await cache.ping()
    const waits = Array.from({ length: 40 }, () => cache.command(['BLPOP', 'nothing', 0.05], { deadline: '30s' }))
    const counts: number[] = []
    let done = false
    const all = Promise.all(waits).finally(() => (done = true))
    while (!done) counts.push((await clientsOf(ownServer)).length)
    expect(await all).toStrictEqual(waits.map(() => null))
    // Beside the shared one; the server may not have seen yet that those before them were closed.
    expect(Math.max(...counts)).toBeLessThanOrEqual(1 + 2 * 4)
  })

  test('that are all lent are waited for within the deadline; then the error names pool.leases', async ({
    ownServer,
    make,
  }) => {
    const { cache } = make({ cache: { location: at(ownServer), pool: { leases: 1 } } })
    const held = cache.command(['BLPOP', 'list', 0], { deadline: '30s' })
    await eventually(async () => (await clientsOf(ownServer)).some((client) => client.includes('cmd=blpop')))
    const { error } = await rejection(cache.use((connection) => connection.command(['PING']), { deadline: '100ms' }))
    expect(error).toMatchObject({ code: 'E_POOL_TIMEOUT', message: expect.stringContaining('pool.leases') })
    await cache.set('k', 1)
    await ownServer.command('RPUSH', 'list', 'x')
    expect(await held).toStrictEqual(['list', 'x'])
    expect(await cache.use((connection) => connection.command(['PING']))).toBe('PONG')
  })
})

test('a caller who asks again at once while the server is away starves nobody: each refusal takes a turn of the loop', async ({
  ownServer,
  make,
}) => {
  const { cache } = make({ cache: { location: at(ownServer) } })
  await cache.ping()
  const asks: (() => Promise<unknown>)[] = [
    () => cache.set('k', 1),
    () => cache.get('k'),
    () => cache.pipeline((p) => [p.set('k', 1)]),
    () => cache.use((connection) => connection.command(['PING'])),
  ]
  await ownServer.kill()
  await expect(cache.get('k')).rejects.toMatchObject({ code: 'E_CONNECTION' })
  for (const ask of asks) expect(await turnsDuring(() => refusals(ask, 200))).toBeGreaterThanOrEqual(190)
  await ownServer.start()
  await Promise.all(asks.map(served))
})

/** How often the loop turned while the work ran. */
async function turnsDuring(work: () => Promise<void>): Promise<number> {
  let [turns, working] = [0, true]
  const count = (async (): Promise<void> => {
    for (; working; turns++) await turn()
  })()
  await work()
  working = false
  await count
  return turns
}

async function refusals(ask: () => Promise<unknown>, times: number): Promise<void> {
  for (let refused = 0; refused < times; refused++) await rejection(ask())
}

/** Asks again at once until it is served. */
async function served(ask: () => Promise<unknown>): Promise<void> {
  for (let refusals = 0; refusals < 1_000_000; refusals++) {
    try {
      await ask()
      return
    } catch {}
  }
  throw new Error('refused a million times')
}
