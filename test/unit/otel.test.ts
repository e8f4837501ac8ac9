import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { context, type Attributes } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SamplingDecision,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { instrument, type InstrumentOptions } from '../../src/export/otel/index.js'
import { addressAttributes } from '../../src/export/otel/attributes.js'
import { CommandError } from '../../src/errors.js'
import { createCaches, type CacheOptions, type Caches } from '../../src/index.js'
import { CacheTelemetry } from '../../src/telemetry/cache-telemetry.js'
import { cacheChannel, loadChannel } from '../../src/telemetry/channels.js'
import { CommandTraces } from '../../src/telemetry/command-traces.js'
import { identityOf } from '../../src/telemetry/identity.js'
import { isTraced, type Traced } from '../../src/telemetry/trace.js'

beforeAll(() => {
  const manager = new AsyncLocalStorageContextManager().enable()
  context.setGlobalContextManager(manager)
  return () => context.disable()
})

describe('spans', () => {
  test('of a call, below the one that was active, and of a loader below it, with what the loader does below that', async () => {
    const { users, tracer, spans } = instrumented()
    await tracer.startActiveSpan('request', async (request) => {
      await users.getOrSet('1', () => tracer.startActiveSpan('query', (query) => query.end()))
      request.end()
    })
    expect(treeOf(spans())).toStrictEqual({
      request: undefined,
      'cache.getOrSet': 'request',
      'cache.load': 'cache.getOrSet',
      query: 'cache.load',
    })
    expect(attributesOf(spans(), 'cache.getOrSet')).toMatchObject({
      'valkey_cache.cache': 'users',
      'valkey_cache.misses': 1,
      'valkey_cache.hits': 0,
    })
  })

  test('of what belongs to no request are made only where that is asked for', async () => {
    const strict = instrumented()
    await strict.users.get('1')
    expect(strict.spans()).toStrictEqual([])
    const all = instrumented({ requireParent: false })
    await all.users.get('1')
    expect(treeOf(all.spans())).toStrictEqual({ 'cache.get': undefined })
  })

  test('of a command follow the conventions for databases, and have nothing of its arguments or its reply', () => {
    const { users, spans } = instrumented({ requireParent: false })
    command(users, 'GET', ['secret'], undefined)
    command(users, 'EVALSHA', ['secret'], new CommandError('EVALSHA', 'WRONGTYPE of secret'))
    command(users, 'GET+PTTL', ['secret'], undefined, 2)
    const database = {
      'db.system.name': 'redis',
      'db.namespace': '2',
      'server.address': '10.0.0.1',
      'server.port': 6379,
    }
    expect(spans().map(({ name, kind, attributes }) => ({ name, kind, ...attributes }))).toStrictEqual([
      { name: 'GET', kind: 2, ...database, 'db.operation.name': 'GET', 'valkey_cache.cache': 'users' },
      {
        name: 'EVALSHA',
        kind: 2,
        ...database,
        'db.operation.name': 'EVALSHA',
        'error.type': 'WRONGTYPE',
        'db.response.status_code': 'WRONGTYPE',
        'valkey_cache.cache': 'users',
      },
      {
        name: 'PIPELINE',
        kind: 2,
        ...database,
        'db.operation.name': 'PIPELINE',
        'db.operation.batch.size': 2,
        'valkey_cache.cache': 'users',
      },
    ])
  })

  test('have keys only where they are allowed', async () => {
    const { users, spans } = instrumented({ requireParent: false }, { traceKeys: ['page:*'] })
    await users.getOrSet('page:1', () => 1)
    expect(attributesOf(spans(), 'cache.load')).toMatchObject({ 'valkey_cache.keys': [':1:page:1'] })
  })

  test('of a call that failed say so', async () => {
    const { users, spans } = instrumented({ requireParent: false })
    await expect(users.get('')).rejects.toMatchObject({ code: 'E_KEY' })
    expect(attributesOf(spans(), 'cache.get')).toMatchObject({ 'error.type': 'E_KEY' })
    expect(spans()[0]?.status.code).toBe(2)
  })

  test('of commands that travel together have few names, and one alone is no batch', () => {
    const { users, spans } = instrumented({ requireParent: false })
    command(users, 'GET', [], undefined, 2)
    command(users, 'GET', [], undefined, 1)
    const size = 'db.operation.batch.size'
    expect(
      spans().map(({ name, attributes }) => [name, attributes['db.operation.name'], attributes[size]]),
    ).toStrictEqual([
      ['PIPELINE GET', 'PIPELINE GET', 2],
      ['GET', 'GET', undefined],
    ])
  })

  test('begin with what is known by then, for samplers, and without more when they are not recorded', async () => {
    const begun: [string, Attributes][] = []
    const sampler = {
      shouldSample: (_: unknown, _id: string, name: string, _kind: unknown, attributes: Attributes) => {
        begun.push([name, attributes])
        return { decision: SamplingDecision.NOT_RECORD }
      },
    }
    const { users, spans } = instrumented({
      requireParent: false,
      tracerProvider: new BasicTracerProvider({ sampler }),
    })
    await users.getOrSet('1', () => 1)
    command(users, 'GET', [], undefined)
    const cache = { 'valkey_cache.cache': 'users' }
    expect(begun).toStrictEqual([
      ['cache.getOrSet', cache],
      ['cache.load', { ...cache, 'valkey_cache.background': false }],
      ['GET', { ...cache, 'db.system.name': 'redis', 'db.namespace': '2', 'db.operation.name': 'GET' }],
    ])
    expect(spans()).toStrictEqual([])
  })

  test('of caches of one name are each of its own', async () => {
    const [one, other] = [instrumented({ requireParent: false }), instrumented({ requireParent: false })]
    await one.users.getOrSet('1', () => 1)
    command(one.users, 'GET', [], undefined)
    expect(one.spans().map(({ name }) => name)).toStrictEqual(['cache.load', 'cache.getOrSet', 'GET'])
    expect(other.spans()).toStrictEqual([])
    expect((await other.collect())['db.client.operation.duration']).toBeUndefined()
    expect(identityOf(one.users.stats())).not.toBe(identityOf(other.users.stats()))
  })

  test('that are under way when it is stopped still end', async () => {
    const { users, spans, stop } = instrumented({ requireParent: false })
    await users.getOrSet('1', () => stop())
    expect(spans().map(({ name }) => name)).toStrictEqual(['cache.load', 'cache.getOrSet'])
    expect(isTraced(cacheChannel)).toBe(false)
  })

  test('run the work in the context of another listener too', async () => {
    const store = new AsyncLocalStorage<string>()
    const bind = (message: unknown): void => void ((message as Traced).within = (work) => store.run('theirs', work))
    subscribe(loadChannel.start.name, bind)
    onTestFinished(() => void unsubscribe(loadChannel.start.name, bind))
    const { users } = instrumented({ requireParent: false })
    expect(await users.getOrSet('1', () => store.getStore())).toBe('theirs')
  })

  test('are made no more once it was stopped, nor of other caches', async () => {
    const { users, spans, stop } = instrumented({ requireParent: false })
    const others = createCaches({ others: {} })
    onTestFinished(() => others.close())
    await others.others.get('1')
    stop()
    await users.get('1')
    expect(spans()).toStrictEqual([])
  })
})

