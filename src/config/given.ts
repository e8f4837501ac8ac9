import type { CacheOptions } from './options.js'

/** What the user gave for one cache. */
export interface Given {
  readonly own: CacheOptions
  readonly shared: CacheOptions
  /** Both together; the cache's own win. */
  readonly options: CacheOptions
  /** The cache's place, such as `caches.default`. */
  readonly path: string
  /** Where an option stands: in the cache, or in what is shared. */
  readonly pathOf: (option: keyof CacheOptions) => string
}
