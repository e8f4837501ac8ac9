export const readPreferences = ['primary', 'primaryPreferred', 'replica', 'replicaPreferred', 'any'] as const

/**
 * Which role answers a read. `…Preferred` falls back to the other role when there is none to use;
 * `'any'` takes whichever node is least busy.
 */
export type ReadFrom = (typeof readPreferences)[number]
