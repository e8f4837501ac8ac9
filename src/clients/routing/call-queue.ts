import type { Node } from '../../connection/node.js'
import type { MaxPending } from '../../connection/options.js'
import { Deadline, deadlines, type DeadlineQueue } from '../../connection/deadlines.js'
import { onAbort } from '../../connection/on-abort.js'
import { sizeOf } from '../../connection/resp/encoder.js'
import { OverflowError } from '../../errors.js'
import type { Milliseconds } from '../../units.js'
import type { Request } from '../command.js'
import { Lane, type InLine } from './lane.js'
import type { CallContext } from './router.js'
import { WaitingWrites, type Place } from './waiting-writes.js'

/** Finds a node for a request, if there is one to use now; throws when waiting for one is in vain. */
export type Choose = (request: Request, context: CallContext) => Node | undefined

/** Why a request waited in vain. */
export type Explain = (request: Request, context: CallContext) => Error

/** What the calls of a lane have in common: where one can be served, all can. */
export type LaneKey = string | ((...args: never) => unknown)

/** The lane of all writes, and of the reads that must not overtake one. */
export const writeLane: LaneKey = 'write'

/**
 * Where calls wait for a node, in the order in which they were made; bounded by count, bytes and their deadlines.
 * Calls that can be served by the same nodes wait in one lane, so that a look at its first tells of all. However many
 * wait, they leave in groups, so that this process does other things in between.
 */
export class CallQueue {
  readonly #name: string
  readonly #most: MaxPending
  readonly #choose: Choose
  readonly #explain: Explain
  readonly #queue: DeadlineQueue
  readonly #lanes = new Map<LaneKey, Lane<WaitingCall>>()
  readonly #writes = new WaitingWrites()
  #size = 0
  #bytes = 0
  #leaving = false
  #refused: Explain | undefined

  constructor(name: string, most: MaxPending, choose: Choose, explain: Explain, queue: DeadlineQueue = deadlines) {
    this.#name = name
    this.#most = most
    this.#choose = choose
    this.#explain = explain
    this.#queue = queue
  }

