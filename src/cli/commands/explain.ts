import type { Command } from '../command.js'
import { explain as explainKey } from '../explain/explain.js'
import { explanationLines } from '../explain/screen.js'
import { withCache } from '../target/with-cache.js'
import { show } from './show.js'

/** Says what becomes of a key: its name on the server, where it is, how it is stored. */
export const explain: Command = {
  usage: 'explain KEY',
  summary: 'its name on the server, slot, node, codec, ttl, size and tags',
  arguments: [1, 1],
  run: (given, surroundings) =>
    withCache(given, surroundings, async (cache, { resolved }) => {
      const [key = ''] = given.arguments
      const found = await explainKey(cache, resolved, key)
      show(given, surroundings, { found, lines: (paint) => explanationLines(found, paint) })
      return 0
    }),
}
