import type { CallOptions as ClientCallOptions, Client } from '../../clients/client.js'
import type { Call, Value } from '../../clients/command.js'
import { TaggedAnswer, type Answer } from '../../clients/commands/answer.js'
import { split, type Split, type SplitRule } from '../../clients/split.js'
import type { Codec } from '../../codec/codec.js'
import { loopClock } from '../../connection/deadlines.js'
import { mapAll } from '../../promises.js'
import { ConfigurationError, UnsupportedError } from '../../errors.js'
import type { Key, KeyMaker } from '../../keys/key-maker.js'
import { toMilliseconds, type Milliseconds } from '../../units.js'
import { framedEntries, herdEntries, plainEntries, type EntryCommands } from '../entries.js'
import type { CacheTelemetry } from '../../telemetry/cache-telemetry.js'
import type { FailSafe } from '../fail-safe.js'
import { framedOptions, withOptions, type LoadOptions, type LoadPolicy } from '../load-policy.js'
import type { Loads } from '../loads/loads.js'
import type { Near } from '../near/reads.js'
import type { ServerTime } from '../server-time.js'
import { tagsOf } from '../tags/tag-names.js'
import { questionOf, type TagNumbers, type TagQuestion } from '../tags/tag-numbers.js'
import { checkFramed } from '../tags/tagged.js'
import type { WriteWatch } from '../write-watch.js'
import { listOf } from '../input.js'
import { none, type Operation, type rejects } from '../operation.js'
import { noOptions, type CallOptions, type ReadOptions, type TagOptions, type TtlOptions } from '../options.js'
import { leftOf } from '../portions.js'
import { prepare, type Prepared, type Runner } from '../runner.js'
import { resolveTtl } from '../ttl.js'
import { checkOptions } from '../option-table.js'
import { djangoHerd, type DjangoHerd } from './django-herd.js'
import { ValueReader } from './value-reader.js'

/** What a context is made of. */
export interface OperationParts {
  readonly client: Client
  readonly runner: Runner
  readonly keys: KeyMaker
  readonly codec: Codec
  readonly failSafe: FailSafe
  /** The loads of this cache. */
  readonly loads: Loads
  /** Who hears of writes. */
  readonly writes: WriteWatch
  /** How long values are kept by default, in ms; `undefined`: for ever. */
  readonly ttl: Milliseconds | undefined
  /** How values are loaded where a call does not say otherwise. */
  readonly loading: LoadPolicy
  /** What time it is on the servers' clocks. */
  readonly time: ServerTime
  /** What is known of tags. */
  readonly tags: TagNumbers
  /** In a pipeline, its own options, which stand in place of those of its operations, with what is left of its deadline. */
  readonly pipelined?: (() => ClientCallOptions) | undefined
  /** What is held of values in this process; `undefined`: nothing. */
  readonly near: Near | undefined
  /** What the cache tells of itself. */
  readonly telemetry: CacheTelemetry
}

/**
 * What operations have in common: the keys, the codec, the way to the servers, and what becomes of an outage.
 * @internal
 */
export class OperationContext implements OperationParts {
  readonly client: Client
  readonly runner: Runner
  readonly keys: KeyMaker
  readonly codec: Codec
  readonly failSafe: FailSafe
  readonly ttl: Milliseconds | undefined
  readonly loads: Loads
  readonly writes: WriteWatch
  readonly loading: LoadPolicy
  readonly tags: TagNumbers
  readonly time: ServerTime
  readonly pipelined: OperationParts['pipelined']
  readonly near: Near | undefined
  readonly telemetry: CacheTelemetry
  /** In a herd cache of Django's format; `undefined` in any other. */
  readonly herd: DjangoHerd | undefined
  readonly entries: EntryCommands
  /** Reads what is stored. */
  readonly reader: ValueReader

  constructor({
    client,
    runner,
    keys,
    codec,
    failSafe,
    loads,
    writes,
    ttl,
    loading,
    time,
    tags,
    pipelined,
    near,
    telemetry,
  }: OperationParts) {
    this.client = client
    this.pipelined = pipelined
    this.time = time
    this.near = near
    this.telemetry = telemetry
    this.loading = loading
    this.tags = tags
    this.runner = runner
    this.keys = keys
    this.codec = codec
    this.failSafe = failSafe
    this.loads = loads
    this.writes = writes
    this.ttl = ttl
    this.herd = djangoHerd(codec, loading)
    this.entries = codec.framed
      ? framedEntries
      : this.herd === undefined
        ? plainEntries
        : herdEntries(this.herd.timeout)
    this.reader = new ValueReader(this)
  }

