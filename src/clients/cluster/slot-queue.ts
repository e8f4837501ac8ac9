import { Deadline, deadlines, type DeadlineQueue } from '../../connection/deadlines.js'
import { onAbort } from '../../connection/on-abort.js'
import type { MaxPending } from '../../connection/options.js'
import { OverflowError } from '../../errors.js'
import type { Milliseconds } from '../../units.js'

/** A call that waits until its slot can be served. */
export interface SlotCall {
  readonly slot: number
  readonly deadline: Milliseconds
  readonly signal: AbortSignal | undefined
  /** The bytes that it takes on the wire, about. */
  readonly bytes: number
  /** Where it stands among calls that were sent before; they go before all others. `undefined`: it was not sent. */
  readonly sent: SentBefore | undefined
  readonly go: () => void
  readonly fail: (reason: unknown) => void
}

/** A call that its server redirected. */
export interface SentBefore {
  /** Who sent it; of several calls of one sender the sequence decides which goes first. */
  readonly by: object
  readonly sequence: number
  /** What has to be over before it goes on. */
  readonly after: readonly Promise<unknown>[]
}

/**
 * Where calls wait for their slot, in the order in which they were made: while no server serves it, and while older calls of
 * the slot are not over at the server that had it before. Bounded by count, bytes and their deadlines.
 */
export class SlotQueue {
  readonly #name: string
  readonly #most: MaxPending
  readonly #isServed: (slot: number) => boolean
  readonly #explain: (slot: number) => unknown
  readonly #queue: DeadlineQueue
  readonly #lines = new Map<number, Line>()
  #size = 0
  #bytes = 0
  #idle: (() => void) | undefined

  /**
   * @param isServed whether a server for the slot is known
   * @param explain why a call has waited in vain
   */
  constructor(
    name: string,
    most: MaxPending,
    isServed: (slot: number) => boolean,
    explain: (slot: number) => unknown,
    queue: DeadlineQueue = deadlines,
  ) {
    this.#name = name
    this.#most = most
    this.#isServed = isServed
    this.#explain = explain
    this.#queue = queue
  }

  /** Whether no slot has to be waited for. */
  get idle(): boolean {
    return this.#lines.size === 0
  }

  /** Whether calls wait. */
  get busy(): boolean {
    return this.#size > 0
  }

  /** Whether a call of this slot has to wait. */
  holds(slot: number): boolean {
    return this.#lines.has(slot)
  }

