import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { describe, expect } from 'vitest'
import { ErrorReply, type Cache, type OwnConnection, type Reply } from '../../src/index.js'
import { eventually, type LabServer } from '../../src/lab/index.js'
import { OpenSlot, targetOf, cacheOf, test } from '../support/cluster.js'
import { rejection } from '../support/rejection.js'

describe('while a slot is being moved', () => {
  test('a key is read and written where it is, and one that is nowhere where the slot goes', async ({
    cluster,
    clusterCache: cache,
  }) => {
    const [moved, stays] = [cache.makeKey('{a}moved'), cache.makeKey('{a}stays')]
    await cache.setMany([
      ['{a}moved', 1],
      ['{a}stays', 2],
    ])
    await using open = await OpenSlot.of(moved, cluster)
    await open.move(moved)
    expect(await cache.get('{a}moved')).toBe(1)
    expect(await cache.get('{a}stays')).toBe(2)
    expect(await cache.get('{a}nowhere')).toBeUndefined()
    expect(await cache.incr('{a}moved')).toBe(2)
    expect(await cache.set('{a}new', 3, { nx: true })).toBe(true)
    expect(await open.keysAtTarget()).toContain(cache.makeKey('{a}new'))
    expect(await open.source.command('GET', stays)).toBe('2')
  })

  test('commands of many keys are asked key by key', async ({ cluster, clusterCache: cache }) => {
    const keys = ['{b}1', '{b}2', '{b}3']
    await cache.setMany(keys.map((key) => [key, key] as const))
    await using open = await OpenSlot.of(cache.makeKey('{b}1'), cluster)
    await open.move(cache.makeKey('{b}1'))
    expect([...(await cache.getMany([...keys, '{b}nowhere', 'elsewhere'])).keys()]).toEqual(keys)
    expect(await cache.has(keys)).toBe(true)
    expect(await cache.has([...keys, '{b}nowhere'])).toBe(false)
    expect(await cache.setMany([...keys, '{b}4', 'elsewhere'].map((key) => [key, 5] as const))).toEqual([])
    expect([...(await cache.getMany([...keys, '{b}4', 'elsewhere'])).values()]).toEqual([5, 5, 5, 5, 5])
    expect(await cache.pipeline((p) => [p.incr('{b}1'), p.get('{b}2'), p.getMany(keys)])).toEqual([
      6,
      5,
      new Map([
        ['{b}1', 6],
        ['{b}2', 5],
        ['{b}3', 5],
      ]),
    ])
    expect(await cache.deleteMany([...keys, '{b}nowhere'])).toBe(3)
  })

  test('a replica sends on who asks for what has moved; one of Redis takes it for absent', async ({
    cluster,
    clusterCache: cache,
    lab,
    make,
  }) => {
    const key = cache.makeKey('{r}')
    const [replica] = await cluster.replicas(await cluster.primaryOf(key))
    const hasKeys = (count: number): Promise<unknown> =>
      eventually(async () => (await replica?.command('DBSIZE')) === count)
    await cache.set('{r}', 1)
    await hasKeys(1)
    await using open = await OpenSlot.of(key, cluster)
    await open.move(key)
    await hasKeys(0)
    const { reader } = make({ reader: { client: 'cluster', location: cluster.locations, readFrom: 'replica' } })
    expect(await reader.get('{r}')).toBe(lab.software === 'valkey' ? 1 : undefined)
    expect(await reader.get('{r}', { readFrom: 'primary' })).toBe(1)
  })

  test('what has to be one command waits until its keys are together', async ({
    cluster,
    clusterCache: cache,
    lab,
  }) => {
    await cache.sadd('{c}1', ['x'])
    await cache.sadd('{c}2', ['y'])
    const open = await OpenSlot.of(cache.makeKey('{c}1'), cluster)
    await open.move(cache.makeKey('{c}1'))
    const readFrom = lab.software === 'valkey' ? undefined : 'primary'
    const union = cache.sunion(['{c}1', '{c}2'], { deadline: '10s', readFrom })
    expect(await rejection(cache.sunion(['{c}1', '{c}2'], { readFrom }))).toMatchObject({
      error: { code: 'E_COMMAND' },
    })
    await open.finish()
    expect(new Set(await union)).toEqual(new Set(['x', 'y']))
  })

  test('locks, scripts and loads follow', async ({ cluster, clusterCache: cache }) => {
    await using open = await OpenSlot.of(cache.makeKey('{d}'), cluster)
    await using lock = await cache.lock('{d}lock', { ttl: '5s' }).acquire()
    expect(await lock.extend('10s')).toBe(undefined)
    expect(await cache.getOrSet('{d}load', () => 1)).toBe(1)
    expect(await cache.incr('{d}count', 2, { create: true })).toBe(2)
    expect(await cache.incr('{d}count')).toBe(3)
    expect(await open.keysAtTarget()).toHaveLength(3)
  })

  test('unawaited writes of a key keep their order, by themselves and in pipelines', async ({
    cluster,
    clusterCache: cache,
  }) => {
    const key = cache.makeKey('{e}list')
    const replies: Promise<unknown>[] = []
    let last = 0
    const push = (on: Pick<Cache, 'command'>): Promise<unknown> =>
      on.command(['RPUSH', '{e}list', String(++last)], { key: 1 })
    const pushSome = (): void => {
      for (let count = 0; count < 5; count++) replies.push(push(cache))
      replies.push(cache.pipeline((p) => [push(p), push(p), push(p)]))
      // A replica may be the first to say that the slot has moved.
      replies.push(cache.get('{e}other').then(() => push(cache)))
    }
    for (let round = 0; round < 5; round++) {
      const timer = setInterval(pushSome, 1)
      const open = await OpenSlot.of(key, cluster)
      await open.finish()
      await eventually(() => last > 40 * (round + 1))
      clearInterval(timer)
      await Promise.all(replies)
    }
    const expected = Array.from({ length: last }, (_, index) => String(index + 1))
    expect(await cache.command(['LRANGE', '{e}list', '0', '-1'], { key: 1 })).toEqual(expected)
    expect(last).toBeGreaterThan(200)
  })
})

