import type { KeyFunction, ReverseKeyFunction } from '../../keys/key-maker.js'

/**
 * Makes keys of nothing but what they are called: for a cache whose sessions connect-redis reads and writes too.
 * @example
 * createCaches({ sessions: { location, keyFunction: bareKeys, reverseKeyFunction: bareKeysReverse } })
 */
export const bareKeys: KeyFunction = (key) => key

/** Gives the key back that {@link bareKeys} was given. */
export const bareKeysReverse: ReverseKeyFunction = (made) => made