  /** Whether a redirected call of this slot waits. */
  holdsRedirected(slot: number): boolean {
    return (this.#lines.get(slot)?.redirected.length ?? 0) > 0
  }

  /** Lets calls of a slot that were not sent yet wait until what this returns is called, whatever else they wait for. */
  hold(slot: number): () => void {
    const line = this.#line(slot)
    line.holds++
    let holds = true
    return () => {
      if (!holds) return
      holds = false
      line.holds--
      this.serve(slot)
    }
  }

  wait(call: SlotCall): void {
    const { slot, signal, fail, bytes, sent } = call
    if (signal?.aborted) return fail(signal.reason)
    if (this.#size >= this.#most.commands || this.#bytes + bytes > this.#most.bytes)
      return fail(new OverflowError(this.#name, this.#problem()))
    const line = this.#line(slot)
    const waiting = new WaitingCall(call, () => this.#refuse(waiting, this.#explain(slot)))
    if (signal !== undefined) waiting.stop = onAbort(signal, () => this.#refuse(waiting, signal.reason))
    if (sent === undefined) line.calls.add(waiting)
    else this.#insert(waiting, sent, line)
    this.#size++
    this.#bytes += bytes
    this.#queue.add(waiting)
    this.serve(slot)
  }

  /** Lets the calls of a slot go if they can be served now; many of them in groups, so that others run in between. */
  serve(slot: number): void {
    const line = this.#lines.get(slot)
    if (line === undefined || line.leaving) return
    let left = groupSize
    for (const waiting of inOrder(line)) {
      if (!this.#mayGo(waiting, line)) return
      if (left-- === 0) return this.#serveLater(slot, line)
      this.#remove(waiting)
      waiting.call.go()
    }
    this.#dropIfIdle(slot, line)
  }

  /** Lets the calls of all slots go that can be served now. */
  serveAll(): void {
    for (const slot of this.#lines.keys()) this.serve(slot)
  }

  /** Refuses everybody who waits. */
  fail(reasonOf: (slot: number) => unknown): void {
    for (const [slot, line] of this.#lines) for (const waiting of inOrder(line)) this.#refuse(waiting, reasonOf(slot))
  }

  /** Resolves when nobody waits any more. */
  async emptied(): Promise<void> {
    if (this.#size > 0) await new Promise<void>((resolve) => (this.#idle = resolve))
  }

  #line(slot: number): Line {
    let line = this.#lines.get(slot)
    if (line === undefined) this.#lines.set(slot, (line = emptyLine()))
    return line
  }

  #insert(waiting: WaitingCall, sent: SentBefore, { redirected }: Line): void {
    const before = redirected.findLastIndex(
      ({ call }) => call.sent?.by !== sent.by || call.sent.sequence <= sent.sequence,
    )
    redirected.splice(before + 1, 0, waiting)
    waiting.held = sent.after.length
    for (const over of sent.after)
      void over.then(() => {
        waiting.held--
        this.serve(waiting.call.slot)
      })
  }

  #mayGo({ call: { slot, sent }, held }: WaitingCall, { holds }: Line): boolean {
    return sent === undefined ? holds === 0 && this.#isServed(slot) : held === 0
  }

  #serveLater(slot: number, line: Line): void {
    line.leaving = true
    setImmediate(() => {
      line.leaving = false
      this.serve(slot)
    })
  }

  #refuse(waiting: WaitingCall, reason: unknown): void {
    const { slot, fail } = waiting.call
    this.#remove(waiting)
    fail(reason)
    const line = this.#lines.get(slot)
    if (line !== undefined) this.#dropIfIdle(slot, line)
  }

  #remove(waiting: WaitingCall): void {
    const { slot, bytes } = waiting.call
    const line = this.#lines.get(slot)
    waiting.stop?.()
    this.#queue.remove(waiting)
    if (line === undefined || !taken(waiting, line)) return
    this.#size--
    this.#bytes -= bytes
    if (this.#size === 0) this.#idle?.()
  }

  #dropIfIdle(slot: number, { calls, redirected, holds, leaving }: Line): void {
    if (calls.size + redirected.length + holds === 0 && !leaving) this.#lines.delete(slot)
  }

  #problem(): string {
    return `${this.#size} calls (${this.#bytes} bytes) wait for their slots already; send less, or raise maxPending`
  }
}

/** The calls of one slot. */
interface Line {
  /** Those that were sent before, in their order. */
  readonly redirected: WaitingCall[]
  /** The others, in their order. */
  readonly calls: Set<WaitingCall>
  /** How many reasons there are for the others to wait. */
  holds: number
  /** Whether the next group goes in the next turn of the loop. */
  leaving: boolean
}

function emptyLine(): Line {
  return { redirected: [], calls: new Set(), holds: 0, leaving: false }
}

/** Takes a call out of its line; false when it was not there. */
function taken(waiting: WaitingCall, { redirected, calls }: Line): boolean {
  if (calls.delete(waiting)) return true
  const at = redirected.indexOf(waiting)
  if (at >= 0) redirected.splice(at, 1)
  return at >= 0
}

function* inOrder({ redirected, calls }: Line): Generator<WaitingCall> {
  yield* redirected.slice()
  yield* calls
}

class WaitingCall extends Deadline {
  readonly call: SlotCall
  readonly #late: () => void
  /** How many of those are not over that it goes after. */
  held = 0
  /** Stops listening to the caller's signal. */
  stop: (() => void) | undefined

  constructor(call: SlotCall, late: () => void) {
    super(call.deadline)
    this.call = call
    this.#late = late
  }

  expire(): void {
    this.#late()
  }
}

/** A few ms of work. */
const groupSize = 64
