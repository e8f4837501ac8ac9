import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock, Milliseconds } from '../../units.js'

/**
 * Whether writes wait because a server's state refused some: those on their way are answered first, then all leave in
 * their order. One pause for all of them; longer with each refusal that follows soon.
 */
export class RefusalPause {
  readonly #clock: Clock
  readonly #over: () => void
  #active = false
  #refusals = 0
  #lastAt: Milliseconds = -Infinity

  constructor(clock: Clock, over: () => void) {
    this.#clock = clock
    this.#over = over
  }

  get active(): boolean {
    return this.#active
  }

  /**
   * @param answered when every write on its way has its answer
   * @param meanwhile what else must be over, such as a new connection; called once for each pause
   */
  begin(answered: Promise<void>, meanwhile: () => Promise<void>): void {
    if (this.#active) return
    this.#active = true
    const now = this.#clock.now()
    this.#refusals = now - this.#lastAt < memory ? this.#refusals + 1 : 1
    void this.#wait(answered, meanwhile(), refusalPause(this.#refusals, Math.random()))
  }

  async #wait(answered: Promise<void>, meanwhile: Promise<void>, pause: Milliseconds): Promise<void> {
    await Promise.all([answered, meanwhile, sleep(pause)])
    this.#lastAt = this.#clock.now()
    this.#active = false
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
