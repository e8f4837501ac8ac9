import type { EncodedCommand, Push } from './connection.js'
import type { Initialiser } from './initialiser.js'

/**
 * Which keys a server announces to a connection when they change. `'broadcast'`: all that begin with a prefix, whoever
 * reads them · `'default'`: those that the connection has read · `'opt-in'`: those that it has read behind CLIENT
 * CACHING YES.
 */
export type TrackingMode = 'broadcast' | 'default' | 'opt-in'

/** What the connections of a client have announced to them. */
export interface Tracking {
  readonly mode: TrackingMode
  /** What the announced keys begin with; of mode `'broadcast'` only. */
  readonly prefix: string
}

/**
 * Switches tracking on in the handshake of every connection. Without NOLOOP: caches that share a connection hear of
 * each other's writes, and a server forgets a key that it does not announce.
 */
export function trackingInitialiser({ mode, prefix }: Tracking): Initialiser {
  const args = ['CLIENT', 'TRACKING', 'ON', ...wordsOf(mode, prefix)]
  return {
    name: args.join(' '),
    command: { name: 'CLIENT TRACKING', args, decode: 'text' },
    resp3For: 'the option near',
  }
}

function wordsOf(mode: TrackingMode, prefix: string): readonly string[] {
  if (mode === 'broadcast') return ['BCAST', 'PREFIX', prefix]
  return mode === 'opt-in' ? ['OPTIN'] : []
}

/** In mode `'opt-in'`, says that the keys of the next command on the connection are to be announced. */
export const cachingCommand: EncodedCommand = { args: ['CLIENT', 'CACHING', 'YES'], decode: 'text' }

/**
 * The keys that a push says have changed, `'all'` for every key of the server; `undefined` for a push about something
 * else.
 */
export function invalidatedKeys([kind, keys]: Push): readonly string[] | 'all' | undefined {
  if (kind !== 'invalidate') return undefined
  return Array.isArray(keys) ? keys.map(String) : 'all'
}