describe('a transaction', () => {
  test('follows a slot that is being moved, as a whole', async ({ cluster, clusterCache: cache }) => {
    const key = cache.makeKey('{f}n')
    await cache.set('{f}n', 1)
    const open = await OpenSlot.of(key, cluster)
    await open.move(key)
    const increment = [['MULTI'], ['INCR', key], ['GET', key], ['EXEC']] as const
    expect(await cache.use((own) => own.batch(increment))).toEqual(['OK', 'QUEUED', 'QUEUED', [2, '2']])
    await open.finish()
    expect(await cache.use((own) => own.batch(increment))).toEqual(['OK', 'QUEUED', 'QUEUED', [3, '3']])
  })

  test('follows a slot that moved before its EXEC, on the connection that it had', async ({
    cluster,
    clusterCache: cache,
  }) => {
    const key = cache.makeKey('{g}n')
    await cache.set('{g}n', 1)
    const [address, replies, after] = await cache.use(async (own) => {
      expect(await own.command(['GET', key])).toBe('1')
      const before = own.address
      expect(await own.command(['MULTI'])).toBe('OK')
      expect(await own.command(['INCR', key])).toBe('QUEUED')
      await (await OpenSlot.of(key, cluster)).finish()
      return [before, await own.command(['EXEC']), own.address]
    })
    expect(replies).toEqual([2])
    expect(after).not.toBe(address)
  })

  test('is answered null when its slot has moved after WATCH', async ({ cluster, clusterCache: cache }) => {
    const key = cache.makeKey('{h}n')
    await cache.set('{h}n', 1)
    const once = (): Promise<unknown> =>
      cache.use(async (own) => {
        await own.command(['WATCH', key])
        await (await OpenSlot.of(key, cluster)).finish()
        const first = await own.batch([['MULTI'], ['INCR', key], ['EXEC']])
        await own.command(['WATCH', key])
        return [first.at(-1), (await own.batch([['MULTI'], ['INCR', key], ['EXEC']])).at(-1)]
      })
    expect(await once()).toEqual([null, [2]])
  })

  test('over several slots is refused', async ({ clusterCache: cache }) => {
    const replies = await cache.use((own) => own.batch([['MULTI'], ['INCR', 'a'], ['INCR', 'b'], ['EXEC']]))
    expect(replies.at(-1)).toBeInstanceOf(ErrorReply)
    expect((replies.at(-1) as ErrorReply).code).toBe('CROSSSLOT')
  })
})

describe('commands that are made together on an own connection', () => {
  test('share the connection, before it is made and when its slot has moved', async ({
    cluster,
    clusterCache: cache,
  }) => {
    const key = cache.makeKey('{j}n')
    const three = (own: OwnConnection): Promise<readonly Reply[]> =>
      Promise.all([own.command(['INCR', key]), own.command(['INCR', key]), own.command(['GET', key])])
    const replies = await cache.use(async (own) => {
      const before = await three(own)
      await (await OpenSlot.of(key, cluster)).finish()
      return [...before, ...(await three(own))]
    })
    expect(replies).toEqual([1, 2, '2', 3, 4, '4'])
  })
})

describe('a server that says MOVED to its own address', () => {
  test('has been replaced behind it: a new connection leads to the one that has the slot', async ({ lab, make }) => {
    await using cluster = await lab.cluster({ shards: 2, replicas: 0 })
    const [first, second] = (await cluster.primaries()) as [LabServer, LabServer]
    await using door = await openDoor(first)
    await announce(first, door.port)
    const cache = cacheOf(cluster, make, { readFrom: 'primary' })
    const key = await keyOn(first, cluster, cache.makeKey('k'))
    const get = (): Promise<unknown> => cache.command(['GET', key])
    await cache.command(['SET', key, '1'])
    await (await OpenSlot.of(key, cluster)).finish()
    await announce(first, targetOf(first).port)
    await announce(second, door.port)
    door.leadTo(second)
    expect(await get()).toBe('1')
  })
})

async function keyOn(
  server: LabServer,
  cluster: { primaryOf(key: string): Promise<LabServer> },
  prefix: string,
): Promise<string> {
  for (let index = 0; ; index++)
    if ((await cluster.primaryOf(`${prefix}${index}`)) === server) return `${prefix}${index}`
}

async function announce(server: LabServer, port: number): Promise<void> {
  await server.command('CONFIG', 'SET', 'cluster-announce-port', port)
}

interface Door extends AsyncDisposable {
  readonly port: number
  leadTo(server: LabServer): void
}

/** A port that leads to a server; another one may stand behind it later, for new connections. */
async function openDoor(server: LabServer): Promise<Door> {
  let behind = server
  const sockets = new Set<Socket>()
  const listener = createServer((socket) => {
    const onward = connect(targetOf(behind))
    for (const one of [socket, onward])
      sockets.add(one.on('error', () => {}).on('close', () => (socket.destroy(), onward.destroy())))
    socket.pipe(onward).pipe(socket)
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  return {
    port: (listener.address() as AddressInfo).port,
    leadTo: (other) => (behind = other),
    [Symbol.asyncDispose]: async () => {
      listener.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