describe('metrics', () => {
  test('are what caches have counted, and the duration of commands by the conventions', async () => {
    const { users, collect } = instrumented()
    await users.getOrSet('secret', () => 1)
    await users.get('secret')
    command(users, 'GET', ['secret'], undefined)
    const collected = await collect()
    expect(collected['valkey_cache.reads']).toStrictEqual([
      [{ 'valkey_cache.cache': 'users', 'valkey_cache.outcome': 'near' }, 0],
      [{ 'valkey_cache.cache': 'users', 'valkey_cache.outcome': 'hit' }, 1],
      [{ 'valkey_cache.cache': 'users', 'valkey_cache.outcome': 'stale' }, 0],
      [{ 'valkey_cache.cache': 'users', 'valkey_cache.outcome': 'miss' }, 1],
    ])
    const seconds = { boundaries: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] }
    expect(collected['valkey_cache.load.duration']).toMatchObject([
      [{ 'valkey_cache.cache': 'users' }, { count: 1, buckets: seconds }],
    ])
    expect(collected['db.client.operation.duration']).toMatchObject([
      [{ 'db.system.name': 'redis', 'db.operation.name': 'GET', 'server.port': 6379 }, { count: 1 }],
    ])
    expect(JSON.stringify(collected)).not.toContain('secret')
  })
})

