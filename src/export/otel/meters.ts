import type { Attributes, Histogram, Meter, ObservableResult } from '@opentelemetry/api'
import { batchChannel, commandChannel, loadChannel } from '../../telemetry/channels.js'
import { identityOf } from '../../telemetry/identity.js'
import type { Traced } from '../../telemetry/trace.js'
import { monotonicClock } from '../../units.js'
import { counters, gauges, type Family } from '../families.js'
import type { MeteredCaches } from '../metered-caches.js'
import { attributesOfCommand, attributesOfLoad } from './attributes.js'
import { listen, type Begin } from './listen.js'

/** Has a meter read what caches count, and measures commands and loads; returns the functions that stop it. */
export function measure(meter: Meter, caches: MeteredCaches, own: Own): readonly (() => void)[] {
  return [
    ...counters.map((family) =>
      observe(meter.createObservableCounter(nameOf(family), descriptionOf(family)), caches, family),
    ),
    ...gauges.map((family) =>
      observe(meter.createObservableGauge(nameOf(family), descriptionOf(family)), caches, family),
    ),
    ...timeCommands(meter, own),
    timeLoads(meter, own),
  ]
}

/** The identities of the caches. */
type Own = ReadonlySet<symbol | undefined>

/** An instrument that is read when metrics are collected. */
interface Observable {
  addCallback(callback: (result: ObservableResult) => void): void
  removeCallback(callback: (result: ObservableResult) => void): void
}

function observe(instrument: Observable, caches: MeteredCaches, { values }: Family<number>): () => void {
  const callback = (result: ObservableResult): void => {
    for (const [cache, stats] of Object.entries(caches.stats()))
      for (const { labels, value } of values(stats)) result.observe(value, attributesOf(cache, labels))
  }
  instrument.addCallback(callback)
  return () => instrument.removeCallback(callback)
}

/** By the stable convention for databases, so the attributes are its own and the cache's name is not among them. */
function timeCommands(meter: Meter, own: Own): readonly (() => void)[] {
  const duration = meter.createHistogram('db.client.operation.duration', {
    description: 'Duration of database client operations.',
    ...inSeconds,
  })
  const begin = timed(duration, own, attributesOfCommand)
  return [listen(commandChannel, begin), listen(batchChannel, begin)]
}

function timeLoads(meter: Meter, own: Own): () => void {
  const duration = meter.createHistogram(`${prefix}load.duration`, { description: 'Runs of loaders.', ...inSeconds })
  return listen(loadChannel, timed(duration, own, attributesOfLoad))
}

/** Records, in seconds, how long the work of these caches took. */
function timed<Context extends Traced>(
  duration: Histogram,
  own: Own,
  attributes: (ended: Context) => Attributes,
): Begin<Context> {
  return (context) => {
    if (!own.has(identityOf(context))) return undefined
    const began = monotonicClock.now()
    return (ended) => duration.record((monotonicClock.now() - began) / 1_000, attributes(ended))
  }
}

function nameOf({ name }: Family<number>): string {
  return prefix + name
}

function descriptionOf({ help }: Family<number>): { readonly description: string } {
  return { description: help }
}

function attributesOf(cache: string, labels: Readonly<Record<string, string>>): Attributes {
  const own = Object.entries(labels).map(([name, value]) => [prefix + name, value] as const)
  return { [`${prefix}cache`]: cache, ...Object.fromEntries(own) }
}

/** Those of the convention; the SDK's own boundaries are meant for ms. */
const inSeconds = {
  unit: 's',
  advice: { explicitBucketBoundaries: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] },
}
const prefix = 'valkey_cache.'
