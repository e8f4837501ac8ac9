/**
 * Metrics for prom-client: start at {@link metrics}.
 * @module valkey-cache/prometheus
 */
import type { CacheStats } from '../cache/stats.js'
import { loadOptional } from '../codec/optional.js'
import { ConfigurationError } from '../errors.js'
import { countBelow, type LatencyStats } from '../telemetry/histogram.js'
import { counters, gauges, latencies, type Family, type Measured } from './families.js'
import { checkExport, type MeteredCaches } from './metered-caches.js'

export type { MeteredCaches }

/** Where metrics are registered: a `Registry` of prom-client. */
export interface MetricRegistry {
  /** Adds one metric. */
  registerMetric(metric: never): void
}

/** Options of {@link metrics}. */
export interface MetricsOptions {
  /** Where the metrics are registered. @default the global registry of the package prom-client */
  readonly registry?: MetricRegistry | undefined
  /** What their names begin with. @default 'valkey_cache_' */
  readonly prefix?: string | undefined
}

/**
 * Registers what caches count as metrics; `stats()` is read when they are scraped, and at no other time. Every value has the
 * label `cache`, and no label is a key. Histograms are in seconds, with buckets from 0.25 ms, each twice the one before.
 * @throws {ConfigurationError} E_CONFIG for what is none of the caches of `createCaches`, and for an option that is none
 * @example
 * metrics(caches)
 * app.get('/metrics', async (_, response) => response.type('text').send(await register.metrics()))
 */
export function metrics(caches: MeteredCaches, options: MetricsOptions = {}): void {
  checkExport('metrics', caches, known, options)
  const { prefix = 'valkey_cache_', registry = globalRegistry() } = options
  if (!/^[a-z_:][\w:]*$/i.test(prefix))
    throw new ConfigurationError('metrics().prefix', 'a metric has a name of letters, digits, _ and : alone')
  const stats = once(() => Object.entries(caches.stats()))
  for (const made of metricsOf(stats, prefix)) registry.registerMetric(made as never)
}

/** The caches with what they have counted. */
type Read = () => readonly (readonly [cache: string, stats: CacheStats])[]

function metricsOf(read: Read, prefix: string): readonly Metric[] {
  const named = (name: string, end: string): string => `${prefix}${name.replaceAll('.', '_')}${end}`
  return [
    ...counters.map((family) => new Metric('counter', named(family.name, '_total'), family.help, simple(read, family))),
    ...gauges.map((family) => new Metric('gauge', named(family.name, ''), family.help, simple(read, family))),
    ...latencies.map((family) => {
      const name = named(family.name, '_seconds')
      return new Metric('histogram', name, family.help, () => measured(read, family).flatMap((one) => lines(name, one)))
    }),
  ]
}

/** One line of a metric. */
interface Line {
  readonly metricName?: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

/** A metric as a registry of prom-client asks for it. It changes the name of counters where its format wants that. */
class Metric {
  readonly type: string
  readonly help: string
  readonly aggregator = 'sum'
  name: string
  readonly #lines: () => readonly Line[]

  constructor(type: string, name: string, help: string, values: () => readonly Line[]) {
    this.type = type
    this.name = name
    this.help = help
    this.#lines = values
  }

  async get(): Promise<object> {
    const { type, name, help, aggregator } = this
    return { type, name, help, aggregator, values: this.#lines() }
  }

  /** Nothing: what a cache has counted cannot be taken back. */
  reset(): void {}
}

function simple(read: Read, family: Family<number>): () => readonly Line[] {
  return () => measured(read, family)
}

function measured<Value>(read: Read, { values }: Family<Value>): readonly Measured<Value>[] {
  return read().flatMap(([cache, stats]) =>
    values(stats).map(({ labels, value }) => ({ labels: { cache, ...labels }, value })),
  )
}

/** The lines of a histogram. */
function lines(name: string, { labels, value }: Measured<LatencyStats>): readonly Line[] {
  const bucket = `${name}_bucket`
  return [
    ...bounds.map((bound) => ({
      metricName: bucket,
      labels: { ...labels, le: bound / 1_000 },
      value: countBelow(value, bound),
    })),
    { metricName: bucket, labels: { ...labels, le: '+Inf' }, value: value.count },
    { metricName: `${name}_sum`, labels, value: value.sum / 1_000 },
    { metricName: `${name}_count`, labels, value: value.count },
  ]
}

/** Reads once for all metrics of a scrape, which are asked for in one turn of the loop. */
function once<Value>(read: () => Value): () => Value {
  let known: { readonly value: Value } | undefined
  return () => {
    if (known === undefined) {
      known = { value: read() }
      setImmediate(() => (known = undefined))
    }
    return known.value
  }
}

function globalRegistry(): MetricRegistry {
  return loadOptional<{ readonly register: MetricRegistry }>('prom-client', 'valkey-cache/prometheus').register
}

/** Bounds of buckets, in ms, from 0.25 ms to 16 s. */
const bounds = Array.from({ length: 17 }, (_, power) => 0.25 * 2 ** power)
const known: readonly string[] = ['registry', 'prefix']
