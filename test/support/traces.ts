import { tracingChannel } from 'node:diagnostics_channel'
import { onTestFinished } from 'vitest'
import type { Traced } from '../../src/telemetry/trace.js'

/** What a tracing channel told, with the context as it was then. */
export interface Told {
  readonly event: string
  readonly context: Readonly<Record<string, unknown>>
}

/** Notes what one of our tracing channels tells until the test is over. */
export function listen(name: string): Told[] {
  const told: Told[] = []
  const channel = tracingChannel<unknown, Traced>(`valkey-cache:${name}`)
  const note = (event: string) => (context: object) =>
    void told.push({ event, context: Object.fromEntries(Object.entries(context)) })
  const listeners = {
    start: note('start'),
    end: note('end'),
    asyncStart: note('asyncStart'),
    asyncEnd: note('asyncEnd'),
    error: note('error'),
  }
  channel.subscribe(listeners)
  onTestFinished(() => channel.unsubscribe(listeners))
  return told
}

/** The contexts of what is over. */
export function ended(told: readonly Told[]): readonly Readonly<Record<string, unknown>>[] {
  return told.filter(({ event }) => event === 'asyncEnd').map(({ context }) => context)
}
