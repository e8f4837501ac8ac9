import { monotonicClock, type Clock, type Milliseconds } from '../units.js'
import { LoopClock } from './loop-clock.js'

/** Something that happens at its deadline, unless it is removed from the {@link DeadlineQueue} before. */
export abstract class Deadline {
  /** When it is due, in ms on the loop clock; `Infinity`: never. */
  declare due: Milliseconds
  /** @internal The neighbours in the queue. */
  declare previous: Deadline | undefined
  /** @internal */
  declare next: Deadline | undefined

  /** Hot path: fields are declared and assigned once, here and in the classes that stand on this one. */
  constructor(due: Milliseconds) {
    this.due = due
    this.previous = undefined
    this.next = undefined
  }

  /** Called once, when the deadline is over. */
  abstract expire(now: Milliseconds): void
}

/**
 * The one queue of everything that has a deadline: commands, calls that wait, connection attempts.
 * Shape: a wheel of slots of 10 ms, each a linked list. Adding and removing take the same time however many wait, and
 * nothing walks those who stay. A deadline is 10 to 30 ms late: the time of the tick before decides, so that a poll
 * phase lies between, and replies that have arrived are read before anything expires.
 * Bounds: one turn of the loop expires for 3 ms at most; the rest follows in the next turns.
 */
export class DeadlineQueue {
  readonly clock: LoopClock
  readonly #slots = new Map<number, Slot>()
  /** The slot that was used last: most deadlines of one moment are the same. */
  #latest: Slot = new Slot(-1)
  /** The first slot that is not over. */
  #first = 0
  #size = 0
  #ticked: Milliseconds = 0
  #timer: NodeJS.Timeout | undefined
  #ticking = false
  #expiring: NodeJS.Immediate | undefined
  readonly #overdue = new Slot(-1)

  constructor(clock: LoopClock = new LoopClock()) {
    this.clock = clock
  }

  /** How many wait. */
  get size(): number {
    return this.#size
  }

  /**
   * A deadline so many ms from now, for what is added later. From now on the clock ticks, so that it does not pass while
   * our own loop stands still before that.
   */
  dueIn(time: Milliseconds): Milliseconds {
    if (!this.#ticking) this.#start()
    return this.clock.recent() + time
  }

  add(entry: Deadline): void {
    if (!(entry.due < Infinity)) return
    if (!this.#ticking) this.#start()
    const index = Math.max(this.#first, Math.floor(entry.due / slotWidth))
    const slot = index === this.#latest.index ? this.#latest : this.#slot(index)
    slot.add(entry)
    this.#size++
  }

  /** Takes it out; does nothing when it is not in. */
  remove(entry: Deadline): void {
    const { previous, next } = entry
    if (previous === undefined || next === undefined) return
    previous.next = next
    next.previous = previous
    entry.previous = entry.next = undefined
    this.#size--
  }

  #slot(index: number): Slot {
    let slot = this.#slots.get(index)
    if (slot === undefined) this.#slots.set(index, (slot = new Slot(index)))
    return (this.#latest = slot)
  }

  #start(): void {
    this.#ticking = true
    this.clock.tick()
    this.#ticked = this.clock.now()
    this.#first = Math.floor(this.#ticked / slotWidth)
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#tick(), slotWidth)
    else this.#timer.refresh()
  }

  #tick(): void {
    const before = this.#ticked
    this.clock.tick()
    this.#ticked = this.clock.now()
    this.#collect(Math.floor(before / slotWidth))
    if (this.#expiring === undefined) this.#expire()
    if (this.#size > 0) this.#timer?.refresh()
    else this.#rest()
  }

  #rest(): void {
    this.#ticking = false
    this.#slots.clear()
    this.#latest = new Slot(-1)
    this.clock.rest()
  }

  /** Moves what is over into one list. */
  #collect(end: number): void {
    for (; this.#first < end; this.#first++) {
      const slot = this.#slots.get(this.#first)
      if (slot === undefined) continue
      this.#slots.delete(this.#first)
      if (this.#latest === slot) this.#latest = new Slot(-1)
      this.#overdue.take(slot)
    }
  }

  /** What is overdue, for one turn of the loop; never twice in one turn. */
  readonly #expire = (): void => {
    this.#expiring = undefined
    // The stack of an error that is made here names timers only, and is a fifth of the time when many expire.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    try {
      if (!this.#expireGroup()) this.#expiring = setImmediate(this.#expire)
    } finally {
      Error.stackTraceLimit = stackTraceLimit
    }
  }

  /** @returns whether nothing overdue is left */
  #expireGroup(): boolean {
    const began = monotonicClock.now()
    for (let count = 1; ; count++) {
      const entry = this.#overdue.next as Deadline
      if (entry === this.#overdue) return true
      this.remove(entry)
      entry.expire(this.#ticked)
      if (count % groupSize === 0 && monotonicClock.now() - began > longestGroup) return false
    }
  }
}

/** A circular list; the slot itself is its head. */
class Slot extends Deadline {
  readonly index: number

  constructor(index: number) {
    super(Infinity)
    this.index = index
    this.previous = this.next = this
  }

  add(entry: Deadline): void {
    const last = this.previous as Deadline
    entry.previous = last
    entry.next = this
    last.next = this.previous = entry
  }

  /** Everything of another slot, behind what is here. */
  take(other: Slot): void {
    const [first, last] = [other.next as Deadline, other.previous as Deadline]
    if (first === other) return
    const end = this.previous as Deadline
    end.next = first
    first.previous = end
    last.next = this
    this.previous = last
    other.previous = other.next = other
  }

  expire(): void {}
}

const slotWidth: Milliseconds = 10
/** Entries between two looks at the clock. */
const groupSize = 32
const longestGroup: Milliseconds = 3

/** The queue of this process, and the clock that its deadlines are on. */
export const deadlines: DeadlineQueue = new DeadlineQueue()
export const loopClock: LoopClock = deadlines.clock
/** The loop clock for hot paths, which do with a time that is read once for what runs without a break. */
export const recentClock: Clock = { now: () => loopClock.recent() }

/** Calls a function at a deadline. */
export class Alarm extends Deadline {
  readonly #queue: DeadlineQueue
  readonly #ring: (now: Milliseconds) => void

  constructor(ring: (now: Milliseconds) => void, queue: DeadlineQueue = deadlines) {
    super(Infinity)
    this.#ring = ring
    this.#queue = queue
  }

  get isSet(): boolean {
    return this.next !== undefined
  }

  /** Sets it, in place of what was set before. */
  set(due: Milliseconds): void {
    this.clear()
    this.due = due
    this.#queue.add(this)
  }

  clear(): void {
    this.#queue.remove(this)
  }

  expire(now: Milliseconds): void {
    this.#ring(now)
  }
}
