import type { Command } from '../command.js'
import { countText } from '../terminal/units.js'
import { withCache } from '../target/with-cache.js'
import { confirmed } from './confirmed.js'
import { show } from './show.js'

/** Deletes keys. */
export const del: Command = {
  usage: 'del KEY… --yes',
  summary: 'deletes keys',
  options: ['yes'],
  arguments: [1, Infinity],
  run: (given, surroundings) =>
    withCache(given, surroundings, async (cache) => {
      confirmed(given, 'del', `deletes ${countText(given.arguments.length, 'key')} of the cache '${cache.name}'`)
      const deleted = await cache.deleteMany(given.arguments)
      show(given, surroundings, { found: { deleted }, lines: () => [`deleted ${countText(deleted, 'key')}`] })
      return 0
    }),
}
