import type { ErrorReply, Reply } from '../connection/connection.js'
import type { ReplySources } from './client.js'
import type { Call } from './command.js'
import { TickGroups, type GatheredUntil } from './tick-groups.js'
import type { Bounds } from './work.js'

type Replies = readonly (Reply | ErrorReply)[]

/** Runs calls in one trip, and notes which connection answered each of them. */
type RunBatch = (calls: readonly Call<unknown>[], bounds: Bounds, sources: ReplySources) => Promise<Replies>

interface Waiting {
  readonly calls: readonly Call<unknown>[]
  readonly sources: ReplySources
  readonly resolve: (replies: Replies) => void
  readonly reject: (reason: unknown) => void
}

/**
 * Small batches of reads of one tick that leave as one: what a batch takes beside its commands is paid once for all
 * (`bench/suites/near.mjs`, reads by Zipf). A larger one goes alone, behind what was gathered: it would gain nothing, and
 * all of one batch are answered together, or fail together.
 */
export class BatchGatherer {
  readonly #run: RunBatch
  readonly #groups: TickGroups<Waiting>

  constructor(run: RunBatch, until: GatheredUntil = 'tick') {
    this.#run = run
    this.#groups = new TickGroups(most, (waiting, bounds) => void this.#send(waiting, bounds), until)
  }

  /** @param bounds without a signal; the deadline of the first of a group is that of all, for they are of one tick or turn */
  batch(calls: readonly Call<unknown>[], bounds: Bounds, sources: ReplySources): Promise<Replies> {
    if (calls.length > small) return this.#alone(calls, bounds, sources)
    return new Promise((resolve, reject) =>
      this.#groups.add({ calls, sources, resolve, reject }, undefined, bounds, calls.length),
    )
  }

  /** Sends what was gathered so far: what comes now must not overtake it. */
  flush(): void {
    this.#groups.flush()
  }

  #alone(calls: readonly Call<unknown>[], bounds: Bounds, sources: ReplySources): Promise<Replies> {
    this.flush()
    return this.#run(calls, bounds, sources)
  }

  async #send(waiting: readonly Waiting[], bounds: Bounds): Promise<void> {
    const sources: ReplySources = new Map()
    try {
      const all = waiting.flatMap(({ calls }) => calls)
      answer(waiting, await this.#run(all, bounds, sources), sources)
    } catch (error) {
      for (const { reject } of waiting) reject(error)
    }
  }
}

function answer(waiting: readonly Waiting[], replies: Replies, sources: ReplySources): void {
  let at = 0
  for (const { calls, sources: own, resolve } of waiting) {
    for (const call of calls) {
      const source = sources.get(call)
      if (source !== undefined) own.set(call, source)
    }
    resolve(replies.slice(at, (at += calls.length)))
  }
}

/** Calls of the largest batch that is gathered: those of one key, with its tags. */
const small = 4
/** Calls that leave together: the first are answered while the server works on the next, and nobody else waits for long. */
const most = 64
