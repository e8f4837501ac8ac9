import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Traced, Traces } from '../../telemetry/trace.js'

/** What hears of the work of one channel: its beginning gives what is told of its end. */
export type Begin<Context extends Traced> = (context: Context) => ((context: Context) => void) | undefined

/** Listens to the beginnings and the ends of a channel, and to nothing between; returns the function that stops it. */
export function listen<Context extends Traced>(
  { start, asyncEnd }: Traces<Context>,
  begin: Begin<Context>,
): () => void {
  const ends = new WeakMap<Context, (context: Context) => void>()
  const onStart = (message: unknown): void => {
    const end = begin(message as Context)
    if (end !== undefined) ends.set(message as Context, end)
  }
  const onEnd = (message: unknown): void => ends.get(message as Context)?.(message as Context)
  subscribe(start.name, onStart)
  subscribe(asyncEnd.name, onEnd)
  return () => {
    unsubscribe(start.name, onStart)
    unsubscribe(asyncEnd.name, onEnd)
  }
}
