import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { KeyNotFoundError, type Cache, type CacheOptions } from '../../src/index.js'
import { eventually, startTraffic, type LabServer } from '../../src/lab/index.js'
import { at, callsOf, test } from '../support/caches.js'
import { clientsOf } from '../support/leftovers.js'
import { rejection } from '../support/rejection.js'
import { startWay } from '../support/way.js'

/** A call of a test, and how its outcome reads. */
type Step = readonly [name: string, run: (cache: Cache) => Promise<unknown>]

const keys = ['a', 'b', 'c'] as const

/** Calls of all kinds: with one key, with several, with none, and with values that take long to encode. */
const steps: readonly Step[] = [
  ...keys.flatMap((key): Step[] => [
    [`get ${key}`, (cache) => cache.get(key)],
    [`set ${key}`, (cache) => cache.set(key, `set ${key}`)],
    [`set large ${key}`, (cache) => cache.set(key, 'x'.repeat(5_000))],
    [`delete ${key}`, (cache) => cache.delete(key)],
    [`has ${key}`, (cache) => cache.has(key)],
    [`add ${key}`, (cache) => cache.add(key, 'added')],
    [`pipeline ${key}`, (cache) => cache.pipeline((p) => [p.get(key), p.set(key, 'piped'), p.get(key)])],
  ]),
  ['incr', (cache) => cache.incr('n', 1, { create: true })],
  ['get n', (cache) => cache.get('n')],
  ['getMany', async (cache) => [...(await cache.getMany(keys))]],
  ['setMany', (cache) => cache.setMany(new Map([...keys, 'n'].map((key) => [key, 7])))],
  ['deleteMany', (cache) => cache.deleteMany(['a', 'n'])],
  ['flushDb', (cache) => cache.flushDb()],
]

describe('calls that are made together', () => {
  test.for<[what: string, options: CacheOptions]>([
    ['a cache', {}],
    ['a cache of three connections', { pool: { connections: 3 } }],
    ['a cache whose values are compressed by a promise', { compressor: 'zlib', compressMinLength: 100 }],
    ['a cache of msgpack', { serializer: 'msgpack' }],
  ])('of %s answer as if each had waited for the one before', async ([, options], { ownServer, make }) => {
    const { cache, model } = make({ cache: { location: at(ownServer), ...options }, model: { location: 'memory://' } })
    await cache.ping()
    const connections = options.pool === undefined ? 1 : 3
    await eventually(async () => (await clientsOf(ownServer)).length === connections)
    const program = fc.array(fc.constantFrom(...steps), { minLength: 2, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(program, async (calls) => {
        await Promise.all([cache.flushDb(), model.flushDb()])
        const together = await Promise.all(calls.map(([, run]) => run(cache)))
        const oneByOne: unknown[] = []
        for (const [, run] of calls) oneByOne.push(await run(model))
        expect(together).toStrictEqual(oneByOne)
      }),
      { numRuns: 40 },
    )
  })

  test('keep their order when the server answers nothing for a while', async ({ lab, make }) => {
    const server = await lab.server({ proxied: true })
    const { cache } = make({ cache: { location: at(server), attemptTimeout: '50ms' } })
    await cache.set('k', 'old')
    server.proxy.blackhole()
    const before = cache.get('other')
    await passed(100)
    const [write, read] = [cache.set('k', 'new'), cache.get('k')]
    await passed(100)
    server.proxy.heal()
    expect(await Promise.all([before, write, read])).toStrictEqual([undefined, true, 'new'])
    await server.kill()
  })

  test('a read keeps its place before a write of its key', async ({ cache }) => {
    await cache.set('job', 'to do')
    expect(await Promise.all([cache.get('job'), cache.delete('job')])).toStrictEqual(['to do', true])
    expect(await Promise.all([cache.get('job'), cache.set('job', 1), cache.get('job')])).toStrictEqual([
      undefined,
      true,
      1,
    ])
  })

  test.for(['json', 'msgpack', 'pickle', 'raw'] as const)(
    'each have an answer of their own form, beside a lock: %s',
    async (serializer, { server, make }) => {
      const { cache } = make({ cache: { location: at(server), serializer } })
      const value = Buffer.from([0xff, 0x00, 0x80])
      await cache.set('a', serializer === 'raw' ? value : 'text')
      await using lock = cache.lock('l')
      await lock.acquire()
      const [read, owned, other] = await Promise.all([cache.get('a'), lock.owned(), cache.get('nothing')])
      expect([read, owned, other]).toStrictEqual([serializer === 'raw' ? value : 'text', true, undefined])
      expect(lock.signal.aborted).toBe(false)
    },
  )
})

describe('a write that was refused', () => {
  test('never undoes a later one that was acknowledged', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    await cache.set('k', 'first')
    await ownServer.command('REPLICAOF', '127.0.0.1', '1')
    const older = Promise.allSettled(['older', 'newer', 'newest'].map((value) => cache.set('k', value)))
    await eventually(async () => (await refusedSets(ownServer)) >= 3)
    await ownServer.command('REPLICAOF', 'NO', 'ONE')
    expect(await cache.set('k', 'last')).toBe(true)
    for (const outcome of await older)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'E_COMMAND', retryable: true })
    expect(await ownServer.command('GET', cache.makeKey('k'))).toBe('"last"')
  })

  test('leaves each key with the last value that was acknowledged, however often it is refused', async ({
    ownServer,
    make,
  }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    const acknowledged = new Map<number, number>()
    const refused: unknown[] = []
    const writes = startTraffic({
      rate: 1_000,
      operation: async (n) => {
        const key = n % 3
        await cache.set(key, n)
        acknowledged.set(key, Math.max(n, acknowledged.get(key) ?? 0))
      },
      onFailure: (error) => refused.push(error),
    })
    await flip(ownServer, 5)
    expect(await writes.stop()).toMatchObject({ unsettled: 0 })
    for (const error of refused) expect(error).toMatchObject({ code: 'E_COMMAND', retryable: true })
    expect(await refusedSets(ownServer)).toBeGreaterThan(0)
    expect(await cache.getMany([...acknowledged.keys()])).toStrictEqual(acknowledged)
  })
})

