import { Alarm, loopClock } from '../connection/deadlines.js'
import { onAbort } from '../connection/on-abort.js'
import type { Milliseconds } from '../units.js'

/**
 * Gives the promise's outcome when it comes in time, on the loop clock.
 * @throws what `late` makes when `ms` are over, or the signal's reason when that aborts first
 */
export function within<T>(
  promise: Promise<T>,
  ms: Milliseconds = Infinity,
  signal: AbortSignal | undefined,
  late: (ms: Milliseconds) => Error,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let stop: (() => void) | undefined
    const alarm = new Alarm(() => fail(late(ms)))
    const leave = (): void => {
      alarm.clear()
      stop?.()
    }
    const fail = (reason: unknown): void => {
      leave()
      reject(reason)
    }
    if (ms < Infinity) alarm.set(loopClock.now() + ms)
    promise.then((value) => {
      leave()
      resolve(value)
    }, fail)
    if (signal !== undefined) stop = onAbort(signal, () => fail(signal.reason))
  })
}
