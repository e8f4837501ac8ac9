import { getEventListeners } from 'node:events'
import { describe, expect } from 'vitest'
import {
  ClosedError,
  CommandError,
  CommandTimeoutError,
  ConfigurationError,
  ErrorReply,
  KeyError,
  ReadOnlyCacheError,
  UnsupportedError,
  type Key,
  type Reply,
  type Word,
} from '../../src/index.js'
import { eventually, type LabServer } from '../../src/lab/index.js'
import { at, callsOf, test as base, unhedged } from '../support/caches.js'
import { startGate } from '../support/gate.js'
import { clientsOf } from '../support/leftovers.js'
import { rejection } from '../support/rejection.js'
import { replicasHave } from '../support/replicas-have.js'
import { Stopwatch } from '../support/stopwatch.js'

const test = base.extend('group', async ({ lab }, { onCleanup }) => {
  const group = await lab.group({ replicas: 1, sentinels: 0 })
  onCleanup(async () => void (await Promise.all(group.nodes.map((node) => node.kill()))))
  return group
})

describe('command', () => {
  test('runs any command, with its keys as they are', async ({ server, cache }) => {
    expect(await cache.command(['RPUSH', 'list', 'a', 2, 3n, Buffer.from('d')])).toBe(4)
    expect(await cache.command(['lrange', 'list', 0, -1])).toStrictEqual(['a', '2', '3', 'd'])
    expect(await cache.command(['LRANGE', 'list', 0, 0], { decode: 'buffer' })).toStrictEqual([Buffer.from('a')])
    expect(await server.command('KEYS', '*')).toStrictEqual(['list'])
  })

  test('makes the keys that are pointed at, and no others', async ({ server, cache }) => {
    await cache.command(['SET', 'k', '1'], { key: 1 })
    await cache.command(['COPY', 'k', 'raw'], { key: [1] })
    await cache.command(['COPY', 'k', 7], { key: [1, 2], version: 1 })
    await cache.command(['SET', 'k', '2'], { key: 1, version: 2 })
    expect(((await server.command('KEYS', '*')) as string[]).sort()).toStrictEqual([':1:7', ':1:k', ':2:k', 'raw'])
    expect(await cache.get('k')).toBe(1)
    for (const key of [0, 3, -1, 1.5, [1, 9], NaN])
      await expect(cache.command(['SET', 'k', '3'], { key })).rejects.toBeInstanceOf(ConfigurationError)
    await expect(cache.command(['SET', '', '3'], { key: 1 })).rejects.toBeInstanceOf(KeyError)
  })

  test("rejects with the server's own error", async ({ cache }) => {
    await expect(cache.command(['INCR', 'a', 'b'])).rejects.toMatchObject({ code: 'E_COMMAND', command: 'INCR' })
    await expect(cache.command(['NOSUCH', 'a'], { intent: 'read' })).rejects.toBeInstanceOf(CommandError)
  })

  test('knows what reads and what writes, and asks about the rest', async ({ group, make }) => {
    const { cache } = make({ cache: { location: group.location, readYourWrites: 0, ...unhedged } })
    const [primary, replica] = group.nodes as [LabServer, LabServer]
    await cache.command(['SET', 'k', 'v'])
    await replicasHave(primary, group.nodes)
    await eventually(async () => (await cache.command(['STRLEN', 'k'])) === 1 && (await callsOf(replica, 'strlen')) > 0)
    const before = await callsOf(primary, 'strlen')
    expect(await cache.command(['STRLEN', 'k'], { readFrom: 'primary' })).toBe(1)
    expect(await cache.command(['STRLEN', 'k'], { intent: 'write' })).toBe(1)
    expect(await callsOf(primary, 'strlen')).toBe(before + 2)
    await expect(cache.command(['NOSUCH', 'k'])).rejects.toBeInstanceOf(UnsupportedError)
    await expect(cache.command(['SET', 'k', 'v'], { intent: 'read' })).rejects.toBeInstanceOf(ConfigurationError)
    await expect(cache.command(['GET', 'k'], { intent: 'any' as 'read' })).rejects.toBeInstanceOf(ConfigurationError)
  })

  test('reads the made keys that it wrote from the primary', async ({ group, make }) => {
    const { cache } = make({ cache: { location: group.location, readYourWrites: '1m', ...unhedged } })
    const [primary] = group.nodes as [LabServer]
    await cache.command(['SET', 'k', '5'], { key: 1 })
    expect(await cache.get('k')).toBe(5)
    expect(await cache.command(['GET', 'k'], { key: 1 })).toBe('5')
    expect(await callsOf(primary, 'get')).toBe(2)
  })

  test('writes nothing on a read-only cache', async ({ group, make }) => {
    const [, replica] = group.nodes as [LabServer, LabServer]
    const { cache } = make({ cache: { location: `${at(replica)}?is_master=0` } })
    await expect(cache.command(['SET', 'k', 'v'])).rejects.toBeInstanceOf(ReadOnlyCacheError)
    await expect(cache.use(() => 1)).rejects.toBeInstanceOf(ReadOnlyCacheError)
    expect(await cache.use((connection) => connection.command(['PING']), { intent: 'read' })).toBe('PONG')
    expect(await cache.keys('*')).toStrictEqual([])
  })

  test.for([
    'SELECT 1',
    'MULTI',
    'EXEC',
    'WATCH k',
    'SUBSCRIBE c',
    'psubscribe c*',
    'MONITOR',
    'HELLO 3',
    'RESET',
    'QUIT',
    'AUTH x',
    'CLIENT REPLY OFF',
    'client tracking on',
  ])('refuses %s, which would change the connection for everybody', async (text, { cache }) => {
    const args = text.split(' ')
    for (const intent of [undefined, 'read', 'write'] as const) {
      const { error } = await rejection(cache.command(args, { intent }))
      expect(error).toBeInstanceOf(UnsupportedError)
      expect(String(error)).toMatch(/use\(\)/)
    }
  })

  test('refuses what is no command', async ({ cache }) => {
    for (const args of [[], [''], [5], 'GET k', null, ['GET', null], ['GET', undefined], ['GET', {}], ['GET', NaN]])
      await expect(cache.command(args as Word[])).rejects.toBeInstanceOf(TypeError)
    await expect(cache.command(['GET', true as unknown as Key])).rejects.toBeInstanceOf(TypeError)
  })

  test('that waits has a connection of its own, which is gone afterwards', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    await cache.ping()
    const popped = cache.command(['BLPOP', 'list', 5])
    await eventually(async () => (await clientsOf(ownServer)).length === 2)
    expect(await cache.set('k', 1)).toBe(true)
    await ownServer.command('RPUSH', 'list', 'x')
    expect(await popped).toStrictEqual(['list', 'x'])
    await eventually(async () => (await clientsOf(ownServer)).length === 1)
  })

  test('that waits may take its own time, longer than an attempt, and no longer than a deadline', async ({
    server,
    make,
  }) => {
    // The connection has to be there within the deadline too, for which a busy machine may need a tenth of a second.
    const { cache } = make({ cache: { location: at(server), attemptTimeout: '20ms', writeDeadline: '500ms' } })
    await cache.ping()
    expect(await cache.command(['BLPOP', 'nothing', '0.7'])).toBeNull()
    expect(await cache.command(['XREAD', 'BLOCK', 550, 'STREAMS', 'nothing', '$'])).toBeNull()
    using watch = new Stopwatch()
    const [own, given] = await Promise.all([
      rejection(cache.command(['BLPOP', 'nothing', 0])),
      rejection(cache.command(['BLPOP', 'nothing', 60], { deadline: '500ms' })),
    ])
    for (const { error, at: endedAt } of [own, given]) {
      expect(error).toBeInstanceOf(CommandTimeoutError)
      expect(watch.elapsed(endedAt)).toBeLessThan(1_500)
    }
    expect(await cache.set('k', 1)).toBe(true)
  })

  test('that waits ends with the reason of its signal', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    const controller = new AbortController()
    const popped = rejection(cache.command(['BLPOP', 'list', 60], { signal: controller.signal }))
    await eventually(async () => (await clientsOf(ownServer)).some((client) => client.includes('cmd=blpop')))
    const reason = new Error('had enough')
    controller.abort(reason)
    expect(await popped).toMatchObject({ error: reason })
    await eventually(async () => (await clientsOf(ownServer)).every((client) => !client.includes('cmd=blpop')))
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
  })
})

