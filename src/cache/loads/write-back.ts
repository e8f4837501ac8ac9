import type { Call } from '../../clients/command.js'
import { removeEntry, replaceEntry, replaceValue } from '../../clients/commands/loads.js'
import { set, unlinkNow } from '../../clients/commands/strings.js'
import type { Codec } from '../../codec/codec.js'
import type { Freshness } from '../../codec/frame.js'
import type { Value } from '../../codec/value.js'
import type { Milliseconds } from '../../units.js'
import { freshnessOf, keptFor, type Lifetime } from '../freshness.js'
import { hasFreshness, type LoadPolicy } from '../load-policy.js'
import { noOptions } from '../options.js'
import type { LoadTags } from '../tags/load-tags.js'
import { taggedLifetime, taggingOf } from '../tags/tagged.js'
import type { ServerTime } from '../server-time.js'
import type { LazyAbort } from './lazy-abort.js'
import { LoadStamp } from './load-stamp.js'
import { freshnessIn, heldIn, outcomeOf, untouched, type Outcome, type Replaces, type Said } from './outcome.js'

/** What the value of one load is written back with. */
export interface WriteBackParts {
  readonly key: string
  /** Runs the write; it must not be taken for one that detaches its own load. */
  readonly execute: (call: Call<unknown>, aborting: LazyAbort) => Promise<unknown>
  /** Whether it runs one write only, for the right to write ends with that. */
  readonly guarded: boolean
  readonly codec: Codec
  readonly time: ServerTime
  readonly policy: LoadPolicy
  readonly ttl: Milliseconds | undefined
  readonly replaces: Replaces
  /** Whether the key is deleted and its server does not know yet: then nothing is written. */
  readonly isDeleted: (key: string) => boolean
  /** `undefined` where there are no tags. */
  readonly tags: LoadTags | undefined
  /** Told why the server's time is not known, without which the value is not kept; throws what is no outage. */
  readonly onOutage: (error: unknown) => void
  /** Told why there is no stamp for a value that only its loader may tag. */
  readonly onNoStamp: (error: unknown) => void
}

/** How the value of one load gets to the server. */
export class WriteBack {
  readonly #parts: WriteBackParts
  readonly stamp: LoadStamp
  #replaces: Replaces
  #outcome: Outcome = untouched
  #freshness: Freshness | undefined
  #encoded: Value | undefined
  /** An older load of the key, whose value may be replaced too. */
  #older: WriteBack | undefined
  /** Whether the value was written; `undefined` when that is not known. */
  #written: Promise<boolean | undefined> = Promise.resolve(false)

  constructor(parts: WriteBackParts) {
    this.#parts = parts
    this.#replaces = parts.replaces
    this.stamp = new LoadStamp(parts.tags)
  }

  /** Whether there is something to write, once a value is encoded. */
  get isNeeded(): boolean {
    const { key, isDeleted } = this.#parts
    return this.#outcome.entry !== 'untouched' && !isDeleted(key)
  }

  /** Learns what has to be known before the loader begins; `undefined` where there is nothing to wait for. */
  prepare(): Promise<void> | undefined {
    const { tags } = this.stamp
    return tags !== undefined && this.#replaces !== undefined ? this.#prepare(tags) : undefined
  }

