import type { Command } from '../command.js'
import { withCache } from '../target/with-cache.js'
import { shownOn } from '../terminal/paint.js'

/** Lists the keys of a cache that match a pattern, as its users write them. */
export const keys: Command = {
  usage: 'keys [PATTERN] [--limit 1000]',
  summary: 'the keys that match a pattern; each server is scanned',
  options: ['limit'],
  arguments: [0, 1],
  run: (given, surroundings) =>
    withCache(given, surroundings, async (cache) => {
      const { limit = 1_000, json } = given
      const { stdout, stderr } = surroundings
      const [pattern = '*'] = given.arguments
      const found: string[] = []
      for await (const key of cache.iterKeys(pattern)) {
        if (found.length === limit) {
          stderr.write(`There are more than ${limit}; ask for them with --limit.\n`)
          break
        }
        found.push(key)
        // Whoever reads them need not wait for the last, and may have enough before.
        if (!json) stdout.write(`${shownOn(stdout, key)}\n`)
      }
      if (json) stdout.write(`${JSON.stringify(found)}\n`)
      return 0
    }),
}
