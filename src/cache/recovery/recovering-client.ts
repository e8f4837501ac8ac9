import type { CallOptions, Client, LeaseOptions } from '../../clients/client.js'
import type { Call, Intent } from '../../clients/command.js'
import type { ScanFrom } from '../../clients/commands/scan.js'
import type { OwnConnection } from '../../clients/own-connection.js'
import { Batches } from '../../clients/sharded/batches.js'
import { ErrorReply, NoReply, type Reply } from '../../connection/connection.js'
import { Listeners } from '../../connection/listeners.js'
import { type CacheError, ClosedError, CommandTimeoutError } from '../../errors.js'
import { errorOf } from '../checked-reply.js'
import { ClientLayer } from '../client-layer.js'
import { keysOfAll } from '../client-runner.js'
import { Keeper, type MeantWrite, type RecoveryParts } from './keeper.js'
import type { KeptWrites } from './kept-writes.js'
import { answerOfMissing, withoutMissing } from './missing.js'
import { Overwrites, overwrites } from './overwrites.js'
import { tellingParts } from './parts.js'
import { Replay } from './replay.js'
import { Turns } from './turns.js'

type Replies = readonly (Reply | ErrorReply)[]

/** What stands for the servers of a key, which may have a name. */
type Shard = { readonly name?: string }

/**
 * A client that keeps the deletes that its servers could not be given, and sends them when a server can be used again.
 * Until the delete of a key has run,
 * - a read finds the key missing: no server is asked;
 * - another call of the key waits until the delete has run, and fails if that fails. Calls of the key keep their order.
 */
export class RecoveringClient extends ClientLayer {
  readonly #kept: KeptWrites
  readonly #keeper: Keeper
  readonly #replay: Replay
  readonly #turns: Turns
  readonly #overwrites = new Overwrites()
  readonly #batches: Batches<Shard>
  readonly #changes = new Listeners<[keys: readonly string[]]>()
  /** The places of calls of which the failed parts are kept already. */
  readonly #keptByParts = new Set<number>()
  #closed = false

