import { longestTagged } from '../../clients/commands/entries.js'
import type { Tagging } from '../../codec/tag-field.js'
import { ConfigurationError } from '../../errors.js'
import type { Lifetime } from '../freshness.js'

/** @throws {ConfigurationError} E_CONFIG at `path`, for tags in a cache whose values have no frames */
export function checkFramed(framed: boolean, path: string): void {
  if (framed) return
  const problem = "tags need a frame around the value, and this cache has format 'django'; set format: 'framed' for it"
  throw new ConfigurationError(path, problem)
}

/**
 * What a value is tagged with: each tag once, and a stamp. A value without a stamp counts as older than any invalidation.
 * `undefined` where there are no tags.
 */
export function taggingOf(
  given: readonly string[],
  more: readonly string[],
  stamp: number | undefined,
): Tagging | undefined {
  const tags = more.length === 0 ? given : [...new Set([...given, ...more])]
  return tags.length === 0 ? undefined : { stamp: stamp ?? 0, tags }
}

/** How long a tagged value is kept: less than what is remembered of its tags. */
export function taggedLifetime({ ttl = longestTagged, grace }: Lifetime): Lifetime {
  const fresh = Math.min(ttl, longestTagged)
  return { ttl: fresh, grace: Math.min(grace, longestTagged - fresh) }
}
