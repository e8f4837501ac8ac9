import type { Client, ReplySource, ReplySources } from '../../clients/client.js'
import type { Call } from '../../clients/command.js'
import { pttl } from '../../clients/commands/expiry.js'
import { get, unreached } from '../../clients/commands/strings.js'
import { optional } from '../../clients/commands/replies.js'
import { caching } from '../../clients/commands/tracking.js'
import type { Codec } from '../../codec/codec.js'
import { noFields, tagsOfFrame, type FrameFields } from '../../codec/frame.js'
import { toBytes, type Value } from '../../codec/value.js'
import { ErrorReply, type Reply } from '../../connection/connection.js'
import type { CacheError } from '../../errors.js'
import type { Key } from '../../keys/key-maker.js'
import { mapAll } from '../../promises.js'
import { monotonicClock, type Milliseconds } from '../../units.js'
import { errorOf, isOfAnotherType } from '../checked-reply.js'
import type { ClientRunner } from '../client-runner.js'
import type { LoadPolicy } from '../load-policy.js'
import type { TagNumbers, TagQuestion } from '../tags/tag-numbers.js'
import type { ServerTime } from '../server-time.js'
import { none } from '../operation.js'
import { noOptions } from '../options.js'
import { Copy } from './copy.js'
import { servedUntil } from './lifetime.js'
import { LoopTurn } from './loop-turn.js'
import type { Held, ManyQuestion, Near } from './reads.js'
import { TagReadsInFlight } from './tag-reads-in-flight.js'
import { handedOut, seenOf, type Handing, type Hold, type Seen } from './seen.js'
import type { NearStore } from './near-store.js'
import type { ReadInFlight } from './reads-in-flight.js'

/** What a near cache works with. */
export interface NearParts {
  readonly store: NearStore
  readonly client: Client
  readonly runner: ClientRunner
  readonly codec: Codec
  readonly time: ServerTime
  readonly tags: TagNumbers
  readonly policy: Pick<LoadPolicy, 'herdTimeout'>
  /** Whether a key is deleted and its server does not know yet: a read finds it missing, and nothing is held of that. */
  readonly isDeleted: (key: string) => boolean
}

/** Answers reads of one cache from memory, and holds what servers say. */
export class ServerNear implements Near {
  readonly #parts: NearParts
  readonly #store: NearStore
  readonly #handing: Handing
  readonly #runner: ClientRunner
  readonly #turn = new LoopTurn()
  /** Reads of one key that others may join. */
  readonly #running = new Map<string, Shared>()

  constructor(parts: NearParts) {
    this.#parts = parts
    this.#store = parts.store
    this.#handing = { codec: parts.codec, clone: parts.store.limits.clone }
    this.#runner = parts.runner
  }

  /** Hot path (`bench/suites/near.mjs`). */
  findOwn(key: Key): Copy | undefined {
    if (typeof key !== 'string' || this.#runner.busy) return undefined
    const now = this.#turn.now()
    return now === undefined ? undefined : this.#store.findOwn(key, this.#handing.codec, now)
  }

  find(made: string): Copy | undefined {
    return this.#runner.waits(made) ? undefined : this.#store.find(made, this.#handing.codec, this.#turn.time())
  }

  findValue(made: string): Copy | undefined {
    return this.#runner.waits(made) ? undefined : this.#store.findValue(made, this.#handing.codec, this.#turn.time())
  }

  isServed(copy: Held): boolean {
    return copy instanceof Copy && this.#store.holds(copy, this.#turn.time())
  }

  drop(made: string): void {
    this.#store.onWrite([made])
  }

  ready(): Promise<void> | undefined {
    return this.#turn.now() === undefined ? this.#turn.next() : undefined
  }

  /** Who asks for a key that is being read, and to which nothing has happened since, gets what that read brings. */
  read(made: string, question: TagQuestion, named: readonly string[] = none): Promise<Seen | undefined> {
    const isAlone = named.length > 0 || question.options !== noOptions || this.#runner.waits(made)
    if (isAlone) return this.#readOne(made, question, named)
    const running = this.#running.get(made)
    if (running !== undefined && running.read.valid) return running.seen
    return this.#share(made, question)
  }

  #share(made: string, question: TagQuestion): Promise<Seen | undefined> {
    const read = this.#store.watch(made)
    const seen = this.#readOne(made, question, none)
    const shared = { read, seen }
    this.#running.set(made, shared)
    const over = (): void => {
      this.#store.end(read)
      if (this.#running.get(made) === shared) this.#running.delete(made)
    }
    seen.then(over, over)
    return seen
  }

  async #readOne(made: string, question: TagQuestion, named: readonly string[]): Promise<Seen | undefined> {
    const refused = (error: CacheError): never => {
      throw error
    }
    const [seen] = await this.#ask([made], { question, named, refused })
    return seen
  }

  readMany(
    made: readonly string[],
    question: TagQuestion,
    { named, spares = never }: ManyQuestion = {},
  ): Promise<readonly (Seen | undefined | typeof unreached)[]> {
    const refused = (error: CacheError): undefined | typeof unreached => {
      if (isOfAnotherType(error)) return undefined
      if (spares(error)) return unreached
      throw error
    }
    return this.#ask(made, { question, named, refused })
  }

