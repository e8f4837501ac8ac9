import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecuteOptions } from '../connection/connection.js'
import { Node } from '../connection/node.js'
import type { ReadFrom } from '../topology/read-from.js'
import type { Clock, Milliseconds } from '../units.js'
import type { Call } from './command.js'
import { finalError, mayRetry, retryPause } from './retry.js'
import type { CallContext, Router } from './routing/router.js'

/** What the executor must know of the work, beside how to do it. */
export type Job = Pick<Call<unknown>, 'name' | 'intent' | 'keys' | 'args' | 'idempotent'>

/** How the work is done on one node, and how its outcome reads. */
export interface Work<Raw, Out> {
  readonly attempt: (node: Node, options: ExecuteOptions) => Promise<Raw>
  readonly read: (raw: Raw) => Out
}

/** What all attempts of one call share. */
export interface Bounds {
  readonly deadline: Milliseconds
  readonly signal: AbortSignal | undefined
  readonly readFrom: ReadFrom
}

/** The only retry loop: picks a node, tries, takes failures as evidence, tries elsewhere while that is safe and there is time. */
export class Executor {
  readonly #router: Router
  readonly #attemptTimeout: Milliseconds
  readonly #clock: Clock

  constructor(router: Router, attemptTimeout: Milliseconds, clock: Clock) {
    this.#router = router
    this.#attemptTimeout = attemptTimeout
    this.#clock = clock
  }

  run<Raw, Out>(job: Job, bounds: Bounds, work: Work<Raw, Out>): Promise<Out> {
    return this.#try(job, { ...bounds, started: this.#clock.now(), attempts: 0, tried: untried }, work)
  }

  #try<Raw, Out>(job: Job, progress: Progress, work: Work<Raw, Out>): Promise<Out> {
    try {
      const node = this.#router.pick(job, progress)
      if (node instanceof Node) return this.#attempt(job, progress, work, node)
      return node.then((picked) => this.#attempt(job, progress, work, picked))
    } catch (error) {
      return Promise.reject(error as Error)
    }
  }

  #attempt<Raw, Out>(job: Job, progress: Progress, work: Work<Raw, Out>, node: Node): Promise<Out> {
    const deadline = Math.min(this.#clock.now() + this.#attemptTimeout, progress.deadline)
    const recover = (error: unknown): Promise<Out> => this.#recover(job, progress, work, node, error)
    return work.attempt(node, { deadline, signal: progress.signal }).then(work.read, recover)
  }

  async #recover<Raw, Out>(
    job: Job,
    progress: Progress,
    work: Work<Raw, Out>,
    node: Node,
    error: unknown,
  ): Promise<Out> {
    this.#router.failed(node, error)
    const { deadline, signal, started } = progress
    if (signal?.aborted) throw signal.reason
    if (!mayRetry(error, job)) throw error
    const attempts = progress.attempts + 1
    const pause = retryPause(attempts, Math.random())
    const now = this.#clock.now()
    if (now + pause >= deadline) throw finalError(error, job.name, now - started)
    if (pause > 0) await pauseFor(pause, signal)
    return this.#try(job, { ...progress, attempts, tried: new Set([...progress.tried, node]) }, work)
  }
}

interface Progress extends CallContext {
  readonly started: Milliseconds
  readonly attempts: number
}

async function pauseFor(pause: Milliseconds, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(pause, undefined, signal === undefined ? {} : { signal })
  } catch {
    throw signal?.reason
  }
}

const untried: ReadonlySet<Node> = new Set()
