import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Traced, Traces } from '../../telemetry/trace.js'

/** What hears of the work of one channel: its beginning gives what is told of its end. */
export type Begin<Context extends Traced> = (context: Context) => ((context: Context) => void) | undefined

/**
 * Listens to the beginnings and the ends of a channel, and to nothing between; returns the function that stops it: then
 * no more begins, and what has begun still ends. Hot path: what hears of the end stands on the context itself, for a
 * map of contexts costs as much as a span (bench/suites/telemetry.mjs).
 */
export function listen<Context extends Traced>(
  { start, asyncEnd }: Traces<Context>,
  begin: Begin<Context>,
): () => void {
  const ended = Symbol('ended')
  let [open, stopped] = [0, false]
  const onStart = (message: unknown): void => {
    const onEnded = begin(message as Context)
    if (onEnded === undefined) return
    open++
    ;(message as Listened<Context>)[ended] = onEnded
  }
  const onEnd = (message: unknown): void => {
    const onEnded = (message as Listened<Context>)[ended]
    if (onEnded === undefined) return
    onEnded(message as Context)
    open--
    leave()
  }
  const leave = (): void => {
    if (stopped && open === 0) unsubscribe(asyncEnd.name, onEnd)
  }
  subscribe(start.name, onStart)
  subscribe(asyncEnd.name, onEnd)
  return () => {
    unsubscribe(start.name, onStart)
    stopped = true
    leave()
  }
}

/** A context, with what hears of its end. */
type Listened<Context> = Record<symbol, ReturnType<Begin<Context & Traced>>>