  /** Encodes what a loader gave, also what is not kept: each caller gets an object of its own of it. */
  async encode(value: unknown, said: Said): Promise<Value | undefined> {
    const { key, codec, policy, ttl, tags } = this.#parts
    const replaces = this.#older === undefined ? this.#replaces : 'anything'
    const outcome = outcomeOf(value, { said, ttl, replaces, policy, random: Math.random() })
    this.#outcome = this.stamp.isInvalid(said.tags) ? untouched : outcome
    const tagging = taggingOf(tags?.given ?? [], said.tags ?? [], this.stamp.number)
    if (tagging !== undefined && 'lifetime' in this.#outcome)
      this.#outcome = { ...this.#outcome, lifetime: taggedLifetime(this.#outcome.lifetime) }
    if ('lifetime' in this.#outcome && codec.framed && (tagging !== undefined || hasFreshness(policy)))
      this.#freshness = await this.#freshnessOf(this.#outcome.lifetime)
    if (value !== undefined)
      this.#encoded = await codec.encode(value, key, undefined, this.#freshness ?? this.#ttl(), tagging)
    else if (this.#outcome.entry === 'absence' && this.#freshness !== undefined)
      this.#encoded = codec.encodeAbsence(key, this.#freshness, tagging)
    return value === undefined ? undefined : this.#encoded
  }

  /** For a tuple of a herd cache, which goes by this host's clock. */
  #ttl(): Freshness | undefined {
    const tuples = this.#parts.codec.repack !== undefined
    return tuples && 'lifetime' in this.#outcome ? freshnessOf(this.#outcome.lifetime, 0) : undefined
  }

  /** Writes what was encoded. What was not sent yet is withdrawn when that is aborted. */
  async write(aborting: LazyAbort): Promise<void> {
    const { execute } = this.#parts
    const older = this.#older
    const running = older === undefined ? execute(this.#call(), aborting) : this.#writeBehind(older, aborting)
    const unsure = this.#parts.guarded ? false : undefined
    this.#written = running.then((reply) => reply === true).catch(() => unsure)
    await running
  }

  /** Says what has been found under the key since the load was asked for. */
  seen(replaces: Replaces): void {
    this.#replaces = replaces
  }

  /** Lets this one replace what an older load of the same key is about to write, and nothing that others write instead. */
  follow(older: WriteBack): void {
    if (this.#replaces !== undefined && this.#replaces !== 'anything' && older.#encoded !== undefined)
      this.#older = older
  }

  /**
   * Whether the older value was written has to be known first. A write of the key meanwhile withdraws this one. Where the
   * older write has failed, its value may be there, or that of the load which it has followed itself, or neither.
   */
  async #writeBehind(older: WriteBack, aborting: LazyAbort): Promise<unknown> {
    const { key, execute } = this.#parts
    const isThere = await older.#written
    if (aborting.reason !== undefined) throw aborting.reason
    if (isThere !== false && older.#encoded !== undefined) {
      const reply = await execute(replaceValue(key, older.#encoded, this.#encoded, this.#kept), aborting)
      if (isThere === true || reply === true) return reply
      if (older.#older !== undefined) return this.#writeBehind(older.#older, aborting)
    }
    const hasNothingToRemove = this.#encoded === undefined && typeof this.#replaces !== 'object'
    return hasNothingToRemove ? false : execute(this.#call(), aborting)
  }

  /** How long the server keeps the value, in ms; `undefined`: for ever. */
  get #kept(): Milliseconds | undefined {
    return 'lifetime' in this.#outcome ? keptFor(this.#outcome.lifetime) : undefined
  }

  /** In an outage the value has no stamp; where only the loader may tag it, for whatever reason the number is not known. */
  async #prepare(tags: LoadTags): Promise<void> {
    try {
      await this.stamp.read(tags)
    } catch (error) {
      if (tags.given.length > 0) this.#parts.onOutage(error)
      else this.#parts.onNoStamp(error)
    }
  }

  /** `undefined` when the server's time cannot be learned: then nothing is kept. */
  async #freshnessOf(lifetime: Lifetime): Promise<Freshness | undefined> {
    const { key, time, onOutage } = this.#parts
    try {
      return freshnessOf(lifetime, time.now(key) ?? (await time.ask(key, noOptions)))
    } catch (error) {
      this.#outcome = untouched
      onOutage(error)
      return undefined
    }
  }

  #call(): Call<unknown> {
    const { key } = this.#parts
    const encoded = this.#encoded
    return encoded !== undefined && 'lifetime' in this.#outcome
      ? writing(key, encoded, this.#kept, this.#replaces)
      : removing(key, this.#replaces)
  }
}

/** What somebody wrote meanwhile is newer than what was found, or as new, and is not written over. */
function writing(key: string, value: Value, ttl: Milliseconds | undefined, replaces: Replaces): Call<unknown> {
  const [seen, held] = [freshnessIn(replaces), heldIn(replaces)]
  if (seen !== undefined) return replaceEntry(key, seen, value, ttl)
  if (held !== undefined && isExact(held)) return replaceValue(key, held, value, ttl)
  return set(key, value, { ttl, only: replaces === 'nothing' ? 'NX' : undefined })
}

function removing(key: string, replaces: Replaces): Call<unknown> {
  const [seen, held] = [freshnessIn(replaces), heldIn(replaces)]
  if (seen !== undefined) return removeEntry(key, seen)
  return held === undefined ? unlinkNow([key]) : replaceValue(key, held, undefined, undefined)
}

/** Whether a value is what the server has; text that was no UTF-8 is not, and is written over whatever is there by now. */
function isExact(held: Value): boolean {
  return typeof held !== 'string' || !held.includes('\ufffd')
}
