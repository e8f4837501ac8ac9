import type { Command } from '../command.js'
import { withCache } from '../target/with-cache.js'

/** Lists the keys of a cache that match a pattern, as its users write them. */
export const keys: Command = {
  usage: 'keys [PATTERN] [--limit 1000]',
  summary: 'the keys that match a pattern; each server is scanned',
  options: ['limit'],
  arguments: [0, 1],
  run: (given, surroundings) =>
    withCache(given, surroundings, async (cache) => {
      const { limit = 1_000 } = given
      const [pattern = '*'] = given.arguments
      const found: string[] = []
      for await (const key of cache.iterKeys(pattern)) {
        if (found.length === limit) {
          surroundings.stderr.write(`There are more than ${limit}; ask for them with --limit.\n`)
          break
        }
        found.push(key)
      }
      surroundings.stdout.write(given.json ? `${JSON.stringify(found)}\n` : found.map((key) => `${key}\n`).join(''))
      return 0
    }),
}
