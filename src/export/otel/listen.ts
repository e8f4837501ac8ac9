import type { Traced, Traces } from '../../telemetry/trace.js'

/** What hears of the work of one channel: its beginning gives what is told of its end. */
export type Begin<Context extends Traced> = (context: Context) => ((context: Context) => void) | undefined

/** Listens to the beginnings and the ends of a channel; returns the function that stops it. */
export function listen<Context extends Traced>(channel: Traces<Context>, begin: Begin<Context>): () => void {
  const ends = new WeakMap<Context, (context: Context) => void>()
  const listeners = {
    start: (context: Context): void => {
      const end = begin(context)
      if (end !== undefined) ends.set(context, end)
    },
    end: nothing,
    asyncStart: nothing,
    error: nothing,
    asyncEnd: (context: Context): void => ends.get(context)?.(context),
  }
  channel.subscribe(listeners)
  return () => channel.unsubscribe(listeners)
}

function nothing(): void {}
