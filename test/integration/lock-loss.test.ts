import { describe, expect } from 'vitest'
import {
  CommandTimeoutError,
  ConnectionInterruptedError,
  InsufficientReplicasError,
  LockNotOwnedError,
} from '../../src/index.js'
import { eventually } from '../../src/lab/index.js'
import { at, callsOf, test } from '../support/caches.js'
import { startCutter } from '../support/cutter.js'
import { rejection } from '../support/rejection.js'
import { Stopwatch } from '../support/stopwatch.js'

describe('a lost reply', () => {
  test('of a try is decided by the next: the lock is ours', async ({ ownServer, make }) => {
    await using way = await startCutter(ownServer)
    const { cache } = make({ cache: { location: `valkey://127.0.0.1:${way.port}` } })
    await cache.lock('job', { fence: true }).run(() => {})
    for (const [fence, text] of [
      [false, 'SET'],
      [true, 'EVAL'],
    ] as const)
      for (const what of ['reply', 'command'] as const) {
        const cuts = way.cuts
        way.cut(what, text)
        await using lock = await cache.lock('job', { wait: 0, fence }).acquire()
        expect([way.cuts - cuts, await lock.owned(), lock.signal.aborted]).toStrictEqual([1, true, false])
      }
  })

  test('of a release is an error that says so, and the lock is free', async ({ ownServer, make }) => {
    await using way = await startCutter(ownServer)
    const { cache } = make({ cache: { location: `valkey://127.0.0.1:${way.port}` } })
    const lock = cache.lock('job')
    await lock.run(() => {})
    await lock.acquire()
    way.cut('reply', 'EVAL')
    await expect(lock.release()).rejects.toMatchObject({ name: ConnectionInterruptedError.name, sent: true })
    expect(await lock.locked()).toBe(false)
    expect(await lock.tryAcquire()).toBe(true)
  })

  test('of a release that did not run is no error', async ({ ownServer, make }) => {
    await using way = await startCutter(ownServer)
    const { cache } = make({ cache: { location: `valkey://127.0.0.1:${way.port}` } })
    const lock = await cache.lock('job').acquire()
    way.cut('command', 'EVAL')
    await lock.release()
    expect([way.cuts, await lock.locked()]).toStrictEqual([1, false])
  })
})

describe('who waits for a lock', () => {
  test('and gives up while a try is under way leaves no lock', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    await cache.ping()
    ownServer.pause()
    const leaves = new AbortController()
    const waiting = rejection(cache.lock('job', { ttl: null, wait: '1m', signal: leaves.signal }).acquire())
    const reason = new Error('had enough')
    setImmediate(() => leaves.abort(reason))
    expect((await waiting).error).toBe(reason)
    ownServer.resume()
    await eventually(async () => (await callsOf(ownServer, 'set')) > 0)
    await eventually(async () => !(await cache.lock('job').locked()))
  })

  test('waits through an outage too', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer), writeDeadline: 200 } })
    await cache.ping()
    await ownServer.kill()
    const waiting = cache.lock('job', { wait: '30s' }).acquire()
    await expect(cache.set('k', 1)).rejects.toMatchObject({ retryable: true })
    await ownServer.restart()
    expect(await (await waiting).owned()).toBe(true)
  })

  test('is told of the outage when that does not end', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer), writeDeadline: 200 } })
    await cache.ping()
    await ownServer.kill()
    await expect(cache.lock('job', { wait: 300 }).acquire()).rejects.toMatchObject({ code: /E_CONNECTION|E_POOL/ })
  })

  test('holds it for its whole ttl, however late the reply came', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    await cache.ping()
    ownServer.pause()
    const waiting = cache.lock('job', { ttl: '1s' }).acquire()
    await expect(cache.get('k', { deadline: '1.2s' })).rejects.toBeInstanceOf(CommandTimeoutError)
    ownServer.resume()
    const lock = await waiting
    expect([lock.signal.aborted, await lock.owned()]).toStrictEqual([false, true])
  })
})

