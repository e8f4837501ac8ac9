import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel'
import { expect, onTestFinished, test } from 'vitest'
import { createCaches, type CacheOptions } from '../../src/index.js'
import { CommandError } from '../../src/errors.js'
import { CacheTelemetry } from '../../src/telemetry/cache-telemetry.js'
import { cacheChannel, publishEvent } from '../../src/telemetry/channels.js'
import { CommandTraces } from '../../src/telemetry/command-traces.js'
import { isTraced, trace, traceErrorOf, type Traced } from '../../src/telemetry/trace.js'
import { jobRunner, type RunJob } from '../support/job-runner.js'
import { ended, listen } from '../support/traces.js'

test('a call tells of its beginning and its end, and where its value came from', async () => {
  const told = listen('cache')
  const cache = cacheWith()
  await cache.set('k', 'secret')
  await cache.get('k')
  await cache.get('k')
  await cache.get('other')
  expect(told.map(({ event }) => event)).toStrictEqual(
    [1, 2, 3, 4].flatMap(() => ['start', 'end', 'asyncStart', 'asyncEnd']),
  )
  expect(ended(told)).toStrictEqual([
    { cache: 'default', operation: 'set', near: 0, hits: 0, stale: 0, misses: 0 },
    { cache: 'default', operation: 'get', near: 0, hits: 1, stale: 0, misses: 0 },
    { cache: 'default', operation: 'get', near: 1, hits: 0, stale: 0, misses: 0 },
    { cache: 'default', operation: 'get', near: 0, hits: 0, stale: 0, misses: 1 },
  ])
})

test('calls of many keys count each of them, and side by side each its own', async () => {
  const cache = cacheWith()
  await cache.setMany({ a: 1, b: 2 })
  const told = listen('cache')
  await Promise.all([cache.getMany(['a', 'b', 'c']), cache.get('none'), cache.getOrSet('d', () => 4)])
  const counts = ended(told).map(({ operation, hits, misses }) => `${operation as string} ${hits} ${misses}`)
  expect(counts.sort()).toStrictEqual(['get 0 1', 'getMany 2 1', 'getOrSet 0 1'])
})

test('a stale value is told as one, and its load as one in the background', async () => {
  const cache = cacheWith({ format: 'framed' })
  const loader = (): number => {
    throw new Error('no database')
  }
  await cache.set('k', 1, { ttl: '1ms', grace: '1m' })
  await expect.poll(() => cache.get('k')).toBeUndefined()
  const [calls, loads] = [listen('cache'), listen('load')]
  expect(await cache.getOrSet('k', loader, { grace: '1m' })).toBe(1)
  expect(ended(calls)).toMatchObject([{ operation: 'getOrSet', stale: 1, hits: 0, misses: 0 }])
  await expect.poll(() => ended(loads)).toMatchObject([{ operation: 'getOrSet', background: true }])
})

test('an iterator is handed over as it is', async () => {
  const told = listen('cache')
  const cache = cacheWith()
  await cache.set('k', 1)
  const keys: string[] = []
  for await (const key of cache.iterKeys('*')) keys.push(key)
  expect(keys).toStrictEqual(['k'])
  expect(ended(told)).toHaveLength(2)
})

test('methods keep their names, for traces of errors', () => {
  expect(cacheWith().getOrSet.name).toBe('getOrSet')
})

test('a load tells its key only where the key is allowed', async () => {
  const told = listen('load')
  await cacheWith().getOrSet('page:1', () => 1)
  const shown = cacheWith({ traceKeys: ['page:*'] })
  await shown.getOrSet('page:1', () => 1)
  await shown.getOrSet('user:1', async () => 1)
  const load = { cache: 'default', operation: 'getOrSet', background: false }
  expect(ended(told)).toStrictEqual([load, { ...load, keys: [':1:page:1'] }, { ...load, keys: [] }])
})

test('what a loader throws is told by its class alone', async () => {
  const told = listen('load')
  const failing = cacheWith().getOrSet('k', () => {
    throw new RangeError('secret')
  })
  await expect(failing).rejects.toThrow('secret')
  expect(told.map(({ event }) => event)).toStrictEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd'])
  expect(ended(told)).toMatchObject([{ error: { name: 'RangeError', code: undefined, message: 'RangeError' } }])
})

test('a rejection with nothing is told as a failure', async () => {
  const told = listen('load')
  await expect(cacheWith().getOrSet('k', () => Promise.reject())).rejects.toBeUndefined()
  expect(told.map(({ event }) => event)).toContain('error')
})

test('a command tells its name, its attempts and its node, and neither keys nor the reply', async () => {
  const told = listen('command')
  const run = await tellingRunner()
  await run('GET', ['secret value'])
  await expect(run('EVALSHA', [new CommandError('EVALSHA', 'WRONGTYPE of secret')])).rejects.toThrow('WRONGTYPE')
  const context = { cache: 'c', intent: 'read', database: 0, keyCount: 1, address: 'primary:1', attempts: 1 }
  const error = { name: 'CommandError', code: 'E_COMMAND', message: 'WRONGTYPE' }
  expect(ended(told)).toStrictEqual([
    { ...context, name: 'GET' },
    { ...context, name: 'EVALSHA', error },
  ])
})

test('commands that travel together have a channel of their own', async () => {
  const [commands, batches] = [listen('command'), listen('batch')]
  const run = await tellingRunner()
  await run('GET+PTTL', [['secret']], { size: 2 })
  expect(ended(commands)).toStrictEqual([])
  expect(ended(batches)).toMatchObject([{ name: 'GET+PTTL', size: 2 }])
})

test('a script that makes up the beginning of an error is told by its code', () => {
  expect(traceErrorOf(new CommandError('EVAL', 'SECRET of a user'))).toMatchObject({ message: 'E_COMMAND' })
})

test('work runs in the context that a listener binds to its beginning', async () => {
  const store = new AsyncLocalStorage<string>()
  const channel = tracingChannel<unknown, Traced>('valkey-cache:test')
  channel.start.bindStore(store, () => 'span')
  onTestFinished(() => void channel.start.unbindStore(store))
  expect(await trace(channel, {}, async () => store.getStore())).toBe('span')
})

test('a runtime that does not tell whether anybody listens counts as listening', () => {
  expect(isTraced(cacheChannel)).toBe(false)
  const { start, end, asyncStart, asyncEnd, error } = cacheChannel
  expect(isTraced({ start, end, asyncStart, asyncEnd, error } as typeof cacheChannel)).toBe(true)
})

test('an event of the topology has a plain channel by its name', () => {
  const told: unknown[] = []
  const listener = (message: unknown): void => void told.push(message)
  subscribe('valkey-cache:replica-added', listener)
  onTestFinished(() => void unsubscribe('valkey-cache:replica-added', listener))
  publishEvent('users', { type: 'replica-added', address: 'r:1' } as { type: string })
  publishEvent('users', { type: 'replica-removed' })
  expect(told).toStrictEqual([{ cache: 'users', type: 'replica-added', address: 'r:1' }])
})

test('patterns of keys must be texts', () => {
  expect(() => cacheWith({ traceKeys: [''] })).toThrow('caches.default.traceKeys')
})

function cacheWith(options: CacheOptions = {}): ReturnType<typeof createCaches<'default'>>['default'] {
  const caches = createCaches({ default: { location: 'memory://', ...options } })
  onTestFinished(() => caches.close())
  return caches.default
}

/** Runs jobs, and tells of their commands. */
function tellingRunner(): Promise<RunJob> {
  return jobRunner({ observer: new CommandTraces(new CacheTelemetry('c', undefined, 0)) })
}
