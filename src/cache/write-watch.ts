import type { Request } from '../clients/command.js'
import { toText } from '../codec/value.js'

/** Hears of writes of this process before they are handed to the client. */
export interface WriteListener {
  /** Is told that these keys are about to be written. */
  onWrite(keys: readonly string[]): void
  /** Is told that every key may be about to be written for which `affects` is true. */
  onWriteWhere(affects: (key: string) => boolean): void
  /** Is told that these tags were invalidated. */
  onInvalidation(tags: readonly string[]): void
}

/**
 * Tells listeners what the calls of a cache are about to write. Costs nothing while nobody listens. It listens itself, so
 * that it can be told of the writes of others.
 */
export class WriteWatch implements WriteListener {
  readonly #listeners = new Set<WriteListener>()

  add(listener: WriteListener): void {
    this.#listeners.add(listener)
  }

  remove(listener: WriteListener): void {
    this.#listeners.delete(listener)
  }

  /** Tells what a call is about to write, just before the client gets the call: the order per key is the client's. */
  note(call: Request): void {
    if (this.#listeners.size > 0 && call.intent === 'write') noteWrite(call, this)
  }

  /** Tells that these keys are about to be written. */
  onWrite(keys: readonly string[]): void {
    for (const listener of this.#listeners) listener.onWrite(keys)
  }

  /** Tells that every key may be about to be written for which `affects` is true. */
  onWriteWhere(affects: (key: string) => boolean): void {
    for (const listener of this.#listeners) listener.onWriteWhere(affects)
  }

  /** Tells that tags were invalidated: what was loaded before is not for callers that come now. */
  onInvalidation(tags: readonly string[]): void {
    for (const listener of this.#listeners) listener.onInvalidation(tags)
  }
}

/** Tells a listener which keys a call may write. */
export function noteWrite(
  { keys, args }: Pick<Request, 'keys' | 'args'>,
  listener: Pick<WriteListener, 'onWrite' | 'onWriteWhere'>,
): void {
  if (keys.length === 0) listener.onWriteWhere(affectedBy(args))
  else listener.onWrite(keys)
}

/**
 * The keys that a command without known keys may write: all of them for one that empties a database, else those that
 * stand among its arguments. What a script makes up by itself is not seen.
 */
function affectedBy(args: Request['args']): (key: string) => boolean {
  const words = new Set(args.map(toText))
  return emptying.has(toText(args[0] ?? '').toUpperCase()) ? () => true : (key) => words.has(key)
}

const emptying: ReadonlySet<string> = new Set(['FLUSHDB', 'FLUSHALL', 'SWAPDB'])
