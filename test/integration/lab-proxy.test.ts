import { randomBytes } from 'node:crypto'
import { connect as connectSocket } from 'node:net'
import { describe, expect } from 'vitest'
import type { Push } from '../../src/connection/connection.js'
import type { RespConnection } from '../../src/connection/resp/connection.js'
import { CommandTimeoutError, ConnectionError, ConnectionInterruptedError } from '../../src/errors.js'
import { eventually, LabError, startLab, type LabGroup, type LabServer } from '../../src/lab/index.js'
import { bytes, lossOf, patient, subscribe, test as base, text, within, type Connect } from '../support/connection.js'
import { rejection } from '../support/rejection.js'
import { Stopwatch } from '../support/stopwatch.js'

const test = base.extend('server', async ({ lab }, { onCleanup }) => {
  const server = await lab.server({ proxied: true })
  onCleanup(() => server.kill())
  return server
})

const ping = (connection: RespConnection): Promise<unknown> => connection.execute(text('PING'), within(2_000))

describe('a proxied server', () => {
  test('is known by its proxy, through which every byte passes', async ({ server, connect }) => {
    expect(server.address).toBe(server.proxy.address)
    const connection = await connect(server)
    const value = randomBytes(20 * 1024 * 1024)
    await connection.execute(text('SET', 'k', value), patient())
    expect(value.equals((await connection.execute(bytes('GET', 'k'), patient())) as Buffer)).toBe(true)
    expect(server.proxy.connections()).toBe(1)
  })

  test("has the lab's own line beside the proxy", async ({ server }) => {
    server.proxy.cut()
    expect(await server.command('PING')).toBe('PONG')
    expect(server.proxy.connections()).toBe(0)
  })

  test('sees clients go that go', async ({ server, connect }) => {
    const connection = await connect(server, { clientName: 'guest' })
    const guests = async (): Promise<number> =>
      String(await server.command('CLIENT', 'LIST')).split(' name=guest ').length - 1
    expect(await guests()).toBe(1)
    await connection.close()
    await eventually(async () => (await guests()) === 0 && server.proxy.connections() === 0)
  })

  test('is lost to its clients when it is killed, and back after a restart', async ({ server, connect }) => {
    const connection = await connect(server)
    const lost = lossOf(connection)
    await server.kill()
    await lost
    await expect(connect(server)).rejects.toBeInstanceOf(ConnectionError)
    await server.restart()
    expect(await ping(await connect(server))).toBe('PONG')
  })

  test('has faults for the connections of servers that can be told from others only', async ({ lab, server }) => {
    const other = await lab.server()
    expect(() => server.proxy.cut({ from: other })).toThrow(LabError)
    expect(() => server.proxy.cut({ from: other })).toThrow(other.address)
  })

  test('without a proxy says so', async ({ lab }) => {
    const server = await lab.server()
    expect(() => server.proxy).toThrow(LabError)
    expect(() => server.proxy).toThrow(/proxied: true/)
  })

  test('ends with its lab, the proxy too', async ({ connect }) => {
    const own = await startLab()
    const server = await own.server({ proxied: true })
    const lost = lossOf(await connect(server))
    await own.stop()
    await lost
    await expect(connect(server)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
  })
})

describe('a cut', () => {
  test('ends what is open and what comes, until it is healed', async ({ server, connect }) => {
    const connection = await connect(server)
    const [due, lost] = [rejection(connection.execute(text('BLPOP', 'list', '0'), patient())), lossOf(connection)]
    server.proxy.cut()
    expect((await due).error).toBeInstanceOf(ConnectionInterruptedError)
    expect(await lost).toMatchObject({ cause: { code: 'ECONNRESET' } })
    await expect(connect(server)).rejects.toBeInstanceOf(ConnectionError)
    server.proxy.heal()
    expect(await ping(await connect(server))).toBe('PONG')
  })

  test('that is a reset only ends what is open', async ({ server, connect }) => {
    const lost = lossOf(await connect(server))
    server.proxy.reset()
    await lost
    expect(await ping(await connect(server))).toBe('PONG')
  })
})

describe('a black hole', () => {
  test('takes commands and delivers them when it is healed', async ({ server, connect }) => {
    const connection = await connect(server)
    server.proxy.blackhole()
    const { error } = await rejection(connection.execute(text('SET', 'k', 'v'), within(100)))
    expect(error).toBeInstanceOf(CommandTimeoutError)
    expect(await server.command('GET', 'k')).toBeNull()
    server.proxy.heal()
    expect(await ping(connection)).toBe('PONG')
    expect(await server.command('GET', 'k')).toBe('v')
  })

  test('takes replies that were under way', async ({ server, connect }) => {
    const connection = await connect(server)
    const due = connection.execute(text('BLPOP', 'list', '0'), patient())
    await eventually(async () => String(await server.command('CLIENT', 'LIST')).includes('cmd=blpop'))
    server.proxy.blackhole()
    await server.command('RPUSH', 'list', 'v')
    expect(await server.command('EXISTS', 'list')).toBe(0)
    expect(connection.pending).toBe(1)
    server.proxy.heal()
    expect(await due).toEqual(['list', 'v'])
  })

  test('takes connections that the server hears nothing of', async ({ server, connect }) => {
    server.proxy.blackhole()
    await expect(connect(server, { connectTimeout: 100 })).rejects.toThrow(/no connection within 100 ms/)
    expect(await server.command('INFO', 'clients')).toContain('connected_clients:1\r\n')
    const due = connect(server, { connectTimeout: 10_000 })
    await eventually(() => server.proxy.connections() === 2)
    server.proxy.heal()
    expect(await ping(await due)).toBe('PONG')
  })
})

describe('a delay', () => {
  test('is felt once in each direction, however many commands wait', async ({ server, connect }) => {
    const connection = await connect(server)
    server.proxy.delay(50)
    using watch = new Stopwatch()
    const startedAt = performance.now()
    const numbers = Array.from({ length: 100 }, (_, index) => String(index))
    const echoes = await Promise.all(numbers.map((number) => connection.execute(text('ECHO', number), patient())))
    const endedAt = performance.now()
    expect(echoes).toEqual(numbers)
    expect(endedAt - startedAt).toBeGreaterThanOrEqual(99)
    expect(watch.elapsed(endedAt)).toBeLessThan(1_000)
  })

  test('of 0 ends it, and what is under way keeps its place', async ({ server, connect }) => {
    const connection = await connect(server)
    server.proxy.delay(600)
    const startedAt = performance.now()
    await rejection(connection.execute(text('INCR', 'n'), within(50)))
    server.proxy.delay(0)
    expect(await connection.execute(text('INCR', 'n'), patient())).toBe(2)
    const caughtUpAt = performance.now()
    expect(caughtUpAt - startedAt).toBeGreaterThanOrEqual(599)
    using watch = new Stopwatch()
    await ping(connection)
    expect(watch.elapsed()).toBeLessThan(500)
  })
})

describe('a trickle', () => {
  test('lets through so many bytes a second, in small pieces, in both directions', async ({ server, connect }) => {
    const connection = await connect(server)
    const value = randomBytes(8_000)
    server.proxy.trickle(20_000)
    const startedAt = performance.now()
    await connection.execute(text('SET', 'k', value), patient())
    const setAt = performance.now()
    expect(value.equals((await connection.execute(bytes('GET', 'k'), patient())) as Buffer)).toBe(true)
    expect(setAt - startedAt, 'ms for 8,000 bytes to the server').toBeGreaterThan(350)
    expect(performance.now() - setAt, 'ms for 8,000 bytes back').toBeGreaterThan(350)
  })

  test('holds little: the sender waits when the line is full', async ({ server }) => {
    server.proxy.trickle(1_000)
    const socket = connectSocket(server.port, server.host).on('error', () => {})
    const chunk = Buffer.alloc(1024 * 1024)
    socket.write(`*2\r\n$4\r\nECHO\r\n$${32 * chunk.length}\r\n`)
    for (let count = 0; count < 32; count++) socket.write(chunk)
    await eventually(async () => String(await server.command('CLIENT', 'LIST')).includes('cmd=NULL'))
    expect(socket.writableLength, 'bytes that wait at the sender').toBeGreaterThan(8 * chunk.length)
    socket.destroy()
  })

  test('of nothing is refused', async ({ server }) => {
    expect(() => server.proxy.trickle(0)).toThrow(LabError)
  })
})

describe('swallowing', () => {
  test('takes messages of the channels it matches, and nothing else', async ({ server, connect }) => {
    const [connection, pushes] = await listening(server, connect)
    server.proxy.swallow(/^\+/)
    await server.command('PUBLISH', '+sdown', 'lost')
    await server.command('PUBLISH', 'news', 'heard')
    expect(await ping(connection)).toBe('PONG')
    expect(pushes.filter(([kind]) => kind === 'message')).toEqual([['message', 'news', 'heard']])
    server.proxy.heal()
    await server.command('PUBLISH', '+sdown', 'found')
    await eventually(() => pushes.at(-1)?.[2] === 'found')
  })

  test('can look at the text', async ({ server, connect }) => {
    const [connection, pushes] = await listening(server, connect)
    server.proxy.swallow(({ text: sent }) => sent.includes('mymaster'))
    await server.command('PUBLISH', 'news', 'mymaster moves')
    await server.command('PUBLISH', 'news', 'other moves')
    expect(await ping(connection)).toBe('PONG')
    expect(pushes.at(-1)).toEqual(['message', 'news', 'other moves'])
    expect(pushes.filter(([kind]) => kind === 'message')).toHaveLength(1)
  })
})

describe('a proxied group', () => {
  test('has every link behind a proxy, and fails over as any other', async ({ lab }) => {
    const group = await lab.group({ proxied: true })
    const { nodes, sentinels } = group
    const [primary, ...replicas] = nodes as [LabServer, ...LabServer[]]
    expect(await group.primary()).toBe(primary)
    expect(replicas.map((from) => primary.proxy.connections({ from }))).toEqual([1, 1])
    for (const node of nodes) expect(sentinels.map((from) => node.proxy.connections({ from }))).toEqual([2, 2, 2])
    for (const sentinel of sentinels) {
      const others = sentinels.filter((other) => other !== sentinel)
      expect(others.map((from) => sentinel.proxy.connections({ from }))).toEqual([1, 1])
    }
    expect([...nodes, ...sentinels].map(({ proxy }) => proxy.connections({ from: 'clients' }))).toEqual([
      0, 0, 0, 0, 0, 0,
    ])
    const promoted = await group.failover()
    expect(replicas).toContain(promoted)
    const other = replicas.find((replica) => replica !== promoted)
    await eventually(() => promoted.proxy.connections({ from: other }) === 1)
  })

  test('can lose the link of one replica alone', async ({ lab, connect }) => {
    const group = await lab.group({ proxied: true, sentinels: 0 })
    const [primary, cut, other] = group.nodes as [LabServer, LabServer, LabServer]
    primary.proxy.cut({ from: cut })
    await eventually(async () => (await linkOf(cut)) !== 'connected')
    expect(await linkOf(other)).toBe('connected')
    expect(await ping(await connect(primary))).toBe('PONG')
    primary.proxy.heal()
    await eventually(async () => (await linkOf(cut)) === 'connected')
  })

  test('can lose the link between one sentinel and the primary alone', async ({ lab }) => {
    const group = await lab.group({ proxied: true })
    const [blind, ...others] = group.sentinels as [LabServer, ...LabServer[]]
    const primary = await group.primary()
    primary.proxy.blackhole({ from: blind })
    await eventually(async () => (await flagsOf(blind, group)).includes('s_down'))
    for (const sentinel of others) await eventually(async () => (await flagsOf(sentinel, group)) === 'master')
    expect(await group.primary()).toBe(primary)
    primary.proxy.heal()
    await eventually(async () => (await flagsOf(blind, group)) === 'master')
  })

  test('can be divided, with a client on the side of the old primary', async ({ lab, connect }) => {
    const group = await lab.group({ proxied: true })
    const primary = await group.primary()
    const client = await connect(primary)
    const changed = group.addressChanged(primary.address)
    primary.proxy.blackhole({ from: 'servers' })
    const rest = [...group.nodes, ...group.sentinels].filter((server) => server !== primary)
    for (const { proxy } of rest) proxy.blackhole({ from: 'clients' })
    const { address } = await changed
    expect(await client.execute(text('SET', 'k', 'v'), within(2_000))).toBe('OK')
    expect(((await client.execute(text('ROLE'), within(2_000))) as unknown[])[0]).toBe('master')
    await expect(connect(group.sentinels[0] as LabServer, { connectTimeout: 100 })).rejects.toThrow(
      /no connection within/,
    )
    for (const { proxy } of [primary, ...rest]) proxy.heal()
    expect((await group.primary()).address).toBe(address)
    const [sentinel] = group.sentinels as [LabServer]
    await eventually(async () => (await replicaFlagsOf(sentinel, group, primary)) === 'slave')
  })
})

/** A subscriber to `news` and `+sdown`, and what is pushed to it. */
async function listening(server: LabServer, connect: Connect): Promise<[RespConnection, Push[]]> {
  const connection = await connect(server)
  const pushes: Push[] = []
  connection.onPush((push) => pushes.push(push))
  await connection.execute(subscribe('news', '+sdown'), patient())
  return [connection, pushes]
}

async function linkOf(replica: LabServer): Promise<unknown> {
  return ((await replica.command('ROLE')) as unknown[])[3]
}

async function replicaFlagsOf(sentinel: LabServer, { serviceName }: LabGroup, replica: LabServer): Promise<unknown> {
  const replies = (await sentinel.command('SENTINEL', 'REPLICAS', serviceName)) as Map<string, string>[]
  return replies.find((reply) => reply.get('port') === String(replica.port))?.get('flags')
}

async function flagsOf(sentinel: LabServer, { serviceName }: LabGroup): Promise<string> {
  const reply = (await sentinel.command('SENTINEL', 'MASTER', serviceName)) as Map<string, string>
  return reply.get('flags') ?? ''
}
