import { CrossSlotError } from '../../errors.js'
import { hashTagAdvice, type Placing } from '../sharded/way.js'
import { hashedPart } from './ring.js'

/**
 * Keys have their places by what the ring hashes of them: their hash tag, or all of the key. That two others lie on one shard
 * too is chance, and ends when a shard is added.
 * @param homeOf the key by which a key is placed: of a helper key the one beside which it stands
 */
export function placingBy(homeOf: (key: string) => string): Placing<string> {
  const placeOf = (key: string): string => hashedPart(homeOf(key))
  return {
    commonOf: (keys) => {
      if (keys.length === 0) return undefined
      const place = placeOf(keys[0] as string)
      for (let index = 1; index < keys.length; index++) if (placeOf(keys[index] as string) !== place) return undefined
      return place
    },
    crossed: (name, keys) => {
      const [first = ''] = keys
      const place = placeOf(first)
      const other = keys.find((key) => placeOf(key) !== place) ?? ''
      return new CrossSlotError(name, `CROSSSLOT '${first}' and '${other}' may lie on two shards; ${hashTagAdvice}`)
    },
  }
}
