import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, vi } from 'vitest'
import { replaceEntry } from '../../src/clients/commands/loads.js'
import { RespConnectionFactory } from '../../src/connection/resp/factory.js'
import { resolveConnectionOptions } from '../../src/connection/options.js'
import type { Cache, CacheOptions, Logger } from '../../src/index.js'
import { eventually, type LabServer } from '../../src/lab/index.js'
import { at, callsOf, test } from '../support/caches.js'
import { messageOf, startChild } from '../support/child.js'
import type { WrongClock } from '../support/clock-child.js'
import { controlledLoader } from '../support/controlled-loader.js'
import { ownClient } from '../support/own-client.js'
import { replicasHave } from '../support/replicas-have.js'

const graced: CacheOptions = { grace: '1h' }

/** What the frame of a key says until when it is fresh, in ms since 1970. */
async function untilOf(cache: Cache, key: string): Promise<number> {
  const frame = (await cache.command(['GET', cache.makeKey(key)], { decode: 'buffer', readFrom: 'primary' })) as Buffer
  return Number(frame.readBigUInt64BE(3))
}

async function timeOf(server: LabServer): Promise<number> {
  const [seconds, microseconds] = (await server.command('TIME')) as string[]
  return Number(seconds) * 1_000 + Number(microseconds) / 1_000
}

/** Makes a value stale that the cache wrote, in the one way that needs no waiting. */
async function age(cache: Cache, key: string, until: number): Promise<void> {
  const stamp = Buffer.alloc(8)
  stamp.writeBigUInt64BE(BigInt(Math.floor(until)))
  await cache.command(['SETRANGE', cache.makeKey(key), '3', stamp])
}

