import { ErrorReply, NoReply, type Reply } from '../../connection/connection.js'
import { replyError } from '../../connection/reply-error.js'
import { CacheError, CommandError } from '../../errors.js'
import type { CallOptions } from '../client.js'
import type { Call, Division, GroupOf } from '../command.js'
import { withReply } from '../commands/build.js'
import type { Job } from '../work.js'
import type { Placing } from './way.js'

/** Why there is no reply to a call. */
export class Failure {
  readonly reason: unknown

  constructor(reason: unknown) {
    this.reason = reason
  }
}

/** What came of one call of many. */
export type Outcome = Reply | ErrorReply | Failure

/** One of the servers, by what it is called in errors. */
interface Named {
  readonly name?: string
}

/** What batches are sent with. */
export interface BatchParts<Shard extends Named> {
  /** What the shards together are called in errors. */
  readonly name: string
  /** How keys are placed: a call whose keys have several places is divided, if it can be. */
  readonly placing: Pick<Placing<unknown>, 'commonOf'>
  /** Which keys one part may have together. @default each is a part by itself */
  readonly groupOf?: GroupOf
  /** The shard to which a call that need not be divided can be sent at once. */
  readonly shardFor: (call: Call<unknown>) => Shard | undefined
  /** Runs one call that cannot be sent at once. */
  readonly execute: <Out>(call: Call<Out>, options: CallOptions) => Promise<Out>
  /** Sends calls to their shard in one trip, and gives each its own outcome, in their order. Where it rejects, all have failed. */
  readonly send: (shard: Shard, calls: readonly Call<unknown>[], options: CallOptions) => Promise<readonly Outcome[]>
}

/** Many calls at once: those of one shard leave in one trip, and all shards work in parallel. */
export class Batches<Shard extends Named> {
  readonly #parts: BatchParts<Shard>

  constructor(parts: BatchParts<Shard>) {
    this.#parts = parts
  }

  /**
   * Runs calls, and gives the replies in their order; where others have one, a {@link NoReply} stands for each of a shard that
   * did not answer. A call that is divided has its parts in its place, so that calls of a key keep their order.
   * @throws the first failure when no call has a reply, and what an aborted signal gives as its reason
   */
  async run(calls: readonly Call<unknown>[], options: CallOptions): Promise<readonly (Reply | ErrorReply)[]> {
    const divisions = calls.map((call) => this.#divisionOf(call))
    const isWhole = divisions.every((division) => division === undefined)
    const outcomes = isWhole ? await this.#send(calls, options) : await this.#sendDivided(calls, divisions, options)
    const failures = outcomes.filter((outcome) => outcome instanceof Failure)
    const thrown = failures.length === outcomes.length ? failures[0] : failures.find(isAlien)
    if (thrown !== undefined) throw thrown.reason
    return failures.length === 0 ? (outcomes as readonly Reply[]) : outcomes.map(replyOf)
  }

  /**
   * Runs a command in parts.
   * @returns the reply to the whole
   * @throws the first error of a part that the command does not spare, or of all parts; it names the part's shard
   */
  async divided(job: Job, divide: NonNullable<Job['divide']>, options: CallOptions): Promise<Reply> {
    const division = divide(this.#parts.groupOf)
    return this.#join(job, division, await this.#send(division.calls, options))
  }

  #divisionOf({ keys, divide }: Call<unknown>): Division | undefined {
    const { placing, groupOf } = this.#parts
    return divide === undefined || keys.length < 2 || placing.commonOf(keys) !== undefined ? undefined : divide(groupOf)
  }

  #join({ name, spares }: Job, { calls, tolerates, join, absent }: Division, outcomes: readonly Outcome[]): Reply {
    const errors = outcomes.map((outcome, index) => {
      if (outcome instanceof Failure) return outcome.reason
      if (!(outcome instanceof ErrorReply) || outcome.code === tolerates) return undefined
      const shard = this.#parts.shardFor(calls[index] as Call<unknown>)
      return replyError(shard?.name ?? this.#parts.name, name, outcome)
    })
    const spared = errors.includes(undefined) ? spares : undefined
    for (const error of errors) if (error !== undefined && spared?.(error) !== true) throw error
    return join(outcomes.map((outcome, index) => (errors[index] === undefined ? (outcome as Reply) : absent)))
  }

  async #sendDivided(
    calls: readonly Call<unknown>[],
    divisions: readonly (Division | undefined)[],
    options: CallOptions,
  ): Promise<Outcome[]> {
    const sent = calls.map((call, index) => divisions[index]?.calls ?? [call])
    const outcomes = await this.#send(sent.flat(), options)
    let next = 0
    return calls.map((call, index) => {
      const own = outcomes.slice(next, (next += sent[index]?.length ?? 0))
      const division = divisions[index]
      return division === undefined ? (own[0] as Outcome) : outcomeOf(() => this.#join(call, division, own))
    })
  }

  async #send(calls: readonly Call<unknown>[], options: CallOptions): Promise<Outcome[]> {
    const outcomes = new Array<Outcome>(calls.length).fill(null)
    const running: Promise<void>[] = []
    const shards = new Map<Shard, number[]>()
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

  async #sendOne(call: Call<unknown>, index: number, outcomes: Outcome[], options: CallOptions): Promise<void> {
    outcomes[index] = await outcomeOfRunning(this.#parts.execute(raw(call), options))
  }

  #sendPart(
    shard: Shard,
    calls: readonly Call<unknown>[],
    indexes: readonly number[],
    outcomes: Outcome[],
    options: CallOptions,
  ): Promise<void> {
    const part = indexes.length === calls.length ? calls : indexes.map((index) => calls[index] as Call<unknown>)
    const sent = this.#parts.send(shard, part, options).catch((error: unknown) => part.map(() => new Failure(error)))
    return sent.then((answers) => {
      for (let at = 0; at < indexes.length; at++) outcomes[indexes[at] as number] = answers[at] as Outcome
    })
  }
}

/** The same call, of which the reply is wanted as it came. */
export function raw(call: Call<unknown>): Call<Reply> {
  return withReply(call, (reply) => reply)
}

/** What came of a call whose reply is wanted as it came. */
export async function outcomeOfRunning(running: Promise<Reply>): Promise<Outcome> {
  try {
    return await running
  } catch (error) {
    return outcomeOfError(error)
  }
}

function outcomeOf(answer: () => Reply): Outcome {
  try {
    return answer()
  } catch (error) {
    return outcomeOfError(error)
  }
}

function outcomeOfError(error: unknown): Outcome {
  return error instanceof CommandError ? new ErrorReply(error.reply) : new Failure(error)
}

/** Whether a call has failed for a reason that is none of its server's: it was aborted. */
function isAlien({ reason }: Failure): boolean {
  return !(reason instanceof CacheError)
}

/** What stands in a batch where there is no reply. */
function replyOf(outcome: Outcome): Reply | ErrorReply {
  return outcome instanceof Failure ? new NoReply(outcome.reason as CacheError) : outcome
}
