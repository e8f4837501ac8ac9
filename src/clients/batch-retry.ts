import type { Reply } from '../connection/connection.js'
import type { Call } from './command.js'

/**
 * Which calls of a batch go again after some were refused, in their order. Pure.
 * A refused write goes again unless a later write of the batch that shares a key with it has run; a read that stands
 * behind such a write of its key is asked again, for it saw the time before.
 * @param open the indexes that were sent
 * @param isRefused whether a reply says that the call has not run
 */
export function refusedAgain(
  calls: readonly Call<unknown>[],
  replies: readonly Reply[],
  open: readonly number[],
  isRefused: (reply: Reply | undefined) => boolean,
): number[] {
  if (!open.some((index) => isRefused(replies[index]))) return []
  const overtaken = overtakenIn(calls, replies, open, isRefused)
  const waiting = new KeySet()
  return open.filter((index) => {
    const { intent, keys } = calls[index] as Call<unknown>
    const again = isRefused(replies[index]) ? !overtaken.has(index) : intent === 'read' && waiting.touches(keys)
    if (again && intent === 'write') waiting.add(keys)
    return again
  })
}

/** The refused writes that a later one of their keys has overtaken. */
function overtakenIn(
  calls: readonly Call<unknown>[],
  replies: readonly Reply[],
  open: readonly number[],
  isRefused: (reply: Reply | undefined) => boolean,
): ReadonlySet<number> {
  const ran = new KeySet()
  const overtaken = new Set<number>()
  for (const index of open.toReversed()) {
    const { intent, keys } = calls[index] as Call<unknown>
    if (intent === 'read') continue
    if (!isRefused(replies[index])) ran.add(keys)
    else if (ran.touches(keys)) overtaken.add(index)
  }
  return overtaken
}

/** Keys; a call without keys counts as having all. */
class KeySet {
  readonly #keys = new Set<string>()
  #all = false

  add(keys: readonly string[]): void {
    if (keys.length === 0) this.#all = true
    for (const key of keys) this.#keys.add(key)
  }

  touches(keys: readonly string[]): boolean {
    return this.#all || (keys.length === 0 ? this.#keys.size > 0 : keys.some((key) => this.#keys.has(key)))
  }
}