describe('use', () => {
  test('runs a transaction', async ({ server, cache }) => {
    const result = await cache.use(async (connection) => {
      expect(await connection.command(['MULTI'])).toBe('OK')
      expect(await connection.command(['SET', cache.makeKey('k'), 1])).toBe('QUEUED')
      expect(await connection.command(['INCR', cache.makeKey('k')])).toBe('QUEUED')
      return connection.command(['EXEC'])
    })
    expect(result).toStrictEqual(['OK', 2])
    expect(await cache.get('k')).toBe(2)
    expect(await clientsOf(server)).toHaveLength(1)
  })

  test('runs many commands in one trip, with the errors in their places', async ({ cache }) => {
    const replies = await cache.use((connection) =>
      connection.batch([['MULTI'], ['SET', 'k', 'x'], ['INCR', 'k'], ['NOSUCH'], ['EXEC']]),
    )
    expect(replies.slice(0, 3)).toStrictEqual(['OK', 'QUEUED', 'QUEUED'])
    expect(replies.slice(3)).toMatchObject([{ code: 'ERR' }, { code: 'EXECABORT' }])
    expect(replies[3]).toBeInstanceOf(ErrorReply)
  })

  test('sees with WATCH what others did meanwhile', async ({ cache }) => {
    await cache.set('n', 1)
    const add = (between: () => Promise<unknown>): Promise<Reply> =>
      cache.use(async (connection) => {
        await connection.command(['WATCH', cache.makeKey('n')])
        const before = Number(await connection.command(['GET', cache.makeKey('n')]))
        await between()
        const replies = await connection.batch([['MULTI'], ['SET', cache.makeKey('n'), before + 10], ['EXEC']])
        return replies.at(-1) as Reply
      })
    expect(await add(() => cache.set('n', 5))).toBeNull()
    expect(await cache.get('n')).toBe(5)
    expect(await add(async () => undefined)).toStrictEqual(['OK'])
    expect(await cache.get('n')).toBe(15)
  })

  test('waits for replicas', async ({ group, make }) => {
    const { cache } = make({ cache: { location: group.location } })
    const [, replica] = group.nodes as [LabServer, LabServer]
    const reached = await cache.use(async (connection) => {
      await connection.command(['SET', cache.makeKey('k'), '"kept"'])
      return connection.command(['WAIT', 1, 5_000])
    })
    expect(reached).toBe(1)
    expect(await replica.command('GET', ':1:k')).toBe('"kept"')
  })

  test('makes reads of the key that it names go to the primary, and of no other', async ({ group, make }) => {
    const { cache } = make({ cache: { location: group.location, readYourWrites: '1m', ...unhedged } })
    const [, replica] = group.nodes as [LabServer, LabServer]
    await eventually(
      async () => (await cache.use((connection) => connection.address, { intent: 'read' })) === replica.address,
    )
    await cache.use((connection) => connection.command(['SET', cache.makeKey('named'), '1']), { key: 'named' })
    const before = await callsOf(replica, 'exists')
    await Promise.all([cache.has('named'), cache.has('other')])
    expect((await callsOf(replica, 'exists')) - before).toBe(1)
  })

  test('goes to a server that reads go to, when it only reads', async ({ group, make }) => {
    const { cache } = make({ cache: { location: group.location } })
    const [primary, replica] = group.nodes as [LabServer, LabServer]
    await eventually(
      async () => (await cache.use((connection) => connection.address, { intent: 'read' })) === replica.address,
    )
    expect(await cache.use((connection) => connection.address)).toBe(primary.address)
    expect(await cache.use((connection) => connection.address, { intent: 'read', readFrom: 'primary' })).toBe(
      primary.address,
    )
  })

  test('hears subscriptions', async ({ cache }) => {
    const heard = await cache.use(async (connection) => {
      const message = new Promise((resolve) => connection.onPush(resolve))
      await connection.command(['SUBSCRIBE', 'news', 'more'])
      await cache.command(['PUBLISH', 'news', 'hello'])
      return message
    })
    expect(heard).toStrictEqual(['message', 'news', 'hello'])
  })

  test('drops the connection whatever becomes of the work, and runs it once', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    await cache.ping()
    let runs = 0
    const failing = [
      (): Promise<Reply> => Promise.reject(new RangeError('mine')),
      (): never => {
        throw new RangeError('mine too')
      },
    ]
    for (const work of failing) await expect(cache.use(work)).rejects.toBeInstanceOf(RangeError)
    const killed = cache.use(async (connection) => {
      runs++
      const id = await connection.command(['CLIENT', 'ID'])
      await ownServer.command('CLIENT', 'KILL', 'ID', String(id))
      return connection.command(['GET', 'k'])
    })
    await expect(killed).rejects.toMatchObject({ code: 'E_INTERRUPTED' })
    const refused = cache.use((connection) => {
      runs++
      return connection.command(['EVAL', "return redis.error_reply('READONLY of mine')", 0])
    })
    await expect(refused).rejects.toMatchObject({ code: 'E_COMMAND', retryable: true })
    expect(runs).toBe(2)
    await eventually(async () => (await clientsOf(ownServer)).length === 1)
  })

  test('tries again to get the connection, as long as the work has not begun', async ({ server, make }) => {
    await using gate = await startGate(server, { pass: 1, cut: 2 })
    const { cache } = make({ cache: { location: `valkey://127.0.0.1:${gate.port}/0` } })
    await cache.ping()
    let runs = 0
    expect(await cache.use((connection) => connection.command(['ECHO', ++runs]))).toBe('1')
    expect(gate.accepted).toBe(4)
  })

  test('has a deadline for every command', async ({ ownServer, make }) => {
    // For the connection as well, which a busy machine may take a tenth of a second to open.
    const { cache } = make({ cache: { location: at(ownServer), writeDeadline: '1s' } })
    const { error } = await rejection(
      cache.use(async (connection) => {
        ownServer.pause()
        return connection.command(['GET', 'k'])
      }),
    )
    expect(error).toBeInstanceOf(CommandTimeoutError)
    ownServer.resume()
    const own = cache.use((connection) => connection.command(['BLPOP', 'x', 0], { deadline: '30ms' }))
    await expect(own).rejects.toMatchObject({ code: 'E_TIMEOUT', command: 'BLPOP' })
  })

  test('is let finish by close, and ended by destroy', async ({ ownServer, make }) => {
    const caches = make({ one: { location: at(ownServer) }, other: { location: at(ownServer) } })
    await caches.other.ping()
    const finishing = caches.one.use((connection) => connection.command(['BLPOP', 'list', 5]))
    await eventually(async () => (await clientsOf(ownServer)).some((client) => client.includes('cmd=blpop')))
    const closing = caches.one.close()
    await ownServer.command('RPUSH', 'list', 'x')
    expect(await finishing).toStrictEqual(['list', 'x'])
    await closing
    const ended = rejection(caches.other.use((connection) => connection.command(['BLPOP', 'list', 60])))
    await eventually(async () => (await clientsOf(ownServer)).some((client) => client.includes('cmd=blpop')))
    caches.other.destroy()
    expect((await ended).error).toBeInstanceOf(ClosedError)
    await eventually(async () => (await clientsOf(ownServer)).length === 0)
    await expect(caches.other.use(() => 1)).rejects.toBeInstanceOf(ClosedError)
  })

  test('ended by destroy gives up its connection also when another cache goes on', async ({ ownServer, make }) => {
    const { one, other } = make({ one: { location: at(ownServer) }, other: { location: at(ownServer) } })
    await other.ping()
    const ended = rejection(one.use((connection) => connection.command(['BLPOP', 'list', 60])))
    await eventually(async () => (await clientsOf(ownServer)).some((client) => client.includes('cmd=blpop')))
    one.destroy()
    expect((await ended).error).toBeInstanceOf(ClosedError)
    await eventually(async () => (await clientsOf(ownServer)).length === 1)
    expect(await other.set('k', 1)).toBe(true)
  })

  test('refuses what is no work', async ({ cache }) => {
    await expect(cache.use(5 as unknown as () => void)).rejects.toBeInstanceOf(TypeError)
    await expect(cache.use(() => 1, { intent: 'both' as 'read' })).rejects.toBeInstanceOf(ConfigurationError)
  })

  test('and what waits need a server', async ({ make }) => {
    const { cache } = make({ cache: {} })
    await expect(cache.use(() => 1)).rejects.toBeInstanceOf(UnsupportedError)
    await expect(cache.command(['BLPOP', 'k', 1])).rejects.toBeInstanceOf(UnsupportedError)
  })
})