describe('the signal of a lock that is extended by itself', () => {
  const lockOf = { ttl: '3s', autoExtend: true } as const

  test.for([
    ['stolen', ['SET', ':1:job', 'other']],
    ['deleted', ['DEL', ':1:job']],
  ] as const)('fires soon after it was %s', async ([, command], { server, cache }) => {
    const lock = await cache.lock('job', lockOf).acquire()
    const lost = lossOf(lock.signal)
    using watch = new Stopwatch()
    await server.command(...command)
    expect(watch.elapsed((await lost).at)).toBeLessThan(1_500)
    expect(lock.signal.reason).toBeInstanceOf(LockNotOwnedError)
    await expect(lock.release()).rejects.toBeInstanceOf(LockNotOwnedError)
  })

  test('fires before its ttl ends when the server is frozen', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    using watch = new Stopwatch()
    const startedAt = performance.now()
    const lock = await cache.lock('job', lockOf).acquire()
    ownServer.pause()
    const lost = await lossOf(lock.signal)
    expect(lost.at - startedAt).toBeGreaterThan(2_700)
    expect(watch.elapsed(lost.at)).toBeLessThan(3_500)
    // By then it is long known that the server answers nobody; a renewal alone gives up shortly before the ttl is over.
    const cause = { code: expect.stringMatching(/^E_(CONNECTION|TIMEOUT)$/) as string }
    expect(lost.reason).toMatchObject({ code: 'E_LOCK_NOT_OWNED', cause })
    ownServer.resume()
  })

  test('does not fire for a server that was frozen for less', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    const lock = await cache.lock('job', lockOf).acquire()
    await eventually(async () => (await callsOf(ownServer, 'pexpire')) > 0)
    ownServer.pause()
    await expect(cache.get('k', { deadline: '1.2s' })).rejects.toMatchObject({ retryable: true })
    ownServer.resume()
    const before = await callsOf(ownServer, 'pexpire')
    await eventually(async () => (await callsOf(ownServer, 'pexpire')) > before)
    expect([lock.signal.aborted, await lock.owned()]).toStrictEqual([false, true])
  })

  test('does not fire on release, and nothing is extended after that', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    const lock = await cache.lock('job', { ttl: 900, autoExtend: true }).acquire()
    await eventually(async () => (await callsOf(ownServer, 'pexpire')) > 1)
    await lock.release()
    // Until this one ends the other would have been extended twice more.
    const [scripts, later] = [await callsOf(ownServer, 'evalsha'), cache.lock('other', { ttl: 900 })]
    await later.acquire()
    await eventually(() => later.signal.aborted)
    expect(await callsOf(ownServer, 'evalsha')).toBe(scripts)
    expect(lock.signal.aborted).toBe(false)
  })

  test('fires too when the cache is closed', async ({ server, make }) => {
    const { cache } = make({ cache: { location: at(server) } })
    const lock = await cache.lock('job', { ttl: '1s', autoExtend: true }).acquire()
    await cache.close()
    expect((await lossOf(lock.signal)).reason).toMatchObject({ cause: { code: 'E_CLOSED' } })
  })
})

test('a lock that too few replicas have is not had, and not left behind', async ({ lab, make }) => {
  const group = await lab.group({ replicas: 1, sentinels: 0 })
  const { cache } = make({ cache: { location: group.location, minReplicas: 1, writeDeadline: '1s' } })
  await cache.lock('job').run(() => {})
  for (const replica of await group.replicas()) await replica.kill()
  await expect(cache.lock('job', { ttl: null }).acquire()).rejects.toBeInstanceOf(InsufficientReplicasError)
  await eventually(async () => !(await cache.lock('job').locked()))
})

test('a lock that was extended is certain for longer, or for less', async ({ cache }) => {
  const [longer, less] = [cache.lock('a', { ttl: 300 }), cache.lock('b', { ttl: '1m' })]
  await Promise.all([longer.acquire(), less.acquire()])
  await longer.extend('1m')
  await less.extend(300, { replace: true })
  await eventually(() => less.signal.aborted)
  expect([longer.signal.aborted, await longer.owned()]).toStrictEqual([false, true])
})

test('an extension stands, whatever renewals are under way', async ({ ownServer, make }) => {
  const { cache } = make({ cache: { location: at(ownServer) } })
  await using lock = await cache.lock('job', { ttl: 600, autoExtend: true }).acquire()
  for (let hours = 1; hours <= 2; hours++) {
    const before = await callsOf(ownServer, 'pexpire')
    await lock.extend('1h')
    await eventually(async () => (await callsOf(ownServer, 'pexpire')) > before + 1)
    expect(Number(await ownServer.command('PTTL', ':1:job'))).toBeGreaterThan(hours * 3_600_000 - 60_000)
  }
})

test('owned asks for text, whatever else is asked in the same turn of the loop', async ({ server, make }) => {
  const { cache } = make({ cache: { location: at(server), serializer: 'msgpack' } })
  await cache.set('a', { n: 1 })
  const lock = await cache.lock('job').acquire()
  for (const calls of [
    () => [cache.get('a'), lock.owned(), lock.locked()],
    () => [lock.owned(), lock.locked(), cache.get('a')].reverse(),
  ])
    expect(new Set(await Promise.all(calls()))).toStrictEqual(new Set([{ n: 1 }, true]))
  expect(lock.signal.aborted).toBe(false)
})

test('a lock that is found not to be ours fires its signal', async ({ server, cache }) => {
  const lock = await cache.lock('job', { ttl: null }).acquire()
  await server.command('SET', ':1:job', 'other')
  expect(lock.signal.aborted).toBe(false)
  expect(await lock.owned()).toBe(false)
  expect(lock.signal.reason).toBeInstanceOf(LockNotOwnedError)
})

function lossOf(signal: AbortSignal): Promise<{ readonly at: number; readonly reason: unknown }> {
  return new Promise((resolve) => {
    const note = (): void => resolve({ at: performance.now(), reason: signal.reason })
    if (signal.aborted) note()
    else signal.addEventListener('abort', note, { once: true })
  })
}
