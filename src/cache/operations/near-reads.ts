import { unreached } from '../../clients/commands/strings.js'
import type { Freshness } from '../../codec/frame.js'
import type { Key } from '../../keys/key-maker.js'
import { mapAll } from '../../promises.js'
import type { LoadPolicy } from '../load-policy.js'
import type { Held, Near } from '../near/reads.js'
import type { Seen } from '../near/seen.js'
import type { none, Operation } from '../operation.js'
import type { GetOptions, TaggedReadOptions } from '../options.js'
import type { OperationContext } from './context.js'
import { missed, noted, notedMany } from './noted.js'

/** What may answer a call from memory; `undefined` where it has to ask a server. */
export function nearFor(
  { near: held }: OperationContext,
  { near, readFrom, stale }: Pick<GetOptions, 'near' | 'readFrom' | 'stale'>,
): Near | undefined {
  return near === false || readFrom !== undefined || stale === true ? undefined : held
}

/** Stands for the value of a copy that cannot be read, or does not fit any more: its key is read where its value is. */
export const unreadable: unique symbol = Symbol('unreadable')

/**
 * The value of a copy, or {@link unreadable}: then the copy is dropped, and what its key has is to be read where it is.
 */
export function valueOf(near: Near, copy: Held): unknown {
  return copy.isDecoded ? copy.read() : decodedOf(near, copy)
}

async function decodedOf(near: Near, copy: Held): Promise<unknown> {
  try {
    const value = await copy.read()
    // What is held encoded is a value, and never that there is none.
    if (value !== undefined) return value
  } catch {
    // What is wrong is told by the read that follows.
  }
  near.drop(copy.key)
  return unreadable
}

/**
 * Reads one value from memory, or from a server and holds it.
 * @param own the copy that was found already
 */
export async function getNear<T>(
  context: OperationContext,
  near: Near,
  operation: Operation<undefined>,
  made: string,
  options: GetOptions,
  own?: Held,
): Promise<T | undefined> {
  options.signal?.throwIfAborted()
  const named = context.tagsOf(operation, options)
  if (own === undefined && near.ready() !== undefined) await turned(near)
  const copy = own ?? near.find(made)
  if (copy !== undefined) {
    const value = await valueOf(near, copy)
    if (value !== unreadable) return noted(context, value as T | undefined, 'near')
  }
  try {
    const question = context.questionOf(options)
    const seen = await near.read(made, question, named)
    return await noted(context, seen && context.reader.valueIn<T>(operation, options, seen.entry, made, question))
  } catch (error) {
    return missed(context, context.failSafe.of(options), operation, error)
  }
}

/** Reads many values, those from servers that memory does not have. */
export async function getManyNear<T>(
  context: OperationContext,
  near: Near,
  operation: Operation<typeof none>,
  keys: readonly (readonly [asked: Key, made: string])[],
  options: TaggedReadOptions,
): Promise<Map<Key, T>> {
  options.signal?.throwIfAborted()
  const named = context.tagsOf(operation, options)
  const question = context.questionOf(options)
  if (near.ready() !== undefined) await turned(near)
  const failSafe = context.failSafe.of(options)
  const spares = failSafe.enabled ? (error: unknown): boolean => failSafe.spares(operation, error) : undefined
  const made = keys.map(([, one]) => one)
  const { held, asked } = await lookUpMany<unknown, OneOfMany>(near, made, {
    find: (key) => near.find(key),
    handOut: (copy) => valueOf(near, copy),
    ask: async (missing) => {
      const seen = await context.orAnswer(operation, options, near.readMany(missing, question, { named, spares }))
      return missing.map((key, index) => [key, seen[index]])
    },
  })
  const values = await mapAll(made, (key, index) => {
    if (held[index] !== unreadable) return held[index] as T | undefined
    const seen = asked.get(key)
    if (seen === undefined || seen === unreached) return undefined
    return context.reader.valueIn<T>(operation, options, seen.entry, key, question)
  })
  notedMany(context, values, made.length, held.filter((one) => one !== unreadable && one !== undefined).length)
  return new Map(keys.flatMap(([key], index) => (values[index] === undefined ? [] : [[key, values[index] as T]])))
}

/** What a read of many keys brings of one of them. */
type OneOfMany = Seen | undefined | typeof unreached

/** How many keys are looked up: in memory first, and where their values are. */
interface ManyLookUp<HandedOut, Asked> {
  readonly find: (key: string) => Held | undefined
  /** Hands out the value of a copy; {@link unreadable} where it cannot be read. */
  readonly handOut: (copy: Held) => HandedOut | typeof unreadable | Promise<HandedOut | typeof unreadable>
  /** Reads keys, of which there is one at least, where their values are. */
  readonly ask: (keys: readonly string[]) => Promise<Iterable<readonly [key: string, answer: Asked]>>
}

/** What many keys were answered. */
interface ManyAnswers<HandedOut, Asked> {
  /** What was handed out from memory, in the order of the keys; {@link unreadable} for a key that was asked for. */
  readonly held: readonly (HandedOut | typeof unreadable)[]
  readonly asked: ReadonlyMap<string, Asked>
}

/**
 * Hands out what memory has of many keys, and asks for all others. A copy that is dropped while others are asked for is
 * asked for as well.
 */
export async function lookUpMany<HandedOut, Asked>(
  near: Near,
  keys: readonly string[],
  { find, handOut, ask }: ManyLookUp<HandedOut, Asked>,
): Promise<ManyAnswers<HandedOut, Asked>> {
  const copies = keys.map(find)
  const missing = keys.filter((_, index) => copies[index] === undefined)
  const first = missing.length === 0 ? [] : await ask(missing)
  const isServed = (copy: Held): boolean => missing.length === 0 || near.isServed(copy)
  const held = await mapAll(copies, (copy) => (copy !== undefined && isServed(copy) ? handOut(copy) : unreadable))
  const dropped = keys.filter((_, index) => copies[index] !== undefined && held[index] === unreadable)
  const second = dropped.length === 0 ? [] : await ask(dropped)
  return { held, asked: new Map([...first, ...second]) }
}

/** The freshness of a copy that is to be loaded anew in the background; `undefined` for any other. */
export function dueFreshness(
  { loads, time }: OperationContext,
  { key, freshness }: Held,
  policy: LoadPolicy,
): Freshness | undefined {
  if (freshness === undefined || freshness.until === 0) return undefined
  const now = time.nowForReads(key)
  return now !== undefined && loads.isDue(key, freshness, now, policy) ? freshness : undefined
}

/**
 * Resolves when copies may be looked at; many may have waited for the same turn of the loop. Where nothing has to be
 * waited for, a read is handed over at once, so that it keeps its place among other calls of its key.
 */
export async function turned(near: Near): Promise<void> {
  for (let turn = near.ready(); turn !== undefined; turn = near.ready()) await turn
}
