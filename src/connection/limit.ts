import { type Milliseconds } from '../units.js'
import { Alarm, loopClock } from './deadlines.js'
import { onAbort } from './on-abort.js'

/**
 * Runs work under a signal that aborts when the caller's does, or with `late()` after `ms` on the loop clock. Leaves
 * nothing behind.
 */
export async function limited<T>(
  signal: AbortSignal,
  ms: Milliseconds,
  late: () => Error,
  work: (limit: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  const controller = new AbortController()
  const alarm = new Alarm(() => controller.abort(late()))
  alarm.set(loopClock.now() + ms)
  const stop = onAbort(signal, () => controller.abort(signal.reason))
  try {
    return await work(controller.signal)
  } finally {
    alarm.clear()
    stop()
  }
}

/** The promise's outcome, or the signal's reason, whichever comes first. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop!: () => void
  const aborted = new Promise<never>((_, reject) => {
    stop = onAbort(signal, () => reject(signal.reason as Error))
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    stop()
  }
}
