import type { Call, Value } from '../clients/command.js'
import type { Answer } from '../clients/commands/answer.js'
import { mapped, type Decode } from '../clients/commands/build.js'
import { incrementExisting, incrementFor, rename } from '../clients/commands/counters.js'
import * as framed from '../clients/commands/entries.js'
import { pttl } from '../clients/commands/expiry.js'
import * as herd from '../clients/commands/herd-entries.js'
import { exists, getdel, set, unlink } from '../clients/commands/strings.js'
import type { Milliseconds } from '../units.js'

/**
 * Commands on the entries of a cache. Where the server keeps values past their ttl, an entry is absent then: for a cache
 * of frames the frame says when, for a herd cache in Django's format what is left of its expiry.
 */
export interface EntryCommands {
  /** How many of these keys have an entry. */
  count(keys: readonly string[]): Call<Answer<number>>
  /** What is left of the ttl, in ms; `null`: no ttl; `undefined`: no such entry. */
  left(key: string): Call<Answer<Milliseconds | null | undefined>>
  /** Writes a value that the server keeps for `ttl`; whether the condition allowed it. */
  setIf(key: string, value: Value, condition: WriteCondition): Call<Answer<boolean>>
  /** Deletes a key; whether it had an entry. */
  remove(key: string): Call<Answer<boolean>>
  /** Reads an entry and deletes its key, in one step; `undefined` when there is none. */
  pull(key: string, decode: Decode): Call<Value | undefined>
  /** Gives an entry another key, which is overwritten; false, or an error, when there is none. */
  rename(from: string, to: string): Call<Answer<boolean>>
  /** Adds to a number; `undefined` when there is none. With `created` one is made, which is kept for that ttl. */
  increment(
    key: string,
    delta: number | bigint,
    created?: { readonly ttl: Milliseconds | undefined },
  ): Call<Answer<number | bigint | undefined>>
}

/** Only when there is no entry (`NX`), or only when there is one (`XX`). */
export interface WriteCondition {
  /** How long the server keeps the value, in ms; `undefined`: for ever. */
  readonly ttl: Milliseconds | undefined
  readonly only: 'NX' | 'XX'
}

/** Of a cache whose values are gone when their ttl is over. */
export const plainEntries: EntryCommands = {
  count: exists,
  left: pttl,
  setIf: set,
  remove: (key) => mapped(unlink([key]), (removed) => removed > 0),
  pull: getdel,
  rename: (from, to) => mapped(rename(from, to), () => true),
  increment: (key, delta, created) =>
    created?.ttl === undefined ? incrementExisting(key, delta) : incrementFor(key, delta, created.ttl),
}

export const framedEntries: EntryCommands = {
  count: framed.countEntries,
  left: framed.entryLeft,
  setIf: (key, value, { ttl: kept, only }) => framed.setEntry(key, value, { kept, only }),
  remove: (key) => framed.expireEntry(key, ['in', 0]),
  pull: framed.pullEntry,
  rename: (from, to) => framed.renameEntry(from, to),
  increment: (key, delta, created) => framed.incrementEntry(key, delta, created),
}

/** Of a herd cache in Django's format. */
export function herdEntries(herdTimeout: Milliseconds): EntryCommands {
  return {
    count: (keys) => herd.countHerdEntries(herdTimeout, keys),
    left: (key) => herd.herdEntryLeft(herdTimeout, key),
    setIf: (key, value, { ttl: kept, only }) => herd.setHerdEntry(herdTimeout, key, value, { kept, only }),
    remove: (key) => herd.removeHerdEntry(herdTimeout, key),
    pull: (key, decode) => herd.pullHerdEntry(herdTimeout, key, decode),
    rename: (from, to) => herd.renameHerdEntry(herdTimeout, from, to),
    increment: (key, delta, created) => herd.incrementHerdEntry(herdTimeout, key, delta, created),
  }
}
