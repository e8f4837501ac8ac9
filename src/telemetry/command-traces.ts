import type { CacheTelemetry } from './cache-telemetry.js'
import { batchChannel, commandChannel, type BatchTrace, type CommandTrace } from './channels.js'
import type { CallObserver, CallTrace, ObservedCall } from './observer.js'
import { beginTrace, endTrace, isTraced, type Traces } from './trace.js'

/** Tells the channels of the commands of a cache; costs a look at the channel while nobody listens. */
export class CommandTraces implements CallObserver {
  readonly #telemetry: CacheTelemetry

  constructor(telemetry: CacheTelemetry) {
    this.#telemetry = telemetry
  }

  begin(call: ObservedCall): CallTrace | undefined {
    const { size } = call
    if (!(size === undefined ? isTraced(commandChannel) : isTraced(batchChannel))) return undefined
    const context = this.#contextOf(call)
    return size === undefined ? traceOf(commandChannel, context) : traceOf(batchChannel, { ...context, size })
  }

  #contextOf({ name, intent, keys }: ObservedCall): CommandTrace {
    const { cache, database, mark } = this.#telemetry
    const counted = { keyCount: keys.length, ...this.#telemetry.shown(keys), attempts: 0 }
    return { cache, name, intent, database, ...counted, ...mark }
  }
}

function traceOf<Context extends CommandTrace | BatchTrace>(channel: Traces<Context>, context: Context): CallTrace {
  beginTrace(channel, context)
  return {
    attempt(address) {
      context.address = address
      context.attempts++
    },
    end: (error) => endTrace(channel, context, error),
  }
}
