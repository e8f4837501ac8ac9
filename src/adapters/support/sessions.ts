import type { Ttl } from '../../cache/ttl.js'
import { ConfigurationError } from '../../errors.js'
import { show, wallClock } from '../../units.js'
import { keyWith } from './demands.js'

/** What the keys of sessions begin with, as connect-redis has it. */
export const sessionPrefix = 'sess:'

/** How long a session is kept whose cookie does not say when it expires, as connect-redis has it. */
export const sessionTtl = '1d'

/** @throws {KeyError} E_KEY when the id is not a non-empty text */
export function sessionKey(prefix: string, id: unknown): string {
  return keyWith(prefix, id, 'session id')
}

/**
 * How long a session is kept: until its cookie expires, or for `ttl` when the cookie does not say.
 * Units: ms from now; 0 or less when the cookie has expired.
 * @throws {ConfigurationError} E_CONFIG for what is no moment
 */
export function untilExpiry(expires: Date | string | false | null | undefined, ttl: Ttl): Ttl {
  if (!expires) return ttl
  const moment = Number(new Date(expires))
  if (Number.isNaN(moment)) throw new ConfigurationError('cookie.expires', `expected a moment, got ${show(expires)}`)
  return moment - wallClock.now()
}
