import type { Reply } from '../connection/connection.js'
import { AuthenticationError, CommandError } from '../errors.js'
import type { ReadFrom } from '../topology/read-from.js'
import type { Call } from './command.js'
import type { Bounds } from './execute.js'

interface Waiting {
  readonly call: Call<unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (reason: unknown) => void
}

/** Calls that go to the same role under the same deadline. */
interface Group {
  readonly bounds: Bounds
  readonly waiting: Waiting[]
}

/**
 * Calls of one tick that leave as one command: many GETs as an MGET, a fraction of the work for both sides.
 * What the server refuses as a whole is asked again one by one, so that each caller gets its own answer.
 */
export class Gatherer {
  readonly #run: <Out>(call: Call<Out>, bounds: Bounds) => Promise<Out>
  readonly #groups = new Map<ReadFrom, Group>()
  /** The user may not run the command for many, or not on all keys: each call goes alone from then on. */
  #alone = false

  constructor(run: <Out>(call: Call<Out>, bounds: Bounds) => Promise<Out>) {
    this.#run = run
  }

  execute<Out>(call: Call<Out>, bounds: Bounds): Promise<Out> {
    if (this.#alone) return this.#run(call, bounds)
    if (this.#groups.size === 0) process.nextTick(() => this.flush())
    const group = this.#groups.get(bounds.readFrom) ?? this.#open(bounds)
    return new Promise((resolve, reject) => {
      group.waiting.push({ call, resolve, reject } as Waiting)
      if (group.waiting.length === most) this.#send(group)
    })
  }

  /** Sends what was gathered so far. */
  flush(): void {
    for (const group of this.#groups.values()) this.#send(group)
  }

  #open(bounds: Bounds): Group {
    const group: Group = { bounds, waiting: [] }
    this.#groups.set(bounds.readFrom, group)
    return group
  }

  #send({ bounds, waiting }: Group): void {
    this.#groups.delete(bounds.readFrom)
    const together = waiting.length === 1 ? undefined : waiting[0]?.call.together
    if (together === undefined) return this.#sendEach(waiting, bounds)
    this.#run(together(waiting.map(({ call }) => call)), bounds).then(
      (replies) => waiting.forEach(({ call, resolve }, index) => resolve(call.reply(replies[index] as Reply))),
      (error: unknown) => {
        if (error instanceof AuthenticationError) this.#alone = true
        if (error instanceof AuthenticationError || error instanceof CommandError) this.#sendEach(waiting, bounds)
        else for (const { reject } of waiting) reject(error)
      },
    )
  }

  #sendEach(waiting: readonly Waiting[], bounds: Bounds): void {
    for (const { call, resolve, reject } of waiting) this.#run(call, bounds).then(resolve, reject)
  }
}

/** Calls in one command: the first are answered while the server works on the next, and nobody else waits for long. */
const most = 32
