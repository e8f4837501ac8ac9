import { abortable } from '../connection/limit.js'
import { longestTimer, type Milliseconds } from '../units.js'

/**
 * Gives the promise's outcome when it comes in time.
 * @throws what `late` makes when `ms` are over, or the signal's reason when that aborts first
 */
export async function within<T>(
  promise: Promise<T>,
  ms: Milliseconds | undefined,
  signal: AbortSignal | undefined,
  late: (ms: Milliseconds) => Error,
): Promise<T> {
  const whole = signal === undefined ? promise : abortable(promise, signal)
  if (ms === undefined) return whole
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late(ms)), Math.min(Math.max(ms, 0), longestTimer))
  })
  try {
    return await Promise.race([whole, over])
  } finally {
    clearTimeout(timer)
  }
}
