import type { Initialiser } from '../connection/initialiser.js'

/**
 * A primary that becomes a replica and keeps our connection answers with -REDIRECT from then on, instead of serving what
 * may be stale. Valkey from 8.0 on; elsewhere, and where the user may not run it, the heartbeat alone finds out.
 */
export const redirectInitialiser: Initialiser = {
  name: 'CLIENT CAPA redirect',
  role: 'primary',
  optional: true,
  command: { args: ['CLIENT', 'CAPA', 'redirect'], decode: 'text' },
}
