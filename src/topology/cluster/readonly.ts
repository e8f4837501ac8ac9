import type { Initialiser } from '../../connection/initialiser.js'

/** Without it a replica in a cluster answers reads with MOVED to its primary. */
export const readOnlyInitialiser: Initialiser = {
  name: 'READONLY',
  role: 'replica',
  command: { args: ['READONLY'], decode: 'text' },
}
