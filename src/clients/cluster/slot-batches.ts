import { ErrorReply, type Reply } from '../../connection/connection.js'
import { loopClock } from '../../connection/deadlines.js'
import { isDivided } from '../../connection/reply-error.js'
import type { Milliseconds } from '../../units.js'
import { refusedAgain } from '../batch-retry.js'
import type { CallOptions } from '../client.js'
import type { Call } from '../command.js'
import type { RemoteClient } from '../remote.js'
import { Failure, outcomeOfRunning, raw, type Outcome } from '../sharded/batches.js'
import type { Operations } from './operations.js'

/** Where calls stood that were sent together. */
export interface Place {
  readonly shard: RemoteClient
  readonly sequence: number
}

/** What batches of one shard of a cluster are sent with. */
export interface SlotBatchParts {
  readonly operations: Operations
  /** Runs one call again that was refused because of its slot. */
  readonly executeAgain: <Out>(call: Call<Out>, options: CallOptions, place: Place) => Promise<Out>
  /** Takes what a server of the shard said of a slot as evidence of where slots are. */
  readonly learn: (text: string, shard: RemoteClient) => void
  /** How long calls may take, in ms. */
  readonly timeFor: (calls: readonly Call<unknown>[], options: CallOptions) => Milliseconds
}

/** Many calls of one shard in one trip. What a server refused because of its slot is asked again by itself, in its order. */
export class SlotBatches {
  readonly #parts: SlotBatchParts

  constructor(parts: SlotBatchParts) {
    this.#parts = parts
  }

  /** Gives each call its own outcome, in their order. */
  send(shard: RemoteClient, calls: readonly Call<unknown>[], options: CallOptions): Promise<readonly Outcome[]> {
    const ended = this.#answer(shard, calls, options)
    this.#parts.operations.add({ shard, sequence: shard.sequence, calls, ended })
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
        outcomes[index] = await outcomeOfRunning(this.#parts.executeAgain(call, options, place))
      }),
    )
    return outcomes
  }
}

/** Whether a server refused a call because of its slot: it has not run. */
function isOfSlot(reply: Reply | undefined): reply is ErrorReply {
  return reply instanceof ErrorReply && (reply.code === 'MOVED' || reply.code === 'ASK' || isDivided(reply))
}
