import { describe, expect } from 'vitest'
import { eventually, startTraffic, type LabServer } from '../../src/lab/index.js'
import { at, callsOf, test } from '../support/caches.js'
import { blockLoop } from '../support/connection.js'
import { startGate } from '../support/gate.js'
import { clientsOf } from '../support/leftovers.js'
import { rejection } from '../support/rejection.js'
import { startWay } from '../support/way.js'

/**
 * Keeps the server busy for 440 ms, then runs a command on the key. TIME stands still in scripts of Valkey; those of
 * Redis 7.0, where it goes on, have no `os`.
 */
const slowly = (command: string): string => `
  local os = rawget(_G, 'os')
  local function now()
    if os then return os.clock() end
    local time = redis.call('TIME')
    return time[1] + time[2] / 1000000
  end
  local start = now()
  while now() - start < 0.44 do end
  return redis.call('${command}', KEYS[1])`

describe('a server that is slow', () => {
  test('serves all again as soon as it answers, though as many commands wait as may', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer), maxPending: { commands: 10 } } })
    await cache.ping()
    const sleeping = ownServer.command('DEBUG', 'SLEEP', '0.6')
    const sets = Array.from({ length: 10 }, (_, n) => cache.set(n, n))
    await expect(cache.get('k')).rejects.toMatchObject({ code: 'E_OVERFLOW' })
    expect(await Promise.all(sets)).toStrictEqual(sets.map(() => true))
    await sleeping
    for (let n = 0; n < 100; n++) expect(await cache.get(n % 10)).toBe(n % 10)
    expect(cache.topology()).toMatchObject({ state: 'steady', nodes: [{ state: 'up' }] })
  })

  test('has a write that takes long run once, and answers within its deadline', async ({ server, cache }) => {
    const written = cache.command(['EVAL', slowly('INCR'), 1, 'n'], { intent: 'write', deadline: '30s' })
    expect(await written).toBe(1)
    expect(await server.command('GET', 'n')).toBe('1')
  })

  test('has a read that takes long run once, and answers within its deadline', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    await ownServer.command('SET', 'k', 'v')
    const read = cache.command(['EVAL_RO', slowly('GET'), 1, 'k'], { intent: 'read', deadline: '30s' })
    expect(await read).toBe('v')
    expect(await callsOf(ownServer, 'eval_ro')).toBe(1)
  })

  test('that pauses fails no write within its deadline, however many come meanwhile', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer), writeDeadline: '20s' } })
    await cache.ping()
    const writes = startTraffic({ rate: 500, operation: (n) => cache.set(n, n) })
    await eventually(() => writes.succeeded > 50)
    await ownServer.command('DEBUG', 'SLEEP', '0.3')
    const before = writes.succeeded
    await eventually(() => writes.succeeded > before + 50)
    const { failed, unsettled } = await writes.stop()
    expect({ failed, unsettled }).toStrictEqual({ failed: 0, unsettled: 0 })
  })
})

describe('a way that is slow', () => {
  /** 2 MB need 450 ms. */
  const rate = 4_400
  const large = Buffer.alloc(2_000_000, 'x')

  test('brings a large value, which is asked for once, and what small ones are asked for meanwhile', async ({
    ownServer,
    make,
  }) => {
    await using way = await startWay(ownServer, { rate })
    await make({ fast: { location: at(ownServer), serializer: 'raw' } }).fast.set('large', large)
    const { cache } = make({ cache: { location: way.location, serializer: 'raw', readDeadline: '20s' } })
    await cache.ping()
    const before = await bytesOf(ownServer, 'output')
    const reads = startTraffic({ rate: 50, operation: () => cache.has('k') })
    expect((await cache.get<Buffer>('large'))?.equals(large)).toBe(true)
    expect(await reads.stop()).toMatchObject({ failed: 0, unsettled: 0 })
    expect((await bytesOf(ownServer, 'output')) - before).toBeLessThan(1.5 * large.length)
    expect(way.accepted).toBe(1)
  })

  test('takes a large value, which is sent once, and what small ones are asked for meanwhile', async ({
    ownServer,
    make,
  }) => {
    await using way = await startWay(ownServer, { rate })
    const { cache } = make({ cache: { location: way.location, serializer: 'raw', readDeadline: '20s' } })
    await cache.ping()
    const before = await bytesOf(ownServer, 'input')
    const reads = startTraffic({ rate: 50, operation: () => cache.has('k') })
    expect(await cache.set('large', large)).toBe(true)
    expect(await reads.stop()).toMatchObject({ failed: 0, unsettled: 0 })
    expect((await bytesOf(ownServer, 'input')) - before).toBeLessThan(1.5 * large.length)
    expect(way.accepted).toBe(1)
  })

  test('has room for others while a value that is larger than maxPending leaves', async ({ ownServer, make }) => {
    await using way = await startWay(ownServer, { rate })
    const maxPending = { bytes: 1_000_000 }
    const options = { location: way.location, serializer: 'raw', readDeadline: '20s', maxPending } as const
    const { cache } = make({ cache: options })
    await cache.ping()
    const written = cache.set('large', large)
    const small = Array.from({ length: 100 }, (_, n) => cache.set(n, Buffer.alloc(1_000), { deadline: '20s' }))
    expect(await Promise.all([written, ...small])).toStrictEqual(Array(101).fill(true))
  })
})

