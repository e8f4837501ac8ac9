import { describe, expect } from 'vitest'
import type { Cache } from '../../src/index.js'
import { eventually, startTraffic } from '../../src/lab/index.js'
import { at, test } from '../support/caches.js'
import { clientsOf } from '../support/leftovers.js'
import { rejection } from '../support/rejection.js'

/** Keys of several sockets. */
const held = ['a', 'b', 'c', 'd', 'e', 'f']

describe('a server that holds back writes', () => {
  test('goes on serving reads beside them; the writes wait, run in their order, and are acknowledged', async ({
    ownServer,
    make,
  }) => {
    const { cache } = make({ cache: { location: at(ownServer), writeDeadline: '30s', readDeadline: '5s' } })
    await cache.set('k', 0)
    await ownServer.command('CLIENT', 'PAUSE', 2_500, 'WRITE')
    const writes = startTraffic({ rate: 20, operation: (n) => cache.set('k', n) })
    const reads = startTraffic({ rate: 100, operation: (n) => cache.get(`other ${n}`) })
    await eventually(() => writes.succeeded > 0, { timeout: 20_000 })
    const readsBeside = reads.succeeded
    const written = await writes.stop()
    expect(written).toMatchObject({ failed: 0, unsettled: 0 })
    expect(await reads.stop()).toMatchObject({ failed: 0, unsettled: 0 })
    expect(readsBeside).toBeGreaterThan(reads.issued / 4)
    expect(await cache.get('k')).toBe(written.issued - 1)
    await eventually(async () => (await clientsOf(ownServer)).length === 1)
  })

  test.for<[what: string, write: (cache: Cache) => Promise<unknown>]>([
    ['a write of one key', (cache) => cache.set('k', 'new')],
    ['a write of keys on several', (cache) => cache.setMany(new Map(['k', ...held].map((key) => [key, 'new'])))],
    ['several writes', (cache) => Promise.all([cache.set('l', 1), cache.deleteMany(held), cache.set('k', 'new')])],
  ])(
    'goes on serving reads on several connections beside %s, in their order',
    async ([, write], { ownServer, make }) => {
      const { cache } = make({
        cache: { location: at(ownServer), pool: { connections: 3 }, readDeadline: '20s', writeDeadline: '50s' },
      })
      const values = new Map(Array.from({ length: 12 }, (_, index) => [`other ${index}`, index]))
      await cache.setMany(values)
      await eventually(async () => (await clientsOf(ownServer)).length === 3)
      await ownServer.command('CLIENT', 'PAUSE', 60_000, 'WRITE')
      let written = false
      const writing = write(cache).then(() => (written = true))
      const behind = cache.getMany(['k', 'other 1'])
      for (let round = 0; round < 3; round++) {
        const reads = [...values].map(async ([key]) => [key, await cache.get(key)] as const)
        expect(await cache.getMany([...values.keys()])).toStrictEqual(values)
        expect(new Map(await Promise.all(reads))).toStrictEqual(values)
      }
      expect(written).toBe(false)
      await ownServer.command('CLIENT', 'UNPAUSE')
      expect(await behind).toStrictEqual(
        new Map<string, unknown>([
          ['k', 'new'],
          ['other 1', 1],
        ]),
      )
      await writing
    },
  )

  test('is known as such when a write has waited for its whole deadline, and is no outage', async ({
    ownServer,
    make,
  }) => {
    const { cache } = make({ cache: { location: at(ownServer), readDeadline: '5s' } })
    await cache.set('k', 0)
    await ownServer.command('CLIENT', 'PAUSE', 20_000, 'WRITE')
    const sent = cache.set('k', 1, { deadline: '1500ms' })
    const behind = (async (): Promise<unknown> => {
      await eventually(() => cache.topology().nodes.length > 0)
      return cache.set('k', 2, { deadline: '1400ms' })
    })()
    const outcomes = await Promise.allSettled([sent, behind])
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'E_TIMEOUT' } })
    expect(await cache.get('other')).toBeUndefined()
    await expect(cache.set('other', 1, { deadline: '100ms' })).rejects.toMatchObject({
      code: 'E_TIMEOUT',
      sent: false,
      cause: { message: expect.stringContaining('holds back writes') },
    })
    expect(cache.topology().nodes).toMatchObject([{ state: 'up' }])
    await ownServer.command('CLIENT', 'UNPAUSE')
    expect(await cache.set('k', 3)).toBe(true)
    expect(await cache.get('k')).toBe(3)
  })
})

test('a write that waits behind one that its server refuses says at its deadline why that one is refused', async ({
  ownServer,
  make,
}) => {
  const { cache } = make({ cache: { location: at(ownServer), attemptTimeout: '1m' } })
  await cache.set('k', 0)
  await ownServer.command('REPLICAOF', '127.0.0.1', 1)
  const refused = cache.set('k', 1, { deadline: '1m' })
  const refusals = async (): Promise<number> => {
    const stats = String(await ownServer.command('INFO', 'errorstats'))
    return Number(/errorstat_READONLY:count=(\d+)/.exec(stats)?.[1] ?? 0)
  }
  await eventually(async () => (await refusals()) > 5)
  const { error } = await rejection(cache.set('other', 2, { deadline: '300ms' }))
  expect(error).toMatchObject({ code: 'E_COMMAND', reply: expect.stringMatching(/^READONLY/) as string })
  await ownServer.command('REPLICAOF', 'NO', 'ONE')
  expect(await refused).toBe(true)
})