test('what is none of the caches, and what is no option, is refused', () => {
  expect(() => instrument({} as never)).toThrow(/instrument\(\): expected what createCaches gives/)
  expect(() => instrument(createCaches({}), { spans: true } as never)).toThrow(/instrument\(\)\.spans: unknown option/)
})

test('an address is a host and a port, or the path of a socket', () => {
  expect(addressAttributes('::1:6379')).toStrictEqual({ 'server.address': '::1', 'server.port': 6379 })
  expect(addressAttributes('/run/valkey.sock')).toStrictEqual({ 'server.address': '/run/valkey.sock' })
})

interface Instrumented {
  readonly users: Caches<'users'>['users']
  readonly tracer: ReturnType<BasicTracerProvider['getTracer']>
  readonly spans: () => ReadableSpan[]
  readonly stop: () => void
  /** The points of each metric, by its name. */
  readonly collect: () => Promise<Record<string, (readonly [Attributes, unknown])[]>>
}

/** A cache whose spans and metrics are kept in memory. */
function instrumented(options: InstrumentOptions = {}, settings: CacheOptions = {}): Instrumented {
  const exporter = new InMemorySpanExporter()
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const kept = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter: kept, exportIntervalMillis: 3_600_000 })
  const meterProvider = new MeterProvider({ readers: [reader] })
  const caches = createCaches({ users: settings })
  const stop = instrument(caches, { tracerProvider, meterProvider, ...options })
  onTestFinished(async () => {
    stop()
    await Promise.all([caches.close(), meterProvider.shutdown()])
  })
  const collect: Instrumented['collect'] = async () => {
    await reader.forceFlush()
    const scopes = kept.getMetrics().at(-1)?.scopeMetrics ?? []
    const all = scopes.flatMap(({ metrics }) => metrics)
    return Object.fromEntries(
      all.map(({ descriptor, dataPoints }) => [
        descriptor.name,
        dataPoints.map(({ attributes, value }) => [attributes, value] as const),
      ]),
    )
  }
  const tracer = tracerProvider.getTracer('test')
  return { users: caches.users, tracer, spans: () => exporter.getFinishedSpans(), stop, collect }
}

/** Tells of a command of a cache as the executor does. */
function command(
  cache: Caches<'users'>['users'],
  name: string,
  keys: readonly string[],
  error: unknown,
  size?: number,
): void {
  const mark = { [Symbol.for('valkey-cache.identity')]: identityOf(cache.stats()) }
  const traces = new CommandTraces(Object.assign(new CacheTelemetry('users', undefined, 2), { mark }))
  const running = traces.begin({ name, intent: 'read', keys, ...(size !== undefined && { size }) })
  running?.attempt('10.0.0.1:6379', 'first')
  running?.end(error)
}

/** The name of each span's parent. */
function treeOf(spans: readonly ReadableSpan[]): Record<string, string | undefined> {
  const nameOf = (id: string | undefined): string | undefined =>
    spans.find((span) => span.spanContext().spanId === id)?.name
  return Object.fromEntries(spans.map(({ name, parentSpanContext }) => [name, nameOf(parentSpanContext?.spanId)]))
}

function attributesOf(spans: readonly ReadableSpan[], name: string): Attributes | undefined {
  return spans.find((span) => span.name === name)?.attributes
}
