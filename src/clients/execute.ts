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
  /** What one attempt may take, in ms. @default the executor's */
  readonly attemptTimeout?: Milliseconds | undefined
  /** The node that is taken while it is up. @default the router's choice */
  readonly prefer?: Node | undefined
}

/**
 * The only retry loop: picks a node, tries, takes failures as evidence, tries elsewhere while that is safe and there is
 * time. Knows what runs, for sockets cannot tell: other clients may use the same.
 */
export class Executor {
  readonly #router: Router
  readonly #attemptTimeout: Milliseconds
  readonly #clock: Clock
  readonly #running = new Set<Running<unknown, unknown>>()
  #idle: (() => void) | undefined

  constructor(router: Router, attemptTimeout: Milliseconds, clock: Clock) {
    this.#router = router
    this.#attemptTimeout = attemptTimeout
    this.#clock = clock
  }

  run<Raw, Out>(job: Job, bounds: Bounds, work: Work<Raw, Out>): Promise<Out> {
    return new Promise((resolve, reject) => {
      const running = new Running(job, bounds, work, this.#clock.now(), resolve, reject)
      this.#running.add(running as Running<unknown, unknown>)
      this.#try(running)
    })
  }

  /** Resolves when nothing runs any more. */
  async settled(): Promise<void> {
    if (this.#running.size > 0) await new Promise<void>((resolve) => (this.#idle = resolve))
  }

  /** Rejects what runs, now; what becomes of its commands is nobody's concern any more. */
  abandon(reason: Error): void {
    for (const running of this.#running) this.#fail(running, reason)
  }

  #try<Raw, Out>(running: Running<Raw, Out>): void {
    const fail = (error: unknown): void => this.#fail(running, error)
    try {
      const node = running.preferred() ?? this.#router.pick(running.job, running)
      if (node instanceof Node) this.#attempt(running, node)
      else node.then((picked) => this.#attempt(running, picked), fail)
    } catch (error) {
      fail(error)
    }
  }

  #attempt<Raw, Out>(running: Running<Raw, Out>, node: Node): void {
    const { work, signal, attemptTimeout = this.#attemptTimeout } = running
    const deadline = Math.min(this.#clock.now() + attemptTimeout, running.deadline)
    work.attempt(node, { deadline, signal }).then(
      (raw) => this.#succeed(running, raw),
      (error: unknown) => this.#recover(running, node, error),
    )
  }

  #recover<Raw, Out>(running: Running<Raw, Out>, node: Node, error: unknown): void {
    this.#router.failed(node, error)
    const { job, signal, deadline, started } = running
    if (signal?.aborted) return this.#fail(running, signal.reason)
    if (!mayRetry(error, job, this.#router.settling)) return this.#fail(running, error)
    const pause = retryPause(running.failedOn(node), Math.random())
    const now = this.#clock.now()
    if (now + pause >= deadline) return this.#fail(running, finalError(error, job.name, now - started))
    if (pause === 0) return this.#try(running)
    sleep(pause, undefined, signal === undefined ? {} : { signal }).then(
      () => this.#try(running),
      () => this.#fail(running, signal?.reason),
    )
  }

  #succeed<Raw, Out>(running: Running<Raw, Out>, raw: Raw): void {
    this.#end(running)
    try {
      running.resolve(running.work.read(raw))
    } catch (error) {
      running.reject(error)
    }
  }

  #fail<Raw, Out>(running: Running<Raw, Out>, reason: unknown): void {
    this.#end(running)
    running.reject(reason)
  }

  #end<Raw, Out>(running: Running<Raw, Out>): void {
    this.#running.delete(running as Running<unknown, unknown>)
    if (this.#running.size === 0) this.#idle?.()
  }
}

/** One call between its first attempt and its outcome. */
class Running<Raw, Out> implements CallContext {
  readonly job: Job
  readonly work: Work<Raw, Out>
  readonly deadline: Milliseconds
  readonly signal: AbortSignal | undefined
  readonly readFrom: ReadFrom
  readonly attemptTimeout: Milliseconds | undefined
  readonly started: Milliseconds
  readonly resolve: (value: Out) => void
  readonly reject: (reason: unknown) => void
  tried: ReadonlySet<Node> = untried
  readonly #prefer: Node | undefined
  #attempts = 0

  constructor(
    job: Job,
    { deadline, signal, readFrom, attemptTimeout, prefer }: Bounds,
    work: Work<Raw, Out>,
    started: Milliseconds,
    resolve: (value: Out) => void,
    reject: (reason: unknown) => void,
  ) {
    this.job = job
    this.work = work
    this.deadline = deadline
    this.signal = signal
    this.readFrom = readFrom
    this.attemptTimeout = attemptTimeout
    this.#prefer = prefer
    this.started = started
    this.resolve = resolve
    this.reject = reject
  }

  preferred(): Node | undefined {
    const node = this.#prefer
    return node?.state === 'up' && !this.tried.has(node) ? node : undefined
  }

  /** @returns how many attempts have failed by now */
  failedOn(node: Node): number {
    this.tried = new Set([...this.tried, node])
    return ++this.#attempts
  }
}

const untried: ReadonlySet<Node> = new Set()
