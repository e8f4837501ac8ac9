import { ErrorReply, NoReply, type Reply } from '../../connection/connection.js'
import { isDivided, replyError } from '../../connection/reply-error.js'
import { CacheError, CommandError } from '../../errors.js'
import { loopClock } from '../../connection/deadlines.js'
import { refusedAgain } from '../batch-retry.js'
import type { CallOptions } from '../client.js'
import type { Call, Division } from '../command.js'
import { withReply } from '../commands/build.js'
import type { RemoteClient } from '../remote.js'
import type { Milliseconds } from '../../units.js'
import type { Job } from '../work.js'
import type { Operations } from './operations.js'

/** Why there is no reply to a call. */
export class Failure {
  readonly reason: unknown

  constructor(reason: unknown) {
    this.reason = reason
  }
}

/** What came of one call of many. */
export type Outcome = Reply | ErrorReply | Failure

/** Where calls stood that were sent together. */
export interface Place {
  readonly shard: RemoteClient
  readonly sequence: number
}

/** What batches are sent with. */
export interface BatchParts {
  /** What the cluster is called in errors. */
  readonly name: string
  readonly operations: Operations
  /** The shard to which a call can be sent at once. */
  readonly shardFor: (call: Call<unknown>) => RemoteClient | undefined
  /** Runs one call, which may have to wait for its slot first. */
  readonly execute: <Out>(call: Call<Out>, options: CallOptions) => Promise<Out>
  /** Runs one call again that was refused because of its slot. */
  readonly executeAgain: <Out>(call: Call<Out>, options: CallOptions, place: Place) => Promise<Out>
  /** Takes what a server of the shard said of a slot as evidence of where slots are. */
  readonly learn: (text: string, shard: RemoteClient) => void
  /** How long calls may take, in ms. */
  readonly timeFor: (calls: readonly Call<unknown>[], options: CallOptions) => Milliseconds
}

/**
 * Many calls at once: those of one shard leave in one trip, and all shards work in parallel. What a server refused because
 * of its slot is asked again by itself, in its order.
 */
export class Batches {
  readonly #parts: BatchParts

  constructor(parts: BatchParts) {
    this.#parts = parts
  }

  /** Gives each call its own outcome, in their order. */
  async send(calls: readonly Call<unknown>[], options: CallOptions): Promise<Outcome[]> {
    const outcomes = new Array<Outcome>(calls.length).fill(null)
    const running: Promise<void>[] = []
    const shards = new Map<RemoteClient, number[]>()
    calls.forEach((call, index) => {
      const shard = this.#parts.shardFor(call)
      const part = shard && shards.get(shard)
      if (part !== undefined) part.push(index)
      else if (shard !== undefined) shards.set(shard, [index])
      else running.push(this.#sendOne(call, index, outcomes, options))
    })
    for (const [shard, indexes] of shards) running.push(this.#sendPart(shard, calls, indexes, outcomes, options))
    await Promise.all(running)
    return outcomes
  }

  /**
   * Asks a command key by key.
   * @returns the reply to the whole
   * @throws the first error of a part that the command does not spare, or of all parts
   */
  async divided(
    { name, spares }: Job,
    { calls, tolerates, join, absent }: Division,
    options: CallOptions,
  ): Promise<Reply> {
    const outcomes = await this.send(calls, options)
    const spared = outcomes.some((outcome) => !(outcome instanceof Failure)) ? spares : undefined
    for (const outcome of outcomes) {
      if (typeof outcome !== 'object') continue
      if (outcome instanceof Failure && spared?.(outcome.reason) !== true) throw outcome.reason
      if (outcome instanceof ErrorReply && outcome.code !== tolerates) throw replyError(this.#parts.name, name, outcome)
    }
    return join(outcomes.map((outcome) => (outcome instanceof Failure ? absent : outcome)))
  }

  async #sendOne(call: Call<unknown>, index: number, outcomes: Outcome[], options: CallOptions): Promise<void> {
    outcomes[index] = await outcomeOf(this.#parts.execute(raw(call), options))
  }

  #sendPart(
    shard: RemoteClient,
    calls: readonly Call<unknown>[],
    indexes: readonly number[],
    outcomes: Outcome[],
    options: CallOptions,
  ): Promise<void> {
    const part = indexes.length === calls.length ? calls : indexes.map((index) => calls[index] as Call<unknown>)
    const ended = this.#answer(shard, part, options).then((answers) => {
      for (let at = 0; at < indexes.length; at++) outcomes[indexes[at] as number] = answers[at] as Outcome
    })
    this.#parts.operations.add({ shard, sequence: shard.sequence, calls: part, ended })
    return ended
  }

  async #answer(
    shard: RemoteClient,
    calls: readonly Call<unknown>[],
    options: CallOptions,
  ): Promise<readonly Outcome[]> {
    const begun = loopClock.now()
    try {
      const sending = shard.batch(calls, options)
      const { sequence } = shard
      const replies = await sending
      if (!replies.some(isOfSlot)) return replies
      for (const reply of replies) if (isOfSlot(reply)) this.#parts.learn(reply.message, shard)
      const deadline = this.#parts.timeFor(calls, options) - (loopClock.now() - begun)
      return await this.#askAgain(calls, replies, { ...options, deadline }, { shard, sequence })
    } catch (error) {
      return calls.map(() => new Failure(error))
    }
  }

  async #askAgain(
    calls: readonly Call<unknown>[],
    replies: readonly Reply[],
    options: CallOptions,
    place: Place,
  ): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = [...replies]
    const all = calls.map((_, index) => index)
    const again = refusedAgain(calls, replies, all, isOfSlot)
    await Promise.all(
      again.map(async (index) => {
        const call = raw(calls[index] as Call<unknown>)
        outcomes[index] = await outcomeOf(this.#parts.executeAgain(call, options, place))
      }),
    )
    return outcomes
  }
}

/** What stands in a batch where there is no reply. */
export function replyOf(outcome: Outcome): Reply | ErrorReply {
  if (!(outcome instanceof Failure)) return outcome
  const { reason } = outcome
  if (reason instanceof CacheError) return new NoReply(reason)
  return new ErrorReply(`ERR ${reason instanceof Error ? reason.message : String(reason)}`)
}

/** The same call, of which the reply is wanted as it came. */
function raw(call: Call<unknown>): Call<Reply> {
  return withReply(call, (reply) => reply)
}

async function outcomeOf(running: Promise<Reply>): Promise<Outcome> {
  try {
    return await running
  } catch (error) {
    return error instanceof CommandError ? new ErrorReply(error.reply) : new Failure(error)
  }
}

/** Whether a server refused a call because of its slot: it has not run. */
function isOfSlot(reply: Reply | undefined): reply is ErrorReply {
  return reply instanceof ErrorReply && (reply.code === 'MOVED' || reply.code === 'ASK' || isDivided(reply))
}
