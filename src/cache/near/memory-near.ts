import type { Client, LocalEntry } from '../../clients/client.js'
import { get } from '../../clients/commands/strings.js'
import type { Codec } from '../../codec/codec.js'
import type { FrameFields } from '../../codec/frame.js'
import type { Value } from '../../codec/value.js'
import type { Key, KeyMaker } from '../../keys/key-maker.js'
import { mapAll } from '../../promises.js'
import type { Milliseconds } from '../../units.js'
import { isOfAnotherType } from '../checked-reply.js'
import type { ClientRunner } from '../client-runner.js'
import { none } from '../operation.js'
import type { LoadPolicy } from '../load-policy.js'
import type { ServerTime } from '../server-time.js'
import type { TagNumbers, TagQuestion } from '../tags/tag-numbers.js'
import { Copy } from './copy.js'
import { servedUntil } from './lifetime.js'
import type { MemoryCopies } from './memory-copies.js'
import type { CloneMode } from './options.js'
import type { Held, ManyQuestion, Near } from './reads.js'
import { handedOut, seenOf, type Seen } from './seen.js'

/** What the decoded values of a cache of `memory://` are held with. */
export interface MemoryNearParts {
  readonly client: Client
  readonly runner: ClientRunner
  readonly keys: KeyMaker
  readonly codec: Codec
  readonly time: ServerTime
  readonly tags: TagNumbers
  readonly policy: Pick<LoadPolicy, 'herdTimeout'>
  readonly clone: CloneMode
  readonly copies: MemoryCopies
}

/**
 * Holds beside each entry of `memory://` what it was decoded to, for as long as the entry is there: an entry never
 * changes, so nothing has to be announced, and nothing can be too old.
 */
export class MemoryNear implements Near {
  readonly #parts: MemoryNearParts

  constructor(parts: MemoryNearParts) {
    this.#parts = parts
  }

  findOwn(key: Key): Copy | undefined {
    return this.find(this.#parts.keys.make(key))
  }

  find(made: string): Copy | undefined {
    const { client, runner, copies, codec } = this.#parts
    if (runner.waits(made)) return undefined
    const copy = copies.find(made, client.peek?.(made), codec)
    return copy !== undefined && this.#isInTime(copy) ? copy : undefined
  }

  findValue(made: string): Copy | undefined {
    return this.find(made)
  }

  isServed(copy: Held): boolean {
    return this.find(copy.key) === copy
  }

  drop(made: string): void {
    this.#parts.copies.drop(made)
  }

  ready(): undefined {
    return undefined
  }

  async read(made: string, question: TagQuestion, named: readonly string[] = none): Promise<Seen | undefined> {
    const { client, runner, codec, tags } = this.#parts
    if (named.length > 0) await tags.learn(named, question)
    const entry = client.peek?.(made)
    const stored = await runner.run(get(made, codec.reads), question.options)
    if (stored === undefined) return undefined
    // What was written meanwhile is another entry.
    return this.#seen(made, stored, entry === client.peek?.(made) ? entry : undefined)
  }

  async readMany(
    made: readonly string[],
    question: TagQuestion,
    { named }: ManyQuestion = {},
  ): Promise<readonly (Seen | undefined)[]> {
    return mapAll(made, (key) => this.read(key, question, named).catch(absentIfOfAnotherType))
  }

  given<T>(value: T): T {
    return handedOut(value, this.#parts.clone)
  }

  #seen(key: string, stored: Value, entry: LocalEntry | undefined): Seen | Promise<Seen> {
    const { codec, clone, copies } = this.#parts
    return seenOf({ codec, clone }, key, stored, (fields) => {
      const until = entry && this.#until(key, entry, fields)
      // What its tags come to has to be looked at each time, as on a server.
      if (entry === undefined || until === undefined || fields.tagField !== undefined) return undefined
      return (value) => {
        const copy = new Copy({ codec, clone, key, source: undefined, until, stored, fields, value })
        copies.keep(entry, copy)
        return copy
      }
    })
  }

  /** By the clock that judges its entry: by another one it could end a ms later. */
  #isInTime({ key, until }: Copy): boolean {
    return until === Infinity || (this.#parts.time.nowForReads(key) ?? Infinity) < until
  }

  /** An entry ends by itself, but for what is past its ttl and served all the same. */
  #until(key: string, { expiresAt }: LocalEntry, { freshness }: FrameFields): Milliseconds | undefined {
    const { time, policy } = this.#parts
    const now = time.nowForReads(key)
    if (now === undefined) return undefined
    const left = expiresAt === undefined ? -1 : expiresAt - now
    const herdTimeout = policy.herdTimeout ?? 0
    return servedUntil({
      asked: now,
      left,
      exists: true,
      freshness,
      serverNow: now,
      now,
      herdTimeout,
      longest: Infinity,
    })
  }
}

function absentIfOfAnotherType(error: unknown): undefined {
  if (!isOfAnotherType(error)) throw error
}
