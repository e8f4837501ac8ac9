import { setTimeout as sleep } from 'node:timers/promises'
import { Deadline, deadlines, type DeadlineQueue } from '../../connection/deadlines.js'
import type { Milliseconds } from '../../units.js'

/**
 * Whether writes wait because a server's state refused some: those on their way are answered first, then one write is
 * tried, and when it has run all leave in their order. One pause for all of them; longer with each refusal that follows
 * soon. The trial keeps thousands of waiting writes from being sent and refused again after each pause.
 */
export class RefusalPause {
  readonly #queue: DeadlineQueue
  readonly #over: () => void
  /** `trial`: one write may leave · `tried`: it has left and has no answer. */
  #state: 'open' | 'paused' | 'trial' | 'tried' = 'open'
  #trial: Trial | undefined
  #refusals = 0
  #lastAt: Milliseconds = -Infinity

  /** @param over called when writes that waited may leave: the one that is tried, then all */
  constructor(over: () => void, queue: DeadlineQueue = deadlines) {
    this.#over = over
    this.#queue = queue
  }

  /** Whether no write may leave now. */
  get active(): boolean {
    return this.#state === 'paused' || this.#state === 'tried'
  }

  /** Whether no write is even tried. */
  get paused(): boolean {
    return this.#state === 'paused'
  }

  /** The server is new and may refuse writes: the next write is tried alone. */
  try(): void {
    if (this.#state === 'open') this.#state = 'trial'
  }

  /**
   * A write leaves. When it is the one that is tried, the others wait for its answer.
   * @param patience how long they wait: a refusal comes at once, so a write that takes longer was accepted
   */
  leaves(patience: Milliseconds): void {
    if (this.#state !== 'trial') return
    this.#state = 'tried'
    this.#trial = new Trial(this.#queue.clock.now() + patience, () => this.#open())
    this.#queue.add(this.#trial)
  }

  /** A write has run: the server takes them. */
  ran(): void {
    if (this.#state === 'tried') this.#open()
  }

  stop(): void {
    if (this.#trial !== undefined) this.#queue.remove(this.#trial)
  }

  /**
   * @param answered when every write on its way has its answer
   * @param meanwhile what else must be over, such as a new connection; called once for each pause
   */
  begin(answered: Promise<void>, meanwhile: () => Promise<void>): void {
    if (this.#state === 'paused') return
    this.stop()
    this.#state = 'paused'
    const now = this.#queue.clock.now()
    this.#refusals = now - this.#lastAt < memory ? this.#refusals + 1 : 1
    void this.#wait(answered, meanwhile(), refusalPause(this.#refusals, Math.random()))
  }

  async #wait(answered: Promise<void>, meanwhile: Promise<void>, pause: Milliseconds): Promise<void> {
    await Promise.all([answered, meanwhile, sleep(pause)])
    this.#lastAt = this.#queue.clock.now()
    this.#state = 'trial'
    this.#over()
  }

  #open(): void {
    this.stop()
    this.#state = 'open'
    this.#over()
  }
}

/** When the others leave although the write that is tried has no answer. */
class Trial extends Deadline {
  readonly #over: () => void

  constructor(due: Milliseconds, over: () => void) {
    super(due)
    this.#over = over
  }

  expire(): void {
    this.#over()
  }
}

/** How long to wait after so many refusals in a row, in ms: 5 at first, then up to 100. */
export function refusalPause(refusals: number, random: number): Milliseconds {
  const pause = Math.min(100, 5 * 2 ** refusals)
  return pause / 2 + (pause / 2) * random
}

/** Refusals further apart than this are not in a row, in ms. */
const memory: Milliseconds = 1_000
