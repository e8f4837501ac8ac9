import { AuthenticationError, ConfigurationError, UnsupportedError } from '../errors.js'
import type { Milliseconds } from '../units.js'

/** Whether a server that refused a connection like this will go on refusing until somebody changes something. */
export function isPermanent(error: unknown): boolean {
  return (
    error instanceof AuthenticationError || error instanceof UnsupportedError || error instanceof ConfigurationError
  )
}

/**
 * How long to wait before the next try to connect, in ms: up to 5 s where a refusal will not change by itself, under
 * 300 ms for everything else; never in step with other processes.
 * @param failures how many tries in a row have failed
 */
export function dialPause(error: unknown, failures: number, random: number): Milliseconds {
  if (!isPermanent(error)) return 100 + 200 * random
  const longest = Math.min(5_000, 200 * 2 ** failures)
  return longest / 2 + (longest / 2) * random
}