  given<T>(value: T): T {
    return handedOut(value, this.#handing.clone)
  }

  /** Asks servers for what is not known to be deleted. */
  async #ask<Refused>(
    made: readonly string[],
    asking: Asking<Refused>,
  ): Promise<readonly (Seen | undefined | Refused)[]> {
    const asked = made.filter((key) => !this.#parts.isDeleted(key))
    if (asked.length === made.length) return this.#askServers(made, asking)
    const seen = new Map((await this.#askServers(asked, asking)).map((one, index) => [asked[index], one]))
    return made.map((key) => seen.get(key))
  }

  async #askServers<Refused>(
    made: readonly string[],
    { question, named = [], refused }: Asking<Refused>,
  ): Promise<readonly (Seen | undefined | Refused)[]> {
    const asked = monotonicClock.now()
    const reads = made.map((key) => this.#store.begin(key))
    const tagReads = new TagReadsInFlight(this.#store, this.#parts.tags, question)
    try {
      const calls = made.map((key) => this.#callsFor(key))
      const sources: ReplySources = new Map()
      const [replies] = await Promise.all([
        this.#runner.runMany(calls.flat(), { ...question.options, sources }, calls[0]?.length),
        tagReads.learn(named),
      ])
      let at = 0
      const answers = calls.map((own): Answer => {
        at += own.length
        const [value, left] = [replies[at - 2] as Reply, replies[at - 1] as Reply]
        return { value, left, asked, source: sourceOf(sources, own) }
      })
      if (this.#handing.codec.framed) await tagReads.learn(answers.flatMap(({ value }) => tagsIn(value)))
      return await mapAll(reads, (read, index) => this.#take(read, answers[index] as Answer, tagReads, refused))
    } finally {
      for (const read of reads) this.#store.end(read)
      tagReads.end()
    }
  }

  /** The calls that tell a key's value and what is left of its ttl, which come last. */
  #callsFor(key: string): readonly Call<unknown>[] {
    const calls = [get(key, this.#handing.codec.reads), pttl(key)]
    return this.#store.limits.mode === 'opt-in' ? [caching(key), ...calls] : calls
  }

  #take<Refused>(
    read: ReadInFlight,
    answer: Answer,
    tagReads: TagReadsInFlight,
    refused: (error: CacheError) => Refused,
  ): Seen | undefined | Refused | Promise<Seen | undefined> {
    const { value: raw } = answer
    if (raw instanceof ErrorReply) return refused(errorOf(this.#parts.client, 'GET', raw))
    const stored = optional(raw)
    if (stored !== undefined)
      return seenOf(this.#handing, read.key, stored, (fields) => this.#holdOf(read, answer, tagReads, fields, stored))
    this.#holdOf(read, answer, tagReads, noFields)?.(undefined)
    return undefined
  }

  /** How the answer to a read is held; `undefined` where it must not be. */
  #holdOf(
    read: ReadInFlight,
    { source, asked, left }: Answer,
    tagReads: TagReadsInFlight,
    fields: FrameFields,
    stored?: Value,
  ): Hold | undefined {
    const { time, policy } = this.#parts
    const { limits } = this.#store
    const tagged = tagReads.of(read.key, fields)
    if (!read.valid || source === undefined || tagged === undefined || typeof left !== 'number') return undefined
    if (tagged.keys.length > 0 && limits.mode === 'opt-in') return undefined
    const now = monotonicClock.now()
    const until = servedUntil({
      asked,
      left,
      exists: stored !== undefined,
      freshness: tagged.freshness,
      serverNow: time.nowForReads(read.key),
      now,
      herdTimeout: policy.herdTimeout ?? 0,
      longest: limits.longest,
    })
    if (until === undefined) return undefined
    return (value) => {
      const parts = { ...this.#handing, key: read.key, source, until, stored, fields, value }
      const copy = new Copy({ ...parts, tagKeys: tagged.keys })
      // A tag may have changed while the value was being decoded.
      if (tagReads.of(read.key, fields) !== undefined) this.#store.keep(read, copy)
      return copy
    }
  }
}

/** A read that others may join. */
interface Shared {
  /** Says whether something has happened to the key. */
  readonly read: ReadInFlight
  readonly seen: Promise<Seen | undefined>
}

/** What is asked of keys. */
interface Asking<Refused> {
  readonly question: TagQuestion
  readonly named: readonly string[] | undefined
  /** What a key is answered whose command was refused; may throw the error. */
  readonly refused: (error: CacheError) => Refused
}

/** What a server says of a key. */
interface Answer {
  /** The replies to GET and to PTTL. */
  readonly value: Reply
  readonly left: Reply
  /** When it was asked, on the monotonic clock, in ms. */
  readonly asked: Milliseconds
  /** The connection that gave all replies; `undefined`: it is not known, or they came from several. */
  readonly source: ReplySource | undefined
}

function sourceOf(sources: ReplySources, question: readonly Call<unknown>[]): ReplySource | undefined {
  const [first, ...others] = question.map((call) => sources.get(call))
  const alike = others.every((one) => one?.address === first?.address && one?.generation === first?.generation)
  return alike ? first : undefined
}

/** The tags of a stored value. What cannot be read is told when its value is asked for. */
function tagsIn(raw: Reply): readonly string[] {
  const stored = optional(raw)
  return stored === undefined ? [] : tagsOfFrame(toBytes(stored))
}

function never(): boolean {
  return false
}
