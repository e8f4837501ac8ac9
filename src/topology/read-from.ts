import type { Role } from '../connection/connection.js'

/**
 * Which role answers a read. `…Preferred` falls back to the other role when there is none to use;
 * `'any'` takes whichever node is least busy.
 */
export type ReadFrom = 'primary' | 'primaryPreferred' | 'replica' | 'replicaPreferred' | 'any'

/** The roles to try, best first; roles in one tier are equal. */
export const roleTiers: Readonly<Record<ReadFrom, readonly (readonly Role[])[]>> = {
  primary: [['primary']],
  primaryPreferred: [['primary'], ['replica']],
  replica: [['replica']],
  replicaPreferred: [['replica'], ['primary']],
  any: [['primary', 'replica']],
}
