import { inspect } from 'node:util'
import type { Reply } from '../../connection/connection.js'
import type { Command } from '../command.js'
import { orUndefined } from '../or-undefined.js'
import { withCache } from '../target/with-cache.js'
import { shownOn } from '../terminal/paint.js'

/** Shows one value, decoded. */
export const get: Command = {
  usage: 'get KEY',
  summary: 'one value, decoded; exits with 1 when it is not there',
  arguments: [1, 1],
  run: (given, surroundings) =>
    withCache(given, surroundings, async (cache) => {
      const [key = ''] = given.arguments
      const value = await cache.get(key)
      if (value === undefined) {
        // Our user may not be allowed to ask for the type.
        const type = await orUndefined(cache.command(['TYPE', key], { key: 1, intent: 'read', decode: 'text' }))
        surroundings.stderr.write(`${key} ${absence(type)}.\n`)
        return 1
      }
      const { stdout } = surroundings
      stdout.write(`${given.json ? jsonOf(value) : shownOn(stdout, textOf(value))}\n`)
      return 0
    }),
}

/** What to say of a key that has no value to show, whatever the server keeps under it. Pure. */
function absence(type: Reply | undefined): string {
  if (type === undefined || type === 'none') return 'is not there'
  return type === 'string'
    ? 'counts as absent: it is stale, its tags were invalidated, or a loader found nothing; see explain'
    : `holds a ${String(type)}, which get does not read; see explain`
}

function textOf(value: unknown): string {
  return typeof value === 'string'
    ? value
    : inspect(value, { depth: null, maxArrayLength: null, maxStringLength: null })
}

function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => forJson(part))
}

/** JSON has no bigint, whose digits are a text, and no maps and sets, which are an object and an array. */
function forJson(part: unknown): unknown {
  if (typeof part === 'bigint') return String(part)
  if (part instanceof Map) return Object.fromEntries(part as Map<string, unknown>)
  return part instanceof Set ? [...(part as Set<unknown>)] : part
}
