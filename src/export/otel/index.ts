/**
 * Spans and metrics for OpenTelemetry: start at {@link instrument}.
 * @module valkey-cache/otel
 */
import type { MeterProvider, TracerProvider } from '@opentelemetry/api'
import { loadOptional } from '../../codec/optional.js'
import { identityOf } from '../../telemetry/identity.js'
import { checkExport, type MeteredCaches } from '../metered-caches.js'
import type { OpenTelemetryApi } from './api.js'
import { measure } from './meters.js'
import { traceSpans } from './spans.js'

export type { MeteredCaches, OpenTelemetryApi }

/** Options of {@link instrument}. */
export interface InstrumentOptions {
  /** What makes spans; `false`: nothing does. @default the global one */
  readonly tracerProvider?: TracerProvider | false | undefined
  /** What takes metrics; `false`: nothing does. @default the global one */
  readonly meterProvider?: MeterProvider | false | undefined
  /** Whether a span is made only where one is active: calls that belong to no request make none. @default true */
  readonly requireParent?: boolean | undefined
  /** The package itself, for programs whose bundle has it in it. @default `@opentelemetry/api`, as it is installed */
  readonly api?: OpenTelemetryApi | undefined
}

/**
 * Makes spans of what caches do, and has their numbers collected. Spans and `db.client.operation.duration` follow the
 * conventions for databases; numbers for which there is no convention begin with `valkey_cache.`. Nothing has a value, and
 * keys are in spans only where `traceKeys` allows them. Returns the function that stops it.
 * @throws {ConfigurationError} E_CONFIG for what is none of the caches of `createCaches`, and for an option that is none
 * @example
 * const stop = instrument(caches)
 */
export function instrument(caches: MeteredCaches, options: InstrumentOptions = {}): () => void {
  checkExport('instrument', caches, known, options)
  const { api = installed(), requireParent = true } = options
  const { tracerProvider = api.trace, meterProvider = api.metrics } = options
  const own = new Set(Object.values(caches.stats()).map(identityOf))
  const stops = [
    ...(tracerProvider === false
      ? []
      : traceSpans({ api, tracer: tracerProvider.getTracer(scope), caches: own, requireParent })),
    ...(meterProvider === false ? [] : measure(meterProvider.getMeter(scope), caches, own)),
  ]
  return () => stops.forEach((stop) => stop())
}

function installed(): OpenTelemetryApi {
  return loadOptional<OpenTelemetryApi>('@opentelemetry/api', scope)
}

const scope = 'valkey-cache/otel'
const known: readonly string[] = ['tracerProvider', 'meterProvider', 'requireParent', 'api']
