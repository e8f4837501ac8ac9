import { ConfigurationError } from '../errors.js'
import { show, toMilliseconds, type Duration, type Milliseconds } from '../units.js'

/** How long a value is kept; `null` is for ever, 0 or less is not at all. */
export type Ttl = Duration | null

/**
 * A ttl as the server takes it.
 * Units: whole ms, fractions round up; `undefined` means for ever.
 * @throws {ConfigurationError} E_CONFIG at `path`
 */
export function resolveTtl(ttl: Ttl, path: string): Milliseconds | undefined {
  if (ttl === null) return undefined
  const whole = typeof ttl === 'number' ? Math.ceil(ttl) : Math.ceil(toMilliseconds(ttl, path))
  if (whole <= Number.MAX_SAFE_INTEGER) return whole
  throw new ConfigurationError(path, `${show(ttl)} is no length of time; use null for ever`)
}

export function isOver(ttl: Milliseconds | undefined): boolean {
  return ttl !== undefined && ttl <= 0
}
