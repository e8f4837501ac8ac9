import type { Freshness } from '../../codec/frame.js'
import type { Key } from '../../keys/key-maker.js'
import { mapAll } from '../../promises.js'
import { isOfAnotherType } from '../checked-reply.js'
import { notReached, type Held, type Near } from '../near/reads.js'
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

/** Reads one value from memory, or from a server and holds it. */
export async function getNear<T>(
  context: OperationContext,
  near: Near,
  operation: Operation<undefined>,
  made: string,
  options: GetOptions,
): Promise<T | undefined> {
  options.signal?.throwIfAborted()
  const named = context.tagsOf(operation, options)
  if (near.ready() !== undefined) await turned(near)
  const copy = near.find(made)
  if (copy !== undefined) return copy.read() as T | undefined
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
  const unknown = keys.filter((_, index) => copies[index] === undefined).map(([, made]) => made)
  const failSafe = context.failSafe.of(options)
  const spares = failSafe.enabled ? (error: unknown): boolean => failSafe.spares(operation, error) : undefined
  const reading = unknown.length === 0 ? [] : near.readMany(unknown, question, { named, spares })
  const seen = await context.orAnswer(operation, options, Promise.resolve(reading))
  let at = 0
  const values = await mapAll(keys, ([, made], index) => {
    const copy = copies[index]
    if (copy !== undefined) return copy.read() as T | undefined
    const one = seen[at++]
    return one === undefined || one === notReached
      ? undefined
      : context.reader.valueIn<T>(operation, options, one.entry, made, question)
  })
  return new Map(keys.flatMap(([asked], index) => (values[index] === undefined ? [] : [[asked, values[index] as T]])))
}

/**
 * The value of a copy for a call that loads what is missing; `due` is told when it is to be loaded anew in the
 * background.
 */
export function valueOfCopy(
  { loads, time }: OperationContext,
  copy: Held,
  policy: Parameters<OperationContext['loads']['isDue']>[3],
  due: (freshness: Freshness) => void,
): unknown {
  const { freshness } = copy
  const now = freshness === undefined || freshness.until === 0 ? undefined : time.nowForReads(copy.key)
  if (freshness !== undefined && now !== undefined && loads.isDue(copy.key, freshness, now, policy)) due(freshness)
  return copy.read()
}

/**
 * Resolves when copies may be looked at; many may have waited for the same turn of the loop. Where nothing has to be
 * waited for, a read is handed over at once, so that it keeps its place among other calls of its key.
 */
export async function turned(near: Near): Promise<void> {
  for (let turn = near.ready(); turn !== undefined; turn = near.ready()) await turn
}
