import { readFileSync } from 'node:fs'
import { register, Registry, type OpenMetricsContentType } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import { metrics } from '../../src/export/prometheus.js'
import { createCaches, type CacheStats } from '../../src/index.js'
import { CallMeters } from '../../src/telemetry/call-meters.js'

test('a scrape has what caches have counted, by cache and without keys', async () => {
  const caches = createCaches({ users: {}, pages: {} })
  onTestFinished(() => caches.close())
  const registry = new Registry()
  metrics(caches, { registry })
  await caches.users.set('secret', 1)
  await caches.users.get('secret')
  await caches.users.get('none')
  await caches.pages.getOrSet('secret', () => 1)
  const text = await registry.metrics()
  expect(text).toContain('# TYPE valkey_cache_reads_total counter')
  expect(text).toContain('valkey_cache_reads_total{cache="users",outcome="hit"} 1')
  expect(text).toContain('valkey_cache_reads_total{cache="users",outcome="miss"} 1')
  expect(text).toContain('valkey_cache_calls_total{cache="pages",method="getOrSet"} 1')
  expect(text).toContain('valkey_cache_load_duration_seconds_count{cache="pages"} 1')
  expect(text).toContain('valkey_cache_survived_total{cache="users",kind="OUTAGE"} 0')
  expect(text).not.toContain('secret')
})

test('a histogram is in seconds, cumulative, with buckets from 0.25 ms', async () => {
  const meters = new CallMeters()
  for (const took of [0.1, 0.3, 3, 60_000]) meters.ended({ job: { name: 'GET' }, signal: undefined }, took, undefined)
  const lines = (await scraped({ commands: meters.commands.mapped(({ stats }) => stats) }))
    .split('\n')
    .filter((line) => line.startsWith('valkey_cache_command_duration_seconds'))
  const of = (bound: string): string | undefined =>
    lines.find((line) => line.includes(`le="${bound}"`))?.replace(/.* /, '')
  expect(lines).toHaveLength(20)
  expect(['0.00025', '0.0005', '0.002', '0.004', '16.384', '+Inf'].map(of)).toStrictEqual([
    '1',
    '2',
    '2',
    '3',
    '3',
    '4',
  ])
  expect(lines).toContain('valkey_cache_command_duration_seconds_sum{cache="users",command="GET"} 60.0034')
  expect(lines).toContain('valkey_cache_command_duration_seconds_count{cache="users",command="GET"} 4')
})

test('OpenMetrics, which names counters otherwise, can be scraped again and again', async () => {
  const caches = createCaches({ users: {} })
  onTestFinished(() => caches.close())
  const registry = new Registry<OpenMetricsContentType>()
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  metrics(caches, { registry })
  await caches.users.get('none')
  for (let scrape = 0; scrape < 2; scrape++)
    expect(await registry.metrics()).toContain('valkey_cache_reads_total{cache="users",outcome="miss"} 1')
})

test('without a registry it is the global one of prom-client, and names begin as they are told to', async () => {
  const caches = createCaches({ users: {} })
  onTestFinished(() => caches.close())
  onTestFinished(() => register.clear())
  metrics(caches, { prefix: 'our_' })
  expect(await register.metrics()).toContain('our_reads_total{cache="users",outcome="miss"} 0')
})

test('what is none of the caches, and what is no option, is refused', () => {
  expect(() => metrics({} as never)).toThrow(/metrics\(\): expected what createCaches gives/)
  const caches = createCaches({})
  expect(() => metrics(caches, { register } as never)).toThrow(/metrics\(\)\.register: unknown option/)
  expect(() => metrics(caches, { prefix: 'my-app_' })).toThrow(/metrics\(\)\.prefix: .* letters/)
  const one = createCaches({ users: {} })
  onTestFinished(() => one.close())
  expect(() => metrics(one.users as never)).toThrow(/metrics\(\): expected what createCaches gives/)
})

test('the Grafana board shows every metric, and its queries name no others', async () => {
  const board = readFileSync('docs/grafana.json', 'utf8')
  const queries = [...board.matchAll(/"(?:expr|query)": ?"((?:[^"\\]|\\.)*)"/g)]
    .map(([, query = '']) => query)
    .filter((query) => query !== 'prometheus')
  const asked = queries.flatMap((query) => query.match(/\bvalkey_cache_\w+/g) ?? [])
  expect(queries.length).toBeGreaterThan(10)
  for (const query of queries) expect(query).toMatch(/\bvalkey_cache_\w+/)
  const shown = asked.map((name) => name.replace(/_seconds_(?:bucket|sum|count)$/, '_seconds'))
  expect(new Set(shown)).toStrictEqual(await metricNames())
})

test('the page has a row for each metric, and for no other', async () => {
  const rows = readFileSync('docs/observability.md', 'utf8').matchAll(/^\| `(valkey_cache_\w+)`/gm)
  expect(new Set([...rows].map(([, name]) => name))).toStrictEqual(await metricNames())
})

async function metricNames(): Promise<ReadonlySet<string | undefined>> {
  return new Set([...(await scraped({})).matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name))
}

/** What is scraped of a cache that has counted this. */
async function scraped(counted: Partial<CacheStats>): Promise<string> {
  const caches = createCaches({ users: {} })
  onTestFinished(() => caches.close())
  const stats = { users: { ...caches.users.stats(), ...counted } }
  const registry = new Registry()
  metrics({ stats: () => stats }, { registry })
  return registry.metrics()
}