describe('a way that is dead', () => {
  test('is left for another connection, also after a reply that came late; reads go on there', async ({
    ownServer,
    make,
  }) => {
    await using way = await startWay(ownServer)
    const { cache } = make({ cache: { location: way.location, readDeadline: '8s' } })
    await cache.set('k', 1)
    await ownServer.command('DEBUG', 'SLEEP', '0.2')
    expect(await cache.get('k')).toBe(1)
    way.die()
    expect(await Promise.all([cache.get('k'), cache.get('k', { readFrom: 'primary' })])).toStrictEqual([1, 1])
    expect(way.accepted).toBe(2)
    expect(cache.topology()).toMatchObject({ state: 'steady', nodes: [{ state: 'up' }] })
  })

  test('rejects the writes that were sent on it, long before their deadline; later ones arrive', async ({
    ownServer,
    make,
  }) => {
    await using way = await startWay(ownServer)
    const { cache } = make({ cache: { location: way.location, writeDeadline: '60s' } })
    await cache.set('k', 1)
    way.die()
    const lost = rejection(cache.set('k', 2, { deadline: '60s' }))
    const control = cache.command(['BLPOP', 'nothing', 8], { intent: 'write', deadline: '60s' })
    const first = await Promise.race([lost, control])
    expect(first).toMatchObject({ error: { code: 'E_INTERRUPTED', sent: true } })
    expect(await cache.set('k', 3)).toBe(true)
    expect(await ownServer.command('GET', cache.makeKey('k'))).toBe('3')
  })
})

describe('one of several connections', () => {
  test('that is lost makes no node unusable: the others serve', async ({ ownServer, make }) => {
    await using gate = await startGate(ownServer, { pass: 2, cut: 3 })
    const location = `valkey://127.0.0.1:${gate.port}/0`
    const { cache } = make({ cache: { location, pool: { connections: 2 } } })
    await cache.ping()
    const [first] = await eventually(async () => {
      const clients = await clientsOf(ownServer)
      return clients.length === 2 && clients
    })
    const states = new Set<string>()
    const failures: unknown[] = []
    const reads = startTraffic({
      rate: 200,
      operation: (n) => {
        for (const { state } of cache.topology().nodes) states.add(state)
        return cache.get(n)
      },
      onFailure: (error) => failures.push(error),
    })
    await ownServer.command('CLIENT', 'KILL', 'ID', String(/id=(\d+)/.exec(String(first))?.[1]))
    await eventually(() => gate.accepted === 6)
    expect(await reads.stop()).toMatchObject({ unsettled: 0 })
    expect(failures).toStrictEqual([])
    expect([...states]).toStrictEqual(['up'])
  })
})

describe('work of our own that holds the loop', () => {
  test('right after the first call, for longer than connecting may take, fails nothing', async ({ server, make }) => {
    const { cache } = make({ cache: { location: at(server) } })
    const read = cache.get('k')
    blockLoop(1_200)
    expect(await read).toBeUndefined()
  })

  test('while a connection is being made fails nothing', async ({ server, make }) => {
    const { cache } = make({ cache: { location: at(server) } })
    const read = cache.get('k')
    for (let turn = 0; turn < 5; turn++) {
      await new Promise((resolve) => setImmediate(resolve))
      blockLoop(300)
    }
    expect(await read).toBeUndefined()
  })

  test('after a call, for longer than its deadline, fails nothing', async ({ cache }) => {
    await cache.set('k', 1)
    const [read, written] = [cache.get('k'), cache.set('other', 2, { deadline: '300ms' })]
    blockLoop(1_500)
    expect(await Promise.all([read, written])).toStrictEqual([1, true])
  })
})

/** What a server took in, or gave out, so far. */
async function bytesOf(server: LabServer, way: 'input' | 'output'): Promise<number> {
  const stats = String(await server.command('INFO', 'stats'))
  return Number(new RegExp(`total_net_${way}_bytes:(\\d+)`).exec(stats)?.[1])
}