  constructor(client: Client, parts: RecoveryParts) {
    super(client)
    this.#kept = parts.kept.value
    this.#keeper = new Keeper(parts, {
      kept: (key) => this.#changes.tell([key]),
      ran: (keys) => {
        client.wrote?.(keys)
        this.#changes.tell(keys)
      },
      due: () => this.#replay.later(),
    })
    this.#replay = new Replay(client, this.#kept, this.#keeper)
    this.#turns = new Turns(client, parts)
    this.#batches = new Batches({
      name: 'a server',
      placing: { commonOf: (keys) => this.#shardOf(keys) },
      groupOf: (key) => this.#shardOf([key]),
      shardFor: ({ keys }) => this.#shardOf(keys),
      execute: (call, options) => this.#runInTurn(call, options),
      send: (_, calls, options) => this.#sendInTurn(calls, options),
    })
  }

  /** Whether the key is deleted, and its server does not know yet. */
  deletes(key: string): boolean {
    return !this.#kept.idle && this.#kept.deletes(key)
  }

  /** Whether a write of the key is kept, and its server does not know yet. */
  keeps(key: string): boolean {
    return !this.#kept.idle && this.#kept.of([key]).length > 0
  }

  /**
   * Hears of keys of which a write is kept, and of those of which a kept one has run, by any cache of the servers: what is
   * held of them in this process is over.
   */
  onKept(listener: (keys: readonly string[]) => void): void {
    this.#changes.add(listener)
  }

  /** Hot path: while nothing is kept, a call of whose keys no delete is on its way is the client's at once. */
  override execute<Out>(call: Call<Out>, options: CallOptions = noOptions): Promise<Out> {
    return this.#isFree(call) ? this.client.execute(call, options) : this.#executeBeside(call, options)
  }

  override batch(calls: readonly Call<unknown>[], options: CallOptions = noOptions): Promise<Replies> {
    return calls.every((call) => this.#isFree(call))
      ? this.client.batch(calls, options)
      : this.#batchBeside(calls, options)
  }

  override async *scan<Item>(
    stepAt: ScanFrom<Item>,
    options: CallOptions = noOptions,
  ): AsyncGenerator<readonly Item[], void, undefined> {
    const { keys, intent } = stepAt('0')
    if (keys.some((key) => this.deletes(key))) return
    const isThere = (item: Item): boolean => typeof item !== 'string' || !this.#kept.deletes(item)
    const filters = intent === 'read' && keys.length === 0
    for await (const page of this.client.scan(stepAt, options))
      yield filters && !this.#kept.idle ? page.filter(isThere) : page
  }

  override lease<Out>(
    intent: Intent,
    work: (connection: OwnConnection) => Out | Promise<Out>,
    options: LeaseOptions = noOptions,
  ): Promise<Out> {
    const { keys = [] } = options
    const send = (left: CallOptions): Promise<Out> => this.client.lease(intent, work, { ...left, keys: options.keys })
    return keys.length === 0 ? send(options) : this.#turns.run({ intent, keys, ordered: keys }, options, send)
  }

  /** Sends what is kept once more, where a server can be used, before the client is closed. */
  override async close(): Promise<void> {
    this.#closed = true
    if (this.#keeper.writes.length > 0) await this.#replay.finish()
    this.#replay.stop()
    this.#keeper.stop()
    await this.client.close()
    await this.#keeper.leave()
  }

  override destroy(reason?: Error): void {
    this.#closed = true
    this.#replay.stop()
    this.#keeper.stop()
    this.client.destroy(reason)
    void this.#keeper.leave(reason ?? new ClosedError('the cache'))
  }

  /** Hot path: the keys of a call are made when they are asked for. */
  #isFree(call: Call<unknown>): boolean {
    if (call.keeps !== undefined || !this.#kept.idle) return false
    return this.#overwrites.idle || call.intent === 'read' || !this.#overwrites.touches(call.keys)
  }

  #executeBeside<Out>(call: Call<Out>, options: CallOptions): Promise<Out> {
    if (this.#closed) return Promise.reject(new ClosedError('the cache'))
    const { keys, intent, keeps } = call
    if (intent === 'read' && keys.some((key) => this.#kept.deletes(key))) return this.#readBeside(call, options)
    const send = (sent: Call<Out>): Promise<Out> =>
      sent.divide !== undefined && this.#areApart([sent])
        ? this.#batches.divided(sent, sent.divide, options).then((reply) => sent.reply(reply))
        : this.#runInTurn(sent, options)
    return keeps === undefined && !overwrites(call) ? send(call) : this.#keeping(call, send)
  }

  #runInTurn<Out>(call: Call<Out>, options: CallOptions): Promise<Out> {
    const { keys, intent, unordered } = call
    // A read without keys finds no key that is deleted; if it waited for all keys, all others would wait behind it.
    const isOrdered = unordered !== true && (intent !== 'read' || keys.length > 0)
    const touched = { intent, keys, ordered: isOrdered ? keys : undefined }
    return this.#turns.run(touched, options, (left) => this.#execute(call, left))
  }

  #sendInTurn(calls: readonly Call<unknown>[], options: CallOptions): Promise<Replies> {
    const touched = { intent: intentOf(calls), keys: calls.flatMap(({ keys }) => keys), ordered: keysOfAll(calls) }
    return this.#turns.run(touched, options, (left) => this.#sendAll(calls, left))
  }

  /** Whether each shard has a turn of its own: something of these keys is kept, and those of other shards wait for nothing. */
  #areApart(calls: readonly Call<unknown>[]): boolean {
    return this.client.shardOf !== undefined && this.#kept.of(keysOfAll(calls)).length > 0
  }

  /** The shard of all of these keys; `undefined` when they have several, or it is not known. */
  #shardOf(keys: readonly string[]): Shard | undefined {
    const [shard, ...others] = new Set(keys.map((key) => this.client.shardOf?.(key)))
    return others.length === 0 ? (shard as Shard | undefined) : undefined
  }

  /** Finds the deleted keys missing. What can neither be answered here nor divided is asked behind the deletes. */
  async #readBeside<Out>(call: Call<Out>, options: CallOptions): Promise<Out> {
    const { keys, intent } = call
    const isDeleted = (key: string): boolean => this.#kept.deletes(key)
    const answer = keys.every(isDeleted) ? await answerOfMissing(call) : undefined
    if (answer !== undefined) return answer.value
    const part = withoutMissing(call, isDeleted)
    if (part !== undefined) return part.join(await this.batch(part.calls, options))
    return this.#turns.run({ intent, keys, ordered: keys }, options, (left) => this.client.execute(call, left))
  }

  /** Runs a call, and keeps what can be kept of it when that fails. */
  #keeping<Out>(call: Call<Out>, send: (call: Call<Out>) => Promise<Out>): Promise<Out> {
    const place = this.#overwrites.begin(call)
    return send(this.#keepingParts(call, place)).then(
      (value) => {
        this.#ran(call, place)
        this.#overwrites.end(call)
        return value
      },
      (error: unknown) => {
        const told = this.#keptByParts.delete(place) ? error : this.#keeper.keep(this.#failedOf(call, place), error)
        this.#overwrites.end(call)
        throw told
      },
    )
  }

  async #batchBeside(calls: readonly Call<unknown>[], options: CallOptions): Promise<Replies> {
    if (this.#closed) throw new ClosedError('the cache')
    const placed = calls.map((call) => ({ call, place: this.#overwrites.begin(call) }))
    try {
      const sent = placed.map(({ call, place }) => this.#keepingParts(call, place))
      const replies = await (this.#areApart(calls) ? this.#batches.run(sent, options) : this.#sendInTurn(sent, options))
      for (const [index, { call, place }] of placed.entries())
        if (!(replies[index] instanceof ErrorReply)) this.#ran(call, place)
      return placed.map(({ call, place }, index) => this.#keptReply(call, place, replies[index] as Reply))
    } catch (error) {
      const failed = placed.flatMap(({ call, place }) => this.#failedOf(call, place))
      const isAll = calls.every(({ intent, keeps }) => intent === 'read' || (keeps?.() ?? []).length > 0)
      throw this.#keeper.keep(failed, error, isAll)
    } finally {
      for (const call of calls) this.#overwrites.end(call)
    }
  }

  #keptReply(call: Call<unknown>, place: number, reply: Reply | ErrorReply): Reply | ErrorReply {
    if (!(reply instanceof ErrorReply) || call.keeps === undefined || this.#keptByParts.delete(place)) return reply
    const error = errorOf(this.client, call.name, reply)
    const told = this.#keeper.keep(this.#failedOf(call, place), error)
    return told === error ? reply : new NoReply(told as CacheError)
  }

  /** Keeps the parts that fail of a call that is asked key by key. */
  #keepingParts<Out>(call: Call<Out>, place: number): Call<Out> {
    if (call.keys.length < 2) return call
    return tellingParts(call, (keys, error) => {
      const failed = this.#failedOf(call, place).filter(({ write }) => keys.has(write.key))
      if (call.spares === undefined) this.#keptByParts.add(place)
      return this.#keeper.keep(failed, error)
    })
  }

  /** What may be kept of a call that failed: nothing of the keys that a later call has written over. */
  #failedOf({ keeps }: Call<unknown>, place: number): readonly MeantWrite[] {
    const writes = keeps?.() ?? []
    return writes.flatMap((write) => (this.#overwrites.hasLater(write.key, place) ? [] : [{ write, place }]))
  }

  #ran(call: Call<unknown>, place: number): void {
    if (!overwrites(call)) return
    this.#overwrites.ran(call.keys, place)
    if (!this.#kept.idle) for (const key of call.keys) this.#kept.overwritten(key, this.#keeper, place)
  }

  #execute<Out>(call: Call<Out>, options: CallOptions): Promise<Out> {
    return isOver(options) && call.keeps !== undefined
      ? Promise.reject(notSent(call))
      : this.client.execute(call, options)
  }

  #sendAll(calls: readonly Call<unknown>[], options: CallOptions): Promise<Replies> {
    const [first] = calls
    return first !== undefined && isOver(options) && calls.every(({ keeps }) => keeps !== undefined)
      ? Promise.reject(notSent(first))
      : this.client.batch(calls, options)
  }
}

function intentOf(calls: readonly Call<unknown>[]): Intent {
  return calls.every(({ intent }) => intent === 'read') ? 'read' : 'write'
}

/** Whether no time is left: deletes need not be sent then to be kept. */
function isOver({ deadline = Infinity }: CallOptions): boolean {
  return deadline <= 0
}

function notSent({ name }: Call<unknown>): CommandTimeoutError {
  return new CommandTimeoutError(name, 0, false)
}

const noOptions: CallOptions = {}
