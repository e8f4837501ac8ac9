import type { Attributes, Span, SpanKind, Tracer } from '@opentelemetry/api'
import { batchChannel, cacheChannel, commandChannel, loadChannel, type CommandTrace } from '../../telemetry/channels.js'
import { identityOf } from '../../telemetry/identity.js'
import type { Traced, Traces } from '../../telemetry/trace.js'
import type { OpenTelemetryApi } from './api.js'
import {
  attributesOfCommandSpan,
  attributesOfLoadSpan,
  errorAttributes,
  operationName,
  outcomeOfCall,
  outcomeOfCommand,
} from './attributes.js'
import { listen, type Begin } from './listen.js'

/** What spans are made with. */
export interface SpanParts {
  readonly api: OpenTelemetryApi
  readonly tracer: Tracer
  /** The identities of the caches. */
  readonly caches: ReadonlySet<symbol | undefined>
  /** Whether a span is made only below another one. */
  readonly requireParent: boolean
}

/** What one kind of span has. */
interface SpanKindOf<Context> {
  readonly kind: SpanKind
  readonly name: (context: Context) => string
  /** What is known when it begins, for samplers too, and what is known when it is over. */
  readonly attributes: (context: Context) => Attributes
  readonly outcome: (context: Context) => Attributes
  /** Whether what runs meanwhile is below it. */
  readonly encloses: boolean
}

/** Makes spans of calls, loads and commands; returns the functions that stop it. */
export function traceSpans(parts: SpanParts): readonly (() => void)[] {
  const { CLIENT, INTERNAL } = parts.api.SpanKind
  const command = {
    kind: CLIENT,
    name: operationName,
    attributes: attributesOfCommandSpan,
    outcome: outcomeOfCommand,
    encloses: false,
  }
  return [
    follow(parts, cacheChannel, {
      kind: INTERNAL,
      name: ({ operation }) => `cache.${operation}`,
      attributes: ({ cache }) => ({ 'valkey_cache.cache': cache }),
      outcome: outcomeOfCall,
      encloses: true,
    }),
    follow(parts, loadChannel, {
      kind: INTERNAL,
      name: () => 'cache.load',
      attributes: attributesOfLoadSpan,
      outcome: errorAttributes,
      encloses: true,
    }),
    follow<CommandTrace>(parts, commandChannel, command),
    follow(parts, batchChannel, command),
  ]
}

function follow<Context extends Traced & { readonly cache: string }>(
  parts: SpanParts,
  channel: Traces<Context>,
  one: SpanKindOf<Context>,
): () => void {
  const { api, tracer, caches, requireParent } = parts
  const begin: Begin<Context> = (context) => {
    const active = api.context.active()
    if (!caches.has(identityOf(context)) || (requireParent && api.trace.getSpan(active) === undefined)) return undefined
    const span = tracer.startSpan(one.name(context), { kind: one.kind, attributes: one.attributes(context) }, active)
    const { within = (work) => work() } = context
    if (one.encloses) context.within = (work) => within(() => api.context.with(api.trace.setSpan(active, span), work))
    return span.isRecording() ? (ended) => end(api, span, one.outcome(ended), ended) : undefined
  }
  return listen(channel, begin)
}

function end({ SpanStatusCode }: OpenTelemetryApi, span: Span, attributes: Attributes, { error }: Traced): void {
  span.setAttributes(attributes)
  if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
  span.end()
}
