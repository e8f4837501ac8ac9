import type { ContextAPI, MetricsAPI, SpanKind, SpanStatusCode, TraceAPI } from '@opentelemetry/api'

/** What is used of the package `@opentelemetry/api`. */
export interface OpenTelemetryApi {
  readonly context: ContextAPI
  readonly trace: TraceAPI
  readonly metrics: MetricsAPI
  readonly SpanKind: typeof SpanKind
  readonly SpanStatusCode: typeof SpanStatusCode
}
