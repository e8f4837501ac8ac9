/** What tells caches of one name from each other, in contexts of traces and in `stats()`. */
export interface Marked {
  readonly [identity]?: symbol
}

/** Shared by all copies of the package in a process: exports are bundled by themselves. */
const identity: unique symbol = Symbol.for('valkey-cache.identity')

/** Makes what marks one cache, to be spread over what is told of it. */
export function markOf(cache: string): Marked {
  return { [identity]: Symbol(cache) }
}

/** Which cache something is told of. */
export function identityOf(told: object): symbol | undefined {
  return (told as Marked)[identity]
}
