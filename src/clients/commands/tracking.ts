import { cachingCommand } from '../../connection/tracking.js'
import type { Call } from '../command.js'

/** In tracking mode `'opt-in'`, has the keys of the command behind it announced; it goes where that key's commands go. */
export function caching(key: string): Call<void> {
  return { ...cachingCommand, name: 'CLIENT CACHING', intent: 'read', idempotent: true, keys: [key], reply: () => {} }
}
