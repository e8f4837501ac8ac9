/**
 * Sessions for express-session and @fastify/session: start at {@link sessionStore}.
 * @module valkey-cache/express-session
 */
import type { Cache } from '../../cache/cache.js'
import { checkExact, checkFactory, isKeptTtl, isText, optionTable, type OptionTable } from '../support/options.js'
import { sessionPrefix, sessionTtl } from '../support/sessions.js'
import { SessionStore, type SessionTtl } from './session-store.js'

export { bareKeys, bareKeysReverse } from './bare-keys.js'
export type { SessionRequest } from './session-objects.js'
export type { SessionCallback, SessionStore, SessionTtl } from './session-store.js'
export type { StoredSession } from './stored-session.js'

/** Options of {@link sessionStore}. */
export interface SessionStoreOptions {
  /** What the keys of sessions begin with, after what the cache puts before them. @default 'sess:' */
  readonly prefix?: string | undefined
  /**
   * How long a session is kept whose cookie does not say when it expires, in ms or as a literal; `null` is for ever. A
   * function is asked for each session, whatever its cookie says. @default '1d'
   */
  readonly ttl?: SessionTtl | undefined
}

/**
 * Makes a store of sessions for express-session or @fastify/session. An outage is an error there and never a missing
 * session, whatever the cache's `failSafe`.
 * @throws {ConfigurationError} E_CONFIG for an option that is none, and for a cache with herd protection
 * @example
 * app.use(session({ secret, resave: false, saveUninitialized: false, store: sessionStore(caches.sessions) }))
 */
export function sessionStore(cache: Cache, options: SessionStoreOptions = {}): SessionStore {
  checkFactory('sessionStore', cache, known, options)
  checkExact('sessionStore', cache)
  const { prefix = sessionPrefix, ttl = sessionTtl } = options
  return new SessionStore(cache, prefix, ttl)
}

const known: OptionTable = optionTable<SessionStoreOptions>({
  prefix: isText,
  ttl: (ttl: SessionTtl, path: string) => typeof ttl === 'function' || isKeptTtl(ttl, path),
})
