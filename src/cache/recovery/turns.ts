import type { CallOptions, Client } from '../../clients/client.js'
import type { Intent } from '../../clients/command.js'
import { loopClock } from '../../connection/deadlines.js'
import { type CacheError, CommandTimeoutError, OverflowError } from '../../errors.js'
import type { Milliseconds } from '../../units.js'
import type { KeyOrder } from '../key-order.js'
import { leftOf } from '../portions.js'
import { within } from '../within.js'
import type { RecoveryParts } from './keeper.js'
import type { KeptWrites } from './kept-writes.js'
import { sendKept } from './send-kept.js'

/** What a call touches. */
export interface Touched {
  readonly intent: Intent
  readonly keys: readonly string[]
  /** The keys among whose calls it has its place, none for those of all; `undefined`: its place means nothing. */
  readonly ordered: readonly string[] | undefined
}

/** Lets calls wait for what is kept of their keys. */
export class Turns {
  readonly #client: Pick<Client, 'execute'>
  readonly #parts: RecoveryParts
  readonly #kept: KeptWrites
  #waiting = 0

  constructor(client: Pick<Client, 'execute'>, parts: RecoveryParts) {
    this.#client = client
    this.#parts = parts
    this.#kept = parts.kept.value
  }

  /**
   * Hands a call over when what is kept of its keys has run, and calls of these keys that were made before it have been
   * handed over: at once, where there are none.
   */
  run<Out>(touched: Touched, options: CallOptions, send: Send<Out>): Promise<Out> {
    const { keys, ordered } = touched
    const isFree = ordered === undefined || this.#kept.order.before(ordered) === undefined
    return isFree && this.#kept.of(keys).length === 0 ? send(options) : this.#wait(touched, options, send)
  }

  async #wait<Out>({ intent, keys, ordered }: Touched, options: CallOptions, send: Send<Out>): Promise<Out> {
    if (this.#waiting >= this.#parts.maxWaiting) throw this.#overflow()
    const { readDeadline, writeDeadline } = this.#parts
    const { deadline = intent === 'read' ? readDeadline : writeDeadline } = options
    this.#waiting++
    const hand = async (left: CallOptions): Promise<{ readonly running: Promise<Out> }> => {
      await this.#runKept(keys, left)
      return { running: send(left) }
    }
    const late = (after: Milliseconds): CacheError => this.#tooLate(keys, after)
    const handing = inTurn(this.#kept.order, ordered ?? keys, { ...options, deadline }, hand, late)
    const { running } = await handing.finally(() => this.#waiting--)
    return running
  }

  async #runKept(keys: readonly string[], options: CallOptions): Promise<void> {
    const [failed] = await sendKept(this.#client, this.#kept, this.#kept.of(keys), options)
    if (failed !== undefined) throw failed.error
  }

  /** The error of a call whose deadline is over before its turn: why no server could be used, where that is known. */
  #tooLate(keys: readonly string[], after: Milliseconds): CacheError {
    const cause = new Error('an earlier call of the same key waits for a delete that is kept')
    return this.#kept.reasonOf(keys) ?? new CommandTimeoutError('RECOVERY', after, false, { cause })
  }

  #overflow(): OverflowError {
    const problem = `${this.#parts.maxWaiting} calls wait for deletes that are kept (maxPending)`
    return new OverflowError(this.#parts.cache, problem)
  }
}

type Send<Out> = (left: CallOptions) => Promise<Out>

/**
 * Runs work when all earlier work of its keys is over; later work of these keys waits for it.
 * @throws what `late` makes when the deadline is over before
 */
async function inTurn<Out>(
  order: KeyOrder,
  keys: readonly string[],
  options: CallOptions,
  work: (left: CallOptions) => Promise<Out>,
  late: (after: Milliseconds) => Error,
): Promise<Out> {
  const begun = loopClock.now()
  const before = order.before(keys)
  const release = order.hold(keys, before)
  try {
    if (before !== undefined) await within(before, options.deadline, options.signal, late)
    return await work(leftOf(options, begun))
  } finally {
    release()
  }
}
