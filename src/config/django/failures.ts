import type { CacheOptions } from '../options.js'
import { defined } from './defined.js'
import type { Draft } from './draft.js'
import type { Entry } from './entry.js'

/** What a cache does when its servers cannot be used, and who hears of it. */
export function failuresOf({ logger, warn }: Entry, { failSafe, quiet }: Draft): CacheOptions {
  if (failSafe && quiet !== undefined)
    warn(quiet, 'what is ignored is reported all the same, once per second at most; give createCaches a `logger`')
  return defined({ failSafe, logger })
}
