import type { CallOptions, Client, LeaseOptions } from '../../clients/client.js'
import type { Call, Intent, KeptWrite } from '../../clients/command.js'
import type { ScanFrom } from '../../clients/commands/scan.js'
import { exists } from '../../clients/commands/strings.js'
import type { OwnConnection } from '../../clients/own-connection.js'
import { ErrorReply, NoReply, type Reply } from '../../connection/connection.js'
import { type CacheError, ClosedError } from '../../errors.js'
import { checkedReply, errorOf } from '../checked-reply.js'
import { ClientLayer } from '../client-layer.js'
import { Keeper, type RecoveryParts } from './keeper.js'
import type { KeptWrites } from './kept-writes.js'
import { answerOfMissing, withoutMissing } from './missing.js'
import { Replay } from './replay.js'
import { inTurn } from './turn.js'

type Replies = readonly (Reply | ErrorReply)[]

/**
 * A client that keeps the deletes that its servers could not be given, and sends them when they can be used again. Until
 * a key's delete has run,
 * - a read finds the key missing: no server is asked;
 * - another write of the key leaves behind the delete, in one trip, and ends it;
 * - the key's calls run one at a time, so that no delete runs behind a write that came after it.
 */
export class RecoveringClient extends ClientLayer {
  readonly #kept: KeptWrites
  readonly #keeper: Keeper
  readonly #replay: Replay
  #closed = false

  constructor(client: Client, parts: RecoveryParts) {
    super(client)
    this.#kept = parts.kept
    this.#keeper = new Keeper(parts)
    this.#replay = new Replay(client, parts.kept, this.#keeper)
  }

  /** Whether the key is deleted, and its server does not know yet. */
  deletes(key: string): boolean {
    return !this.#kept.idle && this.#kept.deletes(key)
  }

