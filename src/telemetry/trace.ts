import type { TracingChannel } from 'node:diagnostics_channel'
import { CacheError, CommandError } from '../errors.js'
import { isPromise } from '../promises.js'

/** What stands in the context of a trace whose work failed: never a value, a key or the text of a server's reply. */
export interface TraceError {
  /** The class of the error, such as `CommandError`. */
  readonly name: string
  /** The error's code; `undefined` for an error that is none of this package's. */
  readonly code: string | undefined
  /** The first word of a server's error reply, where it is one of the server's own, such as `WRONGTYPE`; else code or class. */
  readonly message: string
}

/** What every context of a trace may have in the end. */
export interface Traced {
  /** Why the work failed; absent while it has not. */
  error?: TraceError
  /** Runs the work; a listener of `start` sets it whose own context cannot be bound with `bindStore`. Not of commands. */
  within?: <Out>(work: () => Out) => Out
}

/** The tracing channel of one kind of work. */
export type Traces<Context extends Traced> = TracingChannel<unknown, Context>

/** Whether anybody listens to a channel. A runtime that does not tell counts as listening. */
export function isTraced<Context extends Traced>(channel: Traces<Context>): boolean {
  return (channel as { readonly hasSubscribers?: boolean }).hasSubscribers !== false
}

/**
 * Runs work and tells of it: when it begins, when its function has returned, and when what it gave has settled. What listens
 * may bind its own context to the beginning; the work runs in that.
 */
export function trace<Context extends Traced, Out>(channel: Traces<Context>, context: Context, work: () => Out): Out {
  return channel.start.runStores(context, () => {
    try {
      const outcome = started(channel, context, work)
      if (isPromise(outcome)) return followed(channel, context, outcome) as Out
      endTrace(channel, context, undefined)
      return outcome
    } catch (error) {
      endTrace(channel, context, error ?? null)
      throw error
    }
  })
}

function started<Context extends Traced, Out>(channel: Traces<Context>, context: Context, work: () => Out): Out {
  try {
    return context.within === undefined ? work() : context.within(work)
  } finally {
    channel.end.publish(context)
  }
}

async function followed<Context extends Traced>(
  channel: Traces<Context>,
  context: Context,
  outcome: PromiseLike<unknown>,
): Promise<unknown> {
  try {
    const value = await outcome
    endTrace(channel, context, undefined)
    return value
  } catch (error) {
    endTrace(channel, context, error ?? null)
    throw error
  }
}

/** Tells that work has begun whose end {@link endTrace} tells. */
export function beginTrace<Context extends Traced>(channel: Traces<Context>, context: Context): void {
  channel.start.runStores(context, nothing)
  channel.end.publish(context)
}

/** Tells that work is over; `undefined` is no error, and `null` stands for a rejection with nothing. */
export function endTrace<Context extends Traced>(channel: Traces<Context>, context: Context, error: unknown): void {
  if (error !== undefined) {
    context.error = traceErrorOf(error)
    channel.error.publish(context as Context & { error: unknown })
  }
  channel.asyncStart.publish(context)
  channel.asyncEnd.publish(context)
}

/** What may be told of an error. Pure. */
export function traceErrorOf(error: unknown): TraceError {
  const name = error instanceof Error ? error.name : typeof error
  const code = error instanceof CacheError ? error.code : undefined
  const prefix = error instanceof CommandError ? errorPrefix.exec(error.reply)?.[0] : undefined
  return { name, code, message: prefix ?? code ?? name }
}

function nothing(): void {}

/** Those that servers use themselves: a script may begin the text of its error with anything. */
const errorPrefix =
  /^(?:ASK|BUSY|BUSYGROUP|CLUSTERDOWN|CROSSSLOT|ERR|EXECABORT|LOADING|MASTERDOWN|MISCONF|MOVED|NOAUTH|NOGROUP|NOPERM|NOREPLICAS|NOSCRIPT|OOM|READONLY|TRYAGAIN|UNBLOCKED|WRONGPASS|WRONGTYPE)(?= |$)/
