import { longestTimer, type Milliseconds } from '../units.js'
import { onAbort } from './on-abort.js'

/** Runs work under a signal that aborts when the caller's does, or with `late()` after `ms`. Leaves nothing behind. */
export async function limited<T>(
  signal: AbortSignal,
  ms: Milliseconds,
  late: () => Error,
  work: (limit: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(late()), Math.min(ms, longestTimer))
  const stop = onAbort(signal, () => controller.abort(signal.reason))
  try {
    return await work(controller.signal)
  } finally {
    clearTimeout(timer)
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