  /** Hot path: while nothing is kept, a call that nothing is kept of is the client's at once. */
  override execute<Out>(call: Call<Out>, options: CallOptions = noOptions): Promise<Out> {
    if (!this.#kept.idle) return this.#executeBeside(call, options)
    return call.keeps === undefined ? this.client.execute(call, options) : this.#keeping(call, options)
  }

  override batch(calls: readonly Call<unknown>[], options: CallOptions = noOptions): Promise<Replies> {
    if (!this.#kept.idle) return this.#batchBeside(calls, options)
    return calls.some(({ keeps }) => keeps !== undefined)
      ? this.#keepingAll(calls, [], options)
      : this.client.batch(calls, options)
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
    if (this.#kept.idle || this.#isUntouched(keys)) return this.client.lease(intent, work, options)
    return inTurn(this.#kept.order, keys, options, async (left) => {
      const [found] = await this.#behind(this.#kept.of(keys), [exists(keys)], left)
      checkedReply(this.client, 'EXISTS', found)
      return this.client.lease(intent, work, { ...left, keys })
    })
  }

  /** Sends what is kept once more, where a server can be used, before the client is closed. */
  override async close(): Promise<void> {
    this.#closed = true
    if (!this.#kept.idle) await this.#replay.finish()
    this.#replay.stop()
    this.#keeper.close()
    await this.client.close()
    this.#keeper.giveUp()
  }

  override destroy(reason?: Error): void {
    this.#replay.stop()
    this.#keeper.close()
    this.client.destroy(reason)
    this.#keeper.giveUp()
  }

  #executeBeside<Out>(call: Call<Out>, options: CallOptions): Promise<Out> {
    if (this.#closed) return Promise.reject(new ClosedError('the cache'))
    const { keys, intent } = call
    if (this.#isUntouched(keys)) return this.#noticing(this.#keeping(call, options))
    if (intent === 'read' && keys.some((key) => this.#kept.deletes(key))) return this.#readBeside(call, options)
    return this.#inTurn(keys, options, (left) => this.#executeInTurn(call, left))
  }

  /** Finds the deleted keys missing. What can neither be answered here nor divided is asked behind the deletes. */
  async #readBeside<Out>(call: Call<Out>, options: CallOptions): Promise<Out> {
    const isDeleted = (key: string): boolean => this.#kept.deletes(key)
    const answer = call.keys.every(isDeleted) ? await answerOfMissing(call) : undefined
    if (answer !== undefined) return answer.value
    const part = withoutMissing(call, isDeleted)
    if (part !== undefined) return part.join(await this.batch(part.calls, options))
    return this.#inTurn(call.keys, options, (left) => this.#executeInTurn(call, left))
  }

  async #executeInTurn<Out>(call: Call<Out>, options: CallOptions): Promise<Out> {
    const pending = this.#kept.of(call.keys)
    const repeated = new Set(call.keeps?.().map(({ key }) => key))
    if (!pending.every(({ key }) => repeated.has(key))) return this.#alone(call, pending, options)
    const value = await this.#keeping(call, options)
    for (const write of pending) this.#kept.remove(write)
    return value
  }

  /** Sends one call behind what is kept of its keys. */
  async #alone<Out>(call: Call<Out>, pending: readonly KeptWrite[], options: CallOptions): Promise<Out> {
    const [reply] = await this.#keepingAll([call], pending, options)
    return call.reply(checkedReply(this.client, call.name, reply))
  }

  #batchBeside(calls: readonly Call<unknown>[], options: CallOptions): Promise<Replies> {
    if (this.#closed) return Promise.reject(new ClosedError('the cache'))
    const keys = calls.flatMap((call) => call.keys)
    if (this.#isUntouched(keys)) return this.#noticing(this.#keepingAll(calls, [], options))
    return this.#inTurn(keys, options, (left) => this.#keepingAll(calls, this.#kept.of(keys), left))
  }

  /**
   * Sends calls behind what is kept of their keys, in one trip; what of that has run is over. Where it was refused, what
   * the calls of its key have found may be the old value: they are refused as well.
   */
  async #behind(
    pending: readonly KeptWrite[],
    calls: readonly Call<unknown>[],
    options: CallOptions,
  ): Promise<Replies> {
    const replies = await this.client.batch([...pending.map(({ make }) => make()), ...calls], options)
    const refusals = new Map<string, ErrorReply>()
    pending.forEach((write, index) => {
      const reply = replies[index]
      if (reply instanceof ErrorReply) refusals.set(write.key, reply)
      else this.#kept.remove(write)
    })
    const own = replies.slice(pending.length)
    return refusals.size === 0 ? own : own.map((reply, index) => refusalOf(calls[index], refusals) ?? reply)
  }

  /** Runs a call, and keeps what can be kept of it when that fails. */
  async #keeping<Out>(call: Call<Out>, options: CallOptions): Promise<Out> {
    try {
      return await this.client.execute(this.#keepingSpared(call), options)
    } catch (error) {
      throw this.#keep(call.keeps?.() ?? [], error)
    }
  }

  /** A part that is spared fails without a word to the caller, and nobody says which it was: all of it is kept. */
  #keepingSpared<Out>(call: Call<Out>): Call<Out> {
    const { spares, keeps } = call
    if (spares === undefined || keeps === undefined) return call
    return { ...call, spares: (error) => spares(this.#keep(keeps(), error)) }
  }

  /** As {@link #keeping}, of calls in one trip behind what is kept of their keys. */
  async #keepingAll(
    calls: readonly Call<unknown>[],
    pending: readonly KeptWrite[],
    options: CallOptions,
  ): Promise<Replies> {
    try {
      const sent = calls.map((call) => this.#keepingSpared(call))
      const replies = await this.#behind(pending, sent, options)
      return replies.map((reply, index) => this.#keepingReply(calls[index], reply))
    } catch (error) {
      const isAll = calls.every(({ intent, keeps }) => intent === 'read' || (keeps?.() ?? []).length > 0)
      throw this.#keep(
        calls.flatMap(({ keeps }) => keeps?.() ?? []),
        error,
        isAll,
      )
    }
  }

  #keepingReply(call: Call<unknown> | undefined, reply: Reply | ErrorReply): Reply | ErrorReply {
    const writes = reply instanceof ErrorReply ? call?.keeps?.() : undefined
    if (call === undefined || writes === undefined) return reply
    const error = errorOf(this.client, call.name, reply as ErrorReply)
    const told = this.#keep(writes, error)
    return told === error ? reply : new NoReply(told as CacheError)
  }

  #keep(writes: readonly KeptWrite[], error: unknown, isAll?: boolean): unknown {
    const told = this.#keeper.keep(writes, error, isAll)
    this.#replay.later(writes)
    return told
  }

  #inTurn<Out>(keys: readonly string[], options: CallOptions, work: (left: CallOptions) => Promise<Out>): Promise<Out> {
    return this.#noticing(inTurn(this.#kept.order, keys, options, work))
  }

  #isUntouched(keys: readonly string[]): boolean {
    if (keys.length === 0) return true
    return this.#kept.of(keys).length === 0 && this.#kept.order.before(keys) === undefined
  }

  /** Waits for the answer of a server: what is kept may be sent again. */
  async #noticing<Out>(call: Promise<Out>): Promise<Out> {
    const value = await call
    this.#replay.succeeded()
    return value
  }
}

function refusalOf(call: Call<unknown> | undefined, refusals: ReadonlyMap<string, ErrorReply>): ErrorReply | undefined {
  return call?.keys.map((key) => refusals.get(key)).find((refusal) => refusal !== undefined)
}

const noOptions: CallOptions = {}
