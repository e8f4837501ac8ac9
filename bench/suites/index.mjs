import { adapters } from './adapters.mjs'
import { cacheGet } from './cache-get.mjs'
import { cacheGetMany } from './cache-get-many.mjs'
import { cacheTags } from './cache-tags.mjs'
import { cluster } from './cluster.mjs'
import { codec } from './codec.mjs'
import { manyKeys } from './many-keys.mjs'
import { nearCache } from './near.mjs'
import { rawInFlight } from './raw-in-flight.mjs'
import { rawMany } from './raw-many.mjs'
import { rawOneByOne } from './raw-one-by-one.mjs'
import { reach } from './reach.mjs'
import { shard } from './shard.mjs'
import { telemetry } from './telemetry.mjs'

/**
 * The rows of each suite. In a row the first contestant is ours; `atLeast` bounds ours divided by theirs. `repeat`: it is played
 * so many times as many rounds.
 */
export const suites = {
  'raw-in-flight': rawInFlight,
  'raw-one-by-one': rawOneByOne,
  'raw-many': rawMany,
  'cache-get': cacheGet,
  'cache-get-many': cacheGetMany,
  'cache-tags': cacheTags,
  near: nearCache,
  'many-keys': manyKeys,
  cluster,
  shard,
  reach,
  codec,
  adapters,
  telemetry,
}

/**
 * Each row with the build before as another contestant: ours, from the `dist` folder of an older checkout. `before` of
 * ours says what is different there, such as options that it does not know, and how many times as fast ours has to be.
 */
export function withBefore(rows, dist) {
  return rows.map((row) => {
    const [ours, ...others] = row.contestants
    const { options = ours.options, atLeast } = ours.before ?? {}
    const before = { module: ours.module, name: 'the build before', options: { ...options, dist }, atLeast }
    return { ...row, contestants: [ours, before, ...others] }
  })
}
