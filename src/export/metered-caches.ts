import type { Cache } from '../cache/cache.js'
import type { CacheStats } from '../cache/stats.js'
import { ConfigurationError } from '../errors.js'
import { checkNames, show } from '../units.js'

/** What has numbers to tell: what `createCaches` gives. */
export interface MeteredCaches {
  /** What each cache has counted, by its name. */
  stats(): Readonly<Record<string, CacheStats>>
}

/**
 * Checks what an export is made with.
 * @throws {ConfigurationError} E_CONFIG when it gets no caches, and for an option that is none
 */
export function checkExport(name: string, caches: MeteredCaches, known: readonly string[], options: object): void {
  const given = (caches ?? {}) as Partial<MeteredCaches & Pick<Cache, 'makeKey'>>
  // One cache has stats too, but not by name.
  if (typeof given.stats !== 'function' || typeof given.makeKey === 'function')
    throw new ConfigurationError(`${name}()`, `expected what createCaches gives, got ${show(caches)}`)
  checkNames(options, known, `${name}()`)
}
