import { cacheGet } from './cache-get.mjs'
import { cacheGetMany } from './cache-get-many.mjs'
import { codec } from './codec.mjs'
import { rawInFlight } from './raw-in-flight.mjs'
import { rawOneByOne } from './raw-one-by-one.mjs'

/** The rows of each suite. In a row the first contestant is ours; `atLeast` bounds ours divided by theirs. */
export const suites = {
  'raw-in-flight': rawInFlight,
  'raw-one-by-one': rawOneByOne,
  'cache-get': cacheGet,
  'cache-get-many': cacheGetMany,
  codec,
}
