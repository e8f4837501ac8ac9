import type { Node } from '../../connection/node.js'
import type { MaxPending } from '../../connection/options.js'
import { onAbort } from '../../connection/on-abort.js'
import { Sweeper } from '../../connection/sweeper.js'
import { sizeOf } from '../../connection/resp/encoder.js'
import { OverflowError } from '../../errors.js'
import type { Clock, Milliseconds } from '../../units.js'
import type { Request } from '../command.js'
import type { CallContext } from './router.js'

/** Finds a node for a request, if there is one to use now; throws when waiting for one is in vain. */
export type Choose = (request: Request, context: CallContext) => Node | undefined

/** Why a request waited in vain. */
export type Explain = (request: Request, context: CallContext) => Error

interface Waiter {
  readonly request: Request
  readonly context: CallContext
  readonly bytes: number
  readonly since: Milliseconds
  readonly resolve: (node: Node) => void
  readonly reject: (reason: unknown) => void
  readonly release: () => void
}

/**
 * Where calls wait for a node, in the order they came; bounded by count, bytes and their deadlines.
 * However many wait, they leave in groups, so that this process does other things in between.
 */
export class WaitingRoom {
  readonly #name: string
  readonly #most: MaxPending
  readonly #clock: Clock
  readonly #choose: Choose
  readonly #explain: Explain
  readonly #sweeper: Sweeper
  readonly #waiters = new Set<Waiter>()
  #bytes = 0
  #leaving: NodeJS.Immediate | undefined
  #verdict: { readonly explain: Explain; readonly waited: Milliseconds } | undefined

  constructor(name: string, most: MaxPending, clock: Clock, choose: Choose, explain: Explain) {
    this.#name = name
    this.#most = most
    this.#clock = clock
    this.#choose = choose
    this.#explain = explain
    this.#sweeper = new Sweeper(clock, (now) => this.#sweep(now))
  }

  /** Whether some who can be served are still here: whoever comes after them stands in line. */
  get isLeaving(): boolean {
    return this.#leaving !== undefined
  }

  wait(request: Request, context: CallContext): Promise<Node> {
    const { signal } = context
    if (signal?.aborted) return Promise.reject(signal.reason as Error)
    if (this.#verdict?.waited === 0) return Promise.reject(this.#verdict.explain(request, context))
    const bytes = sizeOf(request.args)
    if (!this.#hasRoomFor(bytes)) return Promise.reject(new OverflowError(this.#name, this.#crowd()))
    return new Promise((resolve, reject) => {
      const release = signal === undefined ? nothing : onAbort(signal, () => this.#refuse(waiter, signal.reason))
      const waiter: Waiter = { request, context, bytes, since: this.#clock.now(), resolve, reject, release }
      this.#waiters.add(waiter)
      this.#bytes += bytes
      this.#sweeper.start()
    })
  }

  /** Something changed: sends off everybody who can be served now, oldest first. */
  wake(): void {
    this.#verdict = undefined
    this.#serveGroup()
  }

  /** Refuses everybody who has waited for this long, now and until {@link wake} brings hope; 0 is whoever comes. */
  fail(explain: Explain, waited: Milliseconds): void {
    this.#verdict = { explain, waited }
    this.#sweep(this.#clock.now())
  }

  #serveGroup(): void {
    let served = 0
    for (const waiter of this.#waiters) if (this.#serve(waiter) && ++served === groupSize) return this.#serveNext()
  }

  #serveNext(): void {
    this.#leaving ??= setImmediate(() => {
      this.#leaving = undefined
      this.#serveGroup()
    })
  }

  /** @returns whether it left */
  #serve(waiter: Waiter): boolean {
    try {
      const node = this.#choose(waiter.request, waiter.context)
      if (node === undefined) return false
      this.#remove(waiter)
      waiter.resolve(node)
    } catch (reason) {
      this.#refuse(waiter, reason)
    }
    return true
  }

  /** One of any size fits when nobody else waits, as on a connection. */
  #hasRoomFor(bytes: number): boolean {
    const { size } = this.#waiters
    return size < this.#most.commands && (size === 0 || this.#bytes + bytes <= this.#most.bytes)
  }

  #crowd(): string {
    return `${this.#waiters.size} calls (${this.#bytes} bytes) wait for a node already; send less, or raise maxPending`
  }

  #sweep(now: Milliseconds): boolean {
    let refused = 0
    for (const waiter of this.#waiters) {
      const reason = this.#reasonToLeave(waiter, now)
      if (reason !== undefined) this.#refuse(waiter, reason)
      if (reason !== undefined && ++refused === groupSize) break
    }
    return this.#waiters.size > 0
  }

  #reasonToLeave({ request, context, since }: Waiter, now: Milliseconds): Error | undefined {
    if (context.deadline <= now) return this.#explain(request, context)
    const late = this.#verdict !== undefined && since + this.#verdict.waited <= now
    return late ? this.#verdict?.explain(request, context) : undefined
  }

  #refuse(waiter: Waiter, reason: unknown): void {
    this.#remove(waiter)
    waiter.reject(reason)
  }

  #remove(waiter: Waiter): void {
    this.#waiters.delete(waiter)
    this.#bytes -= waiter.bytes
    waiter.release()
  }
}

function nothing(): void {}

/** A few ms of work. */
const groupSize = 500