describe('a location whose server becomes a replica', () => {
  test('is dialled again, so that writes find the server that took its place', async ({ lab, make }) => {
    const [old, next] = [await lab.server(), await lab.server()]
    await using way = await startWay(old)
    const { cache } = make({ cache: { location: way.location } })
    await cache.set('k', 1)
    way.lead(next)
    await old.command('REPLICAOF', next.host, next.port)
    expect(await Promise.all([cache.set('k', 2), cache.set('other', 3)])).toStrictEqual([true, true])
    expect(await next.command('GET', cache.makeKey('k'))).toBe('2')
    await Promise.all([old.kill(), next.kill()])
  })

  test('and leads nowhere else: reads go on, writes say at their deadline that it is a replica', async ({
    ownServer,
    make,
  }) => {
    // What waits says why at its deadline, unless the server has not answered for an attemptTimeout by then.
    const { cache } = make({ cache: { location: at(ownServer), attemptTimeout: '1m' } })
    await cache.set('k', 1)
    await ownServer.command('REPLICAOF', '127.0.0.1', '1')
    const before = await callsOf(ownServer, 'hello')
    const written = cache.set('k', 2, { deadline: '500ms' })
    const others = Promise.allSettled(Array.from({ length: 1_000 }, (_, n) => cache.set(n, n, { deadline: '500ms' })))
    let reads = 0
    const reading = (async (): Promise<void> => {
      for (; reads < 10; reads++) expect(await cache.get('other')).toBeUndefined()
    })()
    await expect(written).rejects.toThrow(/replica/)
    await reading
    for (const outcome of await others)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'E_COMMAND' } })
    expect((await callsOf(ownServer, 'hello')) - before).toBeLessThan(60)
    await ownServer.command('REPLICAOF', 'NO', 'ONE')
    expect(await cache.set('k', 3)).toBe(true)
  })
})

describe('a script in a batch', () => {
  test('runs on a server that does not have it, or has lost it', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    const counted = (): Promise<unknown> => cache.pipeline((p) => [p.set('n', 1), p.incr('n'), p.get('n')])
    expect(await counted()).toStrictEqual([true, 2, 2])
    await ownServer.command('SCRIPT', 'FLUSH')
    expect(await counted()).toStrictEqual([true, 2, 2])
    await ownServer.restart()
    expect(await eventually(counted)).toStrictEqual([true, 2, 2])
  })

  test('goes by its hash once it ran', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    for (let count = 1; count <= 3; count++) await cache.pipeline((p) => [p.set('n', 1), p.incr('n')])
    expect([await callsOf(ownServer, 'eval'), await callsOf(ownServer, 'evalsha')]).toStrictEqual([1, 2])
  })

  test('rejects with its own error, not with that of a missing script', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    await expect(cache.pipeline((p) => [p.incr('nothing')])).rejects.toBeInstanceOf(KeyNotFoundError)
  })
})

