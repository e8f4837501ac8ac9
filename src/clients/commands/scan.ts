import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import type { Reply } from '../../connection/connection.js'
import type { Call, Intent, Value } from '../command.js'
import { read, type Decode } from './build.js'
import { number, text, texts, values } from './replies.js'

/** One step of a scan; it is over when the cursor is `'0'` again. */
export interface ScanStep<Item> {
  readonly cursor: string
  readonly items: readonly Item[]
}

/** Makes the step that goes on from a cursor. */
export type ScanFrom<Item> = (cursor: string) => Call<ScanStep<Item>>

/** The keys that match. A scan on the way to a write goes where writes go: `intent` says which. */
export function scan(pattern: string, batch: number, intent: Intent): ScanFrom<string> {
  return (cursor) => ({
    ...read([], ['SCAN', cursor, 'MATCH', pattern, 'COUNT', batch], (raw) => step(raw, texts)),
    intent,
  })
}

/** The members of a set. */
export function sscan(key: string, batch: number, decode: Decode): ScanFrom<Value> {
  return (cursor) => read([key], ['SSCAN', key, cursor, 'COUNT', batch], (raw) => step(raw, values), decode)
}

/** The members of a sorted set, with their scores. */
export function zscan(key: string, batch: number, decode: Decode): ScanFrom<readonly [member: Value, score: number]> {
  return (cursor) => read([key], ['ZSCAN', key, cursor, 'COUNT', batch], (raw) => step(raw, inPairs), decode)
}

/**
 * Goes on until the cursor is back at the beginning. While a page is looked at, the server works on the next one
 * (bench/suites/many-keys.mjs): a page is given once the command for the next has left, for whoever takes the items of a page
 * without waiting for anything would hold it back until the last of them.
 */
export async function* scanSteps<Item>(
  run: (cursor: string) => Promise<ScanStep<Item>>,
): AsyncGenerator<readonly Item[], void, undefined> {
  let next: Promise<ScanStep<Item>> | undefined = run('0')
  while (next !== undefined) {
    const { cursor, items }: ScanStep<Item> = await next
    next = cursor === '0' ? undefined : run(cursor)
    // Whoever breaks off the walk leaves this step without an owner.
    next?.catch(() => {})
    if (next !== undefined) await turnOfTheLoop()
    yield items
  }
}

function step<Item>(raw: Reply, read: (items: Reply) => readonly Item[]): ScanStep<Item> {
  const [cursor, items] = raw as [Value, Reply]
  return { cursor: text(cursor), items: read(items) }
}

/** Members and scores one after the other, in every version of the protocol. */
function inPairs(reply: Reply): readonly (readonly [member: Value, score: number])[] {
  const flat = reply as Value[]
  return flat.flatMap((member, index) => (index % 2 === 0 ? [[member, number(text(flat[index + 1] as Value))]] : []))
}
