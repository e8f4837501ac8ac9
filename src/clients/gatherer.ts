import type { Reply } from '../connection/connection.js'
import { AuthenticationError, CommandError } from '../errors.js'
import type { Call } from './command.js'
import { TickGroups, type GatheredUntil } from './tick-groups.js'
import type { Bounds } from './work.js'

/** Runs a call, and tells its caller what came of it. */
type Start = <Out>(
  call: Call<Out>,
  bounds: Bounds,
  resolve: (value: Out) => void,
  reject: (reason: unknown) => void,
) => void

interface Waiting {
  readonly call: Call<unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (reason: unknown) => void
}

/**
 * Calls of one tick that leave as one command: many GETs as an MGET, a fraction of the work for both sides.
 * What the server refuses as a whole is asked again one by one, so that each caller gets its own answer.
 */
export class Gatherer {
  readonly #start: Start
  /** Of one form of reply each. */
  readonly #groups: TickGroups<Waiting>
  /** The user may not run the command for many, or not on all keys: each call goes alone from then on. */
  #alone = false

  constructor(start: Start, until: GatheredUntil = 'tick') {
    this.#start = start
    this.#groups = new TickGroups(most, (waiting, bounds) => this.#send(waiting, bounds), until)
  }

  /** @param bounds without a signal; the deadline of the first of a group is that of all, for they are of one tick or turn */
  execute<Out>(call: Call<Out>, bounds: Bounds): Promise<Out> {
    if (this.#alone) return new Promise((resolve, reject) => this.#start(call, bounds, resolve, reject))
    return new Promise((resolve, reject) => this.#groups.add({ call, resolve, reject } as Waiting, call.decode, bounds))
  }

  /** Sends what was gathered so far: what comes now must not overtake it. */
  flush(): void {
    this.#groups.flush()
  }

  #send(waiting: readonly Waiting[], bounds: Bounds): void {
    const together = waiting.length === 1 ? undefined : waiting[0]?.call.together
    if (together === undefined) return this.#sendEach(waiting, bounds)
    this.#start(
      together(waiting.map(({ call }) => call)),
      bounds,
      (replies) => answer(waiting, replies),
      (error) => this.#recover(waiting, bounds, error),
    )
  }

  #recover(waiting: readonly Waiting[], bounds: Bounds, error: unknown): void {
    if (error instanceof AuthenticationError) this.#alone = true
    if (error instanceof AuthenticationError || error instanceof CommandError) this.#sendEach(waiting, bounds)
    else for (const { reject } of waiting) reject(error)
  }

  #sendEach(waiting: readonly Waiting[], bounds: Bounds): void {
    for (const { call, resolve, reject } of waiting) this.#start(call, bounds, resolve, reject)
  }
}

function answer(waiting: readonly Waiting[], replies: readonly Reply[]): void {
  for (const [index, { call, resolve, reject }] of waiting.entries())
    try {
      resolve(call.reply(replies[index] as Reply))
    } catch (error) {
      reject(error)
    }
}

/** Calls of one command: the first are answered while the server works on the next, and nobody else waits for long. */
const most = 32