  /** Makes the key as the server knows it, of a call whose options are checked first. */
  key(operation: Operation, key: Key, options: Pick<CallOptions, 'version'>): string {
    this.check(operation, options)
    return this.keys.make(key, options.version)
  }

  /** Makes many keys, of a call whose options are checked first. */
  keysOf(operation: Operation, keys: Iterable<Key>, options: Pick<CallOptions, 'version'>): readonly string[] {
    this.check(operation, options)
    return this.keys.makeMany(listOf(keys, 'keys'), options.version)
  }

  /** @throws {ConfigurationError} E_CONFIG at `method().option`, for an option that the method does not take */
  check({ name, takes }: Operation, options: object): void {
    if (options !== noOptions) checkOptions(name, takes, options)
  }

  /** As {@link run}, of what `make` makes; rejects with what it throws. */
  call<Answer, Out>(
    operation: Operation<Answer>,
    options: ReadOptions,
    make: () => Prepared<Call<Out>>,
  ): Promise<Out | Given<Answer>> {
    try {
      return this.run(operation, options, make())
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Runs a call; an outage has the operation's own answer when the call is fail-safe. */
  run<Answer, Out>(
    operation: Operation<Answer>,
    options: ReadOptions,
    call: Prepared<Call<Out>>,
  ): Promise<Out | Given<Answer>> {
    return this.orAnswer(operation, options, this.runner.run(call, forClient(options)))
  }

  /** As {@link run}, of a call in portions. */
  runSplit<Answer, Out>(
    operation: Operation<Answer>,
    options: ReadOptions,
    split: Prepared<Split<Out>>,
  ): Promise<Out | Given<Answer>> {
    return this.orAnswer(operation, options, this.runner.runSplit(split, forClient(options)))
  }

  /** A call of many keys; when it is fail-safe, those of a shard in an outage are absent. */
  sparing<Out>(operation: Operation, options: CallOptions, call: Call<Out>): Call<Out> {
    const failSafe = this.failSafe.of(options)
    return failSafe.enabled ? { ...call, spares: (error) => failSafe.spares(operation, error) } : call
  }

  /** The outcome, or in an outage the operation's own answer when the call is fail-safe. */
  orAnswer<Answer, Out>(
    operation: Operation<Answer>,
    options: CallOptions,
    outcome: Promise<Out>,
  ): Promise<Out | Given<Answer>> {
    const failSafe = this.failSafe.of(options)
    return failSafe.enabled ? outcome.catch((error: unknown) => failSafe.answer(operation, error)) : outcome
  }

  /** As {@link call}, of a command on entries: where its answer depends on their tags, those are asked as well. */
  callEntry<Answered, Out>(
    operation: Operation<Answered>,
    options: ReadOptions,
    make: () => Prepared<Call<Answer<Out>>>,
  ): Promise<Out | Given<Answered>> {
    try {
      const call = make()
      // Hot path: without frames no entry has tags, and a write needs no promise and no clock more (bench/suites/cache-get.mjs).
      if (!this.codec.framed) return this.run(operation, options, call as Prepared<Call<Out>>)
      const limits = forClient(options)
      const left = this.remaining(limits)
      const settled = this.runner
        .run(call, limits)
        .then((one) => (one instanceof TaggedAnswer ? this.tags.settle(one, options.version, left) : one))
      return this.orAnswer(operation, options, settled)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Runs a command on one key. */
  callOn<Answer, Out>(
    operation: Operation<Answer>,
    key: Key,
    options: ReadOptions,
    make: (made: string) => Call<Out>,
  ): Promise<Out | Given<Answer>> {
    return this.call(operation, options, () => make(this.key(operation, key, options)))
  }

  /** Runs a command on one key that carries what may still be being encoded. */
  callWith<Answer, In, Out>(
    operation: Operation<Answer>,
    options: ReadOptions,
    keys: readonly string[],
    encoded: In | Promise<In>,
    make: (encoded: In) => Call<Out>,
  ): Promise<Out | Given<Answer>> {
    return this.call(operation, options, () => prepare(keys, encoded, make))
  }

  /** Runs a command of many items on one key, in portions when they are too many for one. */
  callMany<Answer, Item, Part, Out>(
    operation: Operation<Answer>,
    options: ReadOptions,
    made: string,
    items: readonly Item[] | Promise<readonly Item[]>,
    rule: SplitRule<Item, Part, Out>,
  ): Promise<Out | Given<Answer>> {
    return this.runSplit(
      operation,
      options,
      prepare([made], items, (ready) => split(ready, rule)),
    )
  }

  /** Encodes members as sets compare them. */
  encodeMembers(members: Iterable<unknown>, key: string): readonly Value[] | Promise<readonly Value[]> {
    return mapAll(listOf(members, 'members'), (member) => this.codec.encodeMember(member, key))
  }

  /** @throws {UnsupportedError} E_UNSUPPORTED when values are encrypted, and so bound to their key and to nobody else */
  checkReadable(what: string): void {
    if (!this.codec.bareNumbers)
      throw new UnsupportedError(`${what}: values are encrypted, and the server cannot work with them.`)
  }

  /**
   * How a call has values loaded and kept: as the cache does, but for what its options say.
   * @throws {ConfigurationError} E_CONFIG at `method().option`, also for one that needs frames where there are none;
   * a grace of 0 needs none
   */
  policyOf({ name }: Operation, options: LoadOptions): LoadPolicy {
    if (options === noOptions) return this.loading
    const framed = this.codec.framed ? undefined : framedOptions.find((option) => needsFrame(option, options))
    if (framed === undefined) return withOptions(this.loading, options, (option) => `${name}().${option}`)
    const problem =
      "needs frames around values, which format 'django' does not have; set format: 'framed' for this cache"
    throw new ConfigurationError(`${name}().${framed}`, problem)
  }

  /**
   * The tags that a call names.
   * @throws {ConfigurationError} E_CONFIG at `method().tags`, in a cache whose values have no frames
   */
  tagsOf({ name }: Operation, { tags }: TagOptions): readonly string[] {
    if (tags === undefined) return none
    checkFramed(this.codec.framed, `${name}().tags`)
    return tagsOf(tags)
  }

  /** What a call asks of tags that begins now. In a pipeline the options are the pipeline's. */
  questionOf(options: ReadOptions): TagQuestion {
    return questionOf(options.version, this.remaining(forClient(options)))
  }

  /** The options of a call that begins now, with what is left of its deadline whenever it asks again. */
  remaining(limits: ClientCallOptions): () => ClientCallOptions {
    if (this.pipelined !== undefined) return this.pipelined
    if (limits.deadline === undefined) return () => limits
    const begun = loopClock.now()
    return () => leftOf(limits, begun)
  }

  /** The ttl that a call asks for, or else the cache's. */
  ttlOf({ ttl }: TtlOptions): Milliseconds | undefined {
    return ttl === undefined ? this.ttl : resolveTtl(ttl, 'ttl')
  }
}

/** A grace of 0 needs none: a value without a frame has no other. */
function needsFrame(option: (typeof framedOptions)[number], options: LoadOptions): boolean {
  return options[option] !== undefined && (option !== 'grace' || options.grace !== 0)
}

/** What an operation answers in an outage, if it answers at all. */
type Given<Answer> = Exclude<Answer, typeof rejects>

/** The part of a call's options that the client sees; `noOptions` where it sees none, so that reads may be shared. */
export function forClient(options: ReadOptions): ClientCallOptions {
  if (options === noOptions) return noOptions
  const { deadline, attemptTimeout, signal, readFrom } = options
  const given = deadline ?? attemptTimeout ?? signal ?? readFrom
  if (given === undefined) return noOptions
  return {
    deadline: deadline === undefined ? undefined : toMilliseconds(deadline, 'deadline'),
    attemptTimeout: attemptTimeout === undefined ? undefined : toMilliseconds(attemptTimeout, 'attemptTimeout'),
    signal,
    readFrom,
  }
}
