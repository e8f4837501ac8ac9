import type { Command } from '../command.js'
import { countText } from '../terminal/units.js'
import { withCache } from '../target/with-cache.js'
import { confirmed } from './confirmed.js'
import { show } from './show.js'

/** Deletes every key of a cache, of its prefix and version. */
export const clear: Command = {
  usage: 'clear --yes',
  summary: 'deletes every key of the cache, of its prefix and version',
  options: ['yes'],
  run: (given, surroundings) =>
    withCache(given, surroundings, async (cache) => {
      confirmed(given, 'clear', `deletes every key of the cache '${cache.name}', ${cache.makeKey('*')}`)
      const deleted = await cache.clear()
      show(given, surroundings, { found: { deleted }, lines: () => [`deleted ${countText(deleted, 'key')}`] })
      return 0
    }),
}