  /** Whether writes wait: a later one stands in line. */
  get hasWrites(): boolean {
    return (this.#lanes.get(writeLane)?.size ?? 0) > 0
  }

  /**
   * Whether a write waits that is older than a call and touches one of its keys; a call without keys touches all. Hot
   * path: a call's list of keys may be made when it is asked for, and as a rule no writes wait.
   */
  holdsOlderWrite(call: Pick<Request, 'keys'>, { sequence }: Pick<CallContext, 'sequence'>): boolean {
    const writes = this.#lanes.get(writeLane)
    if (writes?.first === undefined) return false
    const { keys } = call
    return keys.length > 0 ? this.#writes.hasOlder(keys, sequence) : writes.first.sequence < sequence
  }

  /** @param patience for a read in the lane of writes: when it may be served without its turn, on the loop clock */
  wait(request: Request, context: CallContext, lane: LaneKey, patience?: Milliseconds): Promise<Node> {
    const { signal } = context
    if (signal?.aborted) return Promise.reject(signal.reason as Error)
    if (this.#refused !== undefined) return Promise.reject(this.#refused(request, context))
    const bytes = Math.min(sizeOf(request.args), this.#most.bytes / 2)
    if (this.#size >= this.#most.commands || this.#bytes + bytes > this.#most.bytes)
      return Promise.reject(new OverflowError(this.#name, this.#problem()))
    return new Promise((resolve, reject) => {
      const due = Math.min(context.deadline, patience ?? Infinity)
      const call = new WaitingCall(this, due, request, context, lane, bytes, resolve, reject)
      if (signal !== undefined) call.release = onAbort(signal, () => this.#refuse(call, signal.reason))
      this.#add(call)
    })
  }

  /** Something changed: sends off everybody who can be served now, oldest first. */
  wake(): void {
    this.#refused = undefined
    if (this.#size > 0) this.#serveGroup()
  }

  /** Refuses everybody, now and until {@link wake}. */
  fail(explain: Explain): void {
    this.#refused = explain
    this.#refuseGroup()
  }

  /** Rejects refused writes of these keys that are older than one that has run. */
  overtake(keys: readonly string[], sequence: number): void {
    if (!this.holdsOlderWrite({ keys }, { sequence })) return
    for (const call of this.#lanes.get(writeLane) ?? []) {
      if (call.sequence > sequence) return
      const { refusal } = call.context
      if (refusal !== undefined && sharesKey(call.request.keys, keys)) this.#refuse(call, refusal)
    }
  }

  /** @internal */
  expired(call: WaitingCall): void {
    const { request, context } = call
    if (context.deadline > call.due) return this.#loseTurn(call)
    this.#refuse(call, this.#explain(request, context))
  }

  /** A read has waited behind writes for long enough: any node that may serve it, and is not in doubt, will do. */
  #loseTurn(call: WaitingCall): void {
    const { context } = call
    this.#remove(call)
    call.lane = lateLane(context)
    call.due = context.deadline
    this.#add(call)
    // The older writes of its keys may be able to leave, and nothing else that happens may tell so.
    if (!this.#serve(call)) this.#serveSoon()
  }

  #add(call: WaitingCall): void {
    let lane = this.#lanes.get(call.lane)
    if (lane === undefined) this.#lanes.set(call.lane, (lane = new Lane()))
    lane.add(call)
    this.#size++
    this.#bytes += call.bytes
    if (isOrderedWrite(call.request)) call.places = this.#writes.add(call.sequence, call.request.keys)
    this.#queue.add(call)
  }

  #remove(call: WaitingCall): void {
    this.#lanes.get(call.lane)?.remove(call)
    this.#size--
    this.#bytes -= call.bytes
    if (call.places !== undefined) this.#writes.remove(call.places)
    this.#queue.remove(call)
  }

  #serveGroup(): void {
    const open = new Set(this.#lanes.values())
    for (let served = 0; served < groupSize; served++) {
      const call = oldestOf(open)
      if (call === undefined) return
      if (!this.#serve(call)) open.delete(this.#lanes.get(call.lane) as Lane<WaitingCall>)
      // The first of another lane may have waited for this write.
      else if (call.places !== undefined) for (const lane of this.#lanes.values()) open.add(lane)
    }
    this.#serveSoon()
  }

  #serveSoon(): void {
    if (this.#leaving) return
    this.#leaving = true
    setImmediate(() => {
      this.#leaving = false
      this.#serveGroup()
    })
  }

  /** @returns whether it left */
  #serve(call: WaitingCall): boolean {
    const { request, context } = call
    try {
      if (context.deadline <= this.#queue.clock.recent()) throw this.#explain(request, context)
      const node = this.#choose(request, context)
      if (node === undefined) return false
      this.#remove(call)
      call.release?.()
      call.resolve(node)
    } catch (reason) {
      this.#refuse(call, reason)
    }
    return true
  }

  #refuseGroup(): void {
    for (let count = 0; this.#refused !== undefined && this.#size > 0; count++) {
      const call = oldestOf(this.#lanes.values()) as WaitingCall
      this.#refuse(call, this.#refused(call.request, call.context))
      if (count === groupSize) return void setImmediate(() => this.#refuseGroup())
    }
  }

  #refuse(call: WaitingCall, reason: unknown): void {
    this.#remove(call)
    call.release?.()
    call.reject(reason)
  }

  #problem(): string {
    return `${this.#size} calls (${this.#bytes} bytes) wait for a node already; send less, or raise maxPending`
  }
}

/** A call that waits for a node. */
export class WaitingCall extends Deadline implements InLine<WaitingCall> {
  declare readonly request: Request
  declare readonly context: CallContext
  declare readonly bytes: number
  declare readonly resolve: (node: Node) => void
  declare readonly reject: (reason: unknown) => void
  declare lane: LaneKey
  /** Stops listening to the caller's signal. */
  declare release: (() => void) | undefined
  /** An ordered write's, while it waits. */
  declare places: readonly Place[] | undefined
  declare before: WaitingCall | undefined
  declare after: WaitingCall | undefined
  declare readonly owner: CallQueue

  constructor(
    owner: CallQueue,
    due: Milliseconds,
    request: Request,
    context: CallContext,
    lane: LaneKey,
    bytes: number,
    resolve: (node: Node) => void,
    reject: (reason: unknown) => void,
  ) {
    super(due)
    this.owner = owner
    this.request = request
    this.context = context
    this.lane = lane
    this.bytes = bytes
    this.resolve = resolve
    this.reject = reject
    this.release = undefined
    this.places = undefined
    this.before = undefined
    this.after = undefined
  }

  /** Its place among all calls of its cache. */
  get sequence(): number {
    return this.context.sequence
  }

  expire(): void {
    this.owner.expired(this)
  }
}

/** Whether later calls of its keys must not overtake it. */
export function isOrderedWrite({ intent, unordered }: Request): boolean {
  return intent === 'write' && unordered !== true
}

/** The oldest call of several lanes. */
function oldestOf(lanes: Iterable<Lane<WaitingCall>>): WaitingCall | undefined {
  let oldest: WaitingCall | undefined
  for (const { first } of lanes)
    if (first !== undefined && first.sequence < (oldest?.sequence ?? Infinity)) oldest = first
  return oldest
}

/** A read that lost its turn may have to wait on where others of its `readFrom` need not. */
function lateLane({ readFrom }: CallContext): LaneKey {
  return typeof readFrom === 'string' ? `late ${readFrom}` : readFrom
}

function sharesKey(one: readonly string[], other: readonly string[]): boolean {
  return one.length === 0 || other.length === 0 || one.some((key) => other.includes(key))
}

/** A few ms of work. */
const groupSize = 64