describe("a server's clock", () => {
  test('is learned with each new connection, and asked for by no call', async ({ ownServer, make }) => {
    const begun = performance.now()
    const { cache } = make({ cache: { location: at(ownServer), ...graced } })
    await cache.set('k', 'x', { ttl: '1m' })
    // The server's clock was asked for in this time, so it is known to half of it.
    const margin = performance.now() - begun
    for (let count = 1; count <= 20; count++) {
      expect(await cache.get('k')).toBe('x')
      await cache.set('k', 'x', { ttl: '1m' })
    }
    expect(await callsOf(ownServer, 'time')).toBe(2)
    const left = (await untilOf(cache, 'k')) - (await timeOf(ownServer))
    expect(left).toBeLessThanOrEqual(60_000 + margin)
    await ownServer.command('CLIENT', 'KILL', 'TYPE', 'normal')
    await eventually(async () => expect(await cache.get('k')).toBe('x'))
    expect(await callsOf(ownServer, 'time')).toBeGreaterThanOrEqual(3)
  })

  test('decides, though the clock of another host is 10 s slow', async ({ server, make }) => {
    const { cache } = make({ cache: { location: at(server), ...graced } })
    const host = startChild('clock-child.ts', { location: at(server), wrongBy: -10_000 } satisfies WrongClock)
    onTestFinished(() => void host.kill())
    expect(await messageOf(host)).toBe('ready')
    await cache.set('stale', 'x')
    await age(cache, 'stale', (await timeOf(server)) - 2_000)
    await cache.set('fresh', 'x', { ttl: '8s' })
    host.send('own')
    const seen = await messageOf<{ left: number }>(host)
    expect(seen).toMatchObject({ fresh: 'x', stale: null })
    expect(seen.left).toBeLessThanOrEqual(8_000)
    expect(await cache.get('own')).toBe('mine')
    expect(await cache.ttl('own')).toBeLessThanOrEqual(8_000)
    host.disconnect()
    await once(host, 'exit')
  })

  test('that a user may not ask for is taken to be that of this host, which is told once', async ({
    ownServer,
    make,
  }) => {
    await ownServer.command('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '+@all', '-time')
    const logger = { warn: vi.fn<Logger['warn']>(), error: vi.fn<Logger['error']>() }
    const location = `valkey://app:secret@${ownServer.address}`
    const { cache } = make({ cache: { location, ...graced, logger } })
    for (const key of ['k', 'other']) {
      expect(await cache.set(key, 'x', { ttl: '1m' })).toBe(true)
      expect(await cache.get(key)).toBe('x')
      expect(await cache.has(key)).toBe(true)
      expect(await cache.ttl(key)).toBeGreaterThan(0)
      expect(await cache.touch(key, { ttl: '2m' })).toBe(true)
      await age(cache, key, Date.now() - 1_000)
      expect(await cache.get(key)).toBeUndefined()
      expect(await cache.has(key)).toBe(false)
      expect(await cache.add(key, 'y')).toBe(true)
    }
    expect(logger.warn).toHaveBeenCalledTimes(1)
    expect(logger.warn.mock.calls[0]?.[0]).toMatch(
      /^Cache 'cache' goes by this host's clock, for a server does not tell the time \(.*NOPERM.*allow TIME to its user/,
    )
  })

  test('that a user may not ask for keeps no load from being written over another value past its ttl', async ({
    ownServer,
    make,
  }) => {
    await ownServer.command('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '+@all', '-time')
    const { cache } = make({ cache: { location: `valkey://app:secret@${ownServer.address}`, ...graced } })
    await cache.set('k', 'old', { ttl: '1m' })
    await age(cache, 'k', Date.now() - 1_000)
    const load = controlledLoader()
    expect(await cache.getOrSet('k', load.loader)).toBe('old')
    await eventually(() => load.begun === 1)
    await ownServer.command('SETRANGE', cache.makeKey('k'), '3', '\0\0\0\0\0\0\0\u0001')
    load.finish('new')
    await eventually(async () => (await cache.get('k')) === 'new')
  })

  test('tells nothing of entries that are fresh as long as they are there: none of them is the one that was seen', async ({
    cache,
    make,
    server,
  }) => {
    const { framed } = make({ framed: { location: at(server), ...graced } })
    await framed.getOrSet('k', () => 'there', { ttl: null, waitForWrite: true })
    const { script = '', args } = replaceEntry(cache.makeKey('k'), { until: 0, ttl: 0 }, 'other', undefined)
    expect(await cache.command(['EVAL', script, ...args.slice(2).map(String)])).toBe(0)
    expect(await framed.get('k')).toBe('there')
  })

  test("of a replica is for what is read: a value is fresh until a time on its primary's clock", async ({
    lab,
    make,
  }) => {
    const group = await lab.group({ replicas: 1, sentinels: 0 })
    const [primary] = group.nodes as [LabServer]
    const { cache } = make({ cache: { location: group.location, ...graced } })
    await cache.get('k', { readFrom: 'replica' })
    await cache.set('k', 'x', { ttl: '1m' })
    // The server has written the time into the frame, by a script.
    expect((await callsOf(primary, 'eval')) + (await callsOf(primary, 'evalsha'))).toBeGreaterThan(0)
    await replicasHave(primary, group.nodes)
    const { cache: reader } = make({ cache: { location: group.location, ...graced } })
    const before = await callsOf(primary, 'time')
    await eventually(async () => (await reader.get('k', { readFrom: 'replica' })) === 'x')
    expect(await callsOf(primary, 'time')).toBe(before)
    await Promise.all(group.nodes.map((node) => node.kill()))
  })

  test('is learned by the heartbeat from connections of your own factory', async ({ ownServer, make }) => {
    const factory = new RespConnectionFactory(resolveConnectionOptions({}, String))
    const { cache } = make({ cache: { location: at(ownServer), ...graced, connectionFactory: factory } })
    await cache.ping()
    await eventually(async () => expect(await callsOf(ownServer, 'time')).toBe(1))
    await cache.set('k', 'x')
    expect(await cache.get('k')).toBe('x')
    expect(await callsOf(ownServer, 'time')).toBe(1)
  })

  test('is asked for where a client of your own does not know it', async ({ make }) => {
    const asked: string[] = []
    const client = ownClient((call) => void asked.push(call.name))
    const { cache } = make({ cache: { client: () => client, ...graced } })
    await cache.set('k', 'x')
    await cache.set('for ever', 'x', { ttl: null })
    expect(await cache.get('k')).toBe('x')
    expect(await cache.get('for ever')).toBe('x')
    expect(asked).toStrictEqual(['SET', 'SET', 'GET', 'TIME', 'GET'])
  })

  test('is asked for within what the look at the value has left of its half of a deadline', async ({ make }) => {
    const asked: (readonly [name: string, deadline: number | undefined])[] = []
    const client = ownClient(async ({ name }, { deadline } = {}) => {
      asked.push([name, deadline])
      if (name === 'GET' || name === 'MGET') await sleep(20)
    })
    const { cache } = make({ cache: { client: () => client, ...graced } })
    await cache.set('k', 'x', { ttl: '1m' })
    for (const read of [
      () => cache.getOrSet('k', () => 'y', { deadline: '20s' }),
      () => cache.getOrSetMany(['k'], () => [], { deadline: '20s' }),
    ]) {
      asked.length = 0
      await read()
      const [[, whole = 0], [name, left = 0]] = asked as [(typeof asked)[number], (typeof asked)[number]]
      expect([whole, name]).toStrictEqual([10_000, 'TIME'])
      expect(left).toBeLessThan(whole)
      expect(left).toBeGreaterThan(0)
    }
  })
})