describe('with replicas', () => {
  test('a write without keys counts for all keys: what was flushed is not read from a replica', async ({
    lab,
    make,
  }) => {
    const group = await lab.group({ replicas: 1, sentinels: 0, proxied: true })
    const primary = await group.primary()
    // A primary that is slow on a busy machine is no reason to ask the replica as well.
    const { cache } = make({ cache: { location: group.location, readFrom: 'replica', attemptTimeout: '5s' } })
    await cache.set('k', 'old')
    await eventually(async () => (await cache.get('k', { readFrom: 'replica' })) === 'old')
    primary.proxy.delay(300, { from: 'servers' })
    await cache.flushDb()
    expect(await cache.get('k')).toBeUndefined()
    await Promise.all(group.nodes.map((node) => node.kill()))
  })

  test('a cache that waits for them holds up no other cache on the same servers', async ({ lab, make }) => {
    const group = await lab.group({ replicas: 1, sentinels: 0 })
    const [replica] = await group.replicas()
    const { durable, other } = make({
      durable: { location: group.location, minReplicas: 1 },
      other: { location: group.location, readFrom: 'primary' },
    })
    expect(await durable.set('k', 1)).toBe(true)
    replica?.pause()
    let waiting = true
    const waits = durable.set('k', 2, { deadline: '2s' }).catch((error: unknown) => {
      waiting = false
      return error
    })
    for (let n = 0; n < 50; n++) expect(await other.set(n, n)).toBe(true)
    expect(await durable.get('k', { readFrom: 'primary' })).toBe(2)
    expect(waiting).toBe(true)
    expect(await waits).toMatchObject({ code: 'E_REPLICAS' })
    await Promise.all(group.nodes.map((node) => node.kill()))
  })
})

describe('a cache whose writes wait for replicas', () => {
  test('reads what it wrote, whether or not it waited', async ({ lab, make }) => {
    const group = await lab.group({ replicas: 1, sentinels: 0 })
    const { cache } = make({ cache: { location: group.location, minReplicas: 1, readFrom: 'primary' } })
    const seen: unknown[] = []
    const writes = Array.from({ length: 50 }, async (_, n) => {
      const write = cache.set('k', n)
      seen[n] = await cache.get('k')
      return write
    })
    expect(await Promise.all(writes)).toStrictEqual(writes.map(() => true))
    for (const [n, value] of seen.entries()) expect(value).toBeGreaterThanOrEqual(n)
    await Promise.all(group.nodes.map((node) => node.kill()))
  })

  test('keeps the deadlines of those that wait behind another', async ({ lab, make }) => {
    const group = await lab.group({ replicas: 1, sentinels: 0 })
    const [replica] = await group.replicas()
    const { cache } = make({ cache: { location: group.location, minReplicas: 1, readFrom: 'primary' } })
    await cache.set('k', 1)
    replica?.pause()
    const order: string[] = []
    const settles = async (name: string, call: Promise<unknown>): Promise<void> => {
      await rejection(call)
      order.push(name)
    }
    const first = settles('first', cache.set('k', 2, { deadline: '3s' }))
    await eventually(async () => (await group.nodes[0]?.command('GET', cache.makeKey('k'))) === '2')
    const others = ['second', 'third'].map((name, index) =>
      settles(name, cache.set('k', 3 + index, { deadline: 200 + index * 200 })),
    )
    const read = settles('read', cache.get('k', { deadline: 100 }))
    await Promise.all([first, read, ...others])
    expect(order).toStrictEqual(['read', 'second', 'third', 'first'])
    expect(await cache.get('k')).toBe(2)
    await Promise.all(group.nodes.map((node) => node.kill()))
  })
})

/** Resolves when so many ms are over. */
async function passed(ms: number): Promise<void> {
  const startedAt = performance.now()
  await eventually(() => performance.now() - startedAt >= ms)
}

/** Makes a server a replica, which refuses writes, for a moment, so many times. */
async function flip(server: LabServer, times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    await server.command('REPLICAOF', '127.0.0.1', '1')
    for (let asked = 0; asked < 20; asked++) await server.command('ROLE')
    await server.command('REPLICAOF', 'NO', 'ONE')
    for (let asked = 0; asked < 20; asked++) await server.command('ROLE')
  }
}

/** How many SETs a server refused because of its state. */
async function refusedSets(server: LabServer): Promise<number> {
  const stats = String(await server.command('INFO', 'commandstats'))
  return Number(/^cmdstat_set:.*rejected_calls=(\d+)/m.exec(stats)?.[1] ?? 0)
}
