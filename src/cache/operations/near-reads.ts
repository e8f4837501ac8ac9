import type { Freshness } from '../../codec/frame.js'
import type { Key } from '../../keys/key-maker.js'
import { mapAll } from '../../promises.js'
import { isOfAnotherType } from '../checked-reply.js'
import { notReached, type Held, type Near } from '../near/reads.js'
import type { Seen } from '../near/seen.js'
import type { none, Operation } from '../operation.js'
import type { GetOptions, TaggedReadOptions } from '../options.js'
import type { OperationContext } from './context.js'

/** What may answer a call from memory; `undefined` where it has to ask a server. */
export function nearFor(
  { near: held }: OperationContext,
  { near, readFrom, stale }: Pick<GetOptions, 'near' | 'readFrom' | 'stale'>,
): Near | undefined {
  return near === false || readFrom !== undefined || stale === true ? undefined : held
}

/** Says of a copy that its value cannot be read, or does not fit any more. */
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
    if (value !== unreadable) return value as T | undefined
  }
  try {
    const question = context.questionOf(options)
    const seen = await near.read(made, question, named)
    return seen && (await context.reader.valueIn<T>(operation, options, seen.entry, made, question))
  } catch (error) {
    return isOfAnotherType(error) ? undefined : context.failSafe.of(options).answer(operation, error)
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
  const copies = keys.map(([, made]) => near.find(made))
  const failSafe = context.failSafe.of(options)
  const spares = failSafe.enabled ? (error: unknown): boolean => failSafe.spares(operation, error) : undefined
  const ask = async (made: readonly string[]): Promise<readonly (readonly [key: string, seen: OneOfMany])[]> => {
    if (made.length === 0) return []
    const seen = await context.orAnswer(operation, options, near.readMany(made, question, { named, spares }))
    return made.map((key, index) => [key, seen[index]] as const)
  }
  const keysWith = (sought: unknown, of: readonly unknown[]): readonly string[] =>
    keys.filter((_, index) => of[index] === sought).map(([, made]) => made)
  const missing = keysWith(undefined, copies)
  const first = await ask(missing)
  // What was dropped while the others were asked for is asked for as well.
  const isServed = (copy: Held): boolean => missing.length === 0 || near.isServed(copy)
  const held = await mapAll(copies, (copy) => copy && (isServed(copy) ? valueOf(near, copy) : unreadable))
  const seen = new Map([...first, ...(await ask(keysWith(unreadable, held)))])
  const values = await mapAll(keys, ([, made], index) => {
    if (copies[index] !== undefined && held[index] !== unreadable) return held[index] as T | undefined
    const one = seen.get(made)
    return one === undefined || one === notReached
      ? undefined
      : context.reader.valueIn<T>(operation, options, one.entry, made, question)
  })
  return new Map(keys.flatMap(([asked], index) => (values[index] === undefined ? [] : [[asked, values[index] as T]])))
}

/** What a read of many keys brings of one of them. */
type OneOfMany = Seen | undefined | typeof notReached

/**
 * As {@link valueOf}, for a call that loads what is missing; `due` is told when it is to be loaded anew in the
 * background.
 */
export function valueOfCopy(
  { loads, time }: OperationContext,
  near: Near,
  copy: Held,
  policy: Parameters<OperationContext['loads']['isDue']>[3],
  due: (freshness: Freshness) => void,
): unknown {
  const { freshness } = copy
  const now = freshness === undefined || freshness.until === 0 ? undefined : time.nowForReads(copy.key)
  if (freshness !== undefined && now !== undefined && loads.isDue(copy.key, freshness, now, policy)) due(freshness)
  return valueOf(near, copy)
}

/**
 * Resolves when copies may be looked at; many may have waited for the same turn of the loop. Where nothing has to be
 * waited for, a read is handed over at once, so that it keeps its place among other calls of its key.
 */
export async function turned(near: Near): Promise<void> {
  for (let turn = near.ready(); turn !== undefined; turn = near.ready()) await turn
}
