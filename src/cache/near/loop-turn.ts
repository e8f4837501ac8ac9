import { monotonicClock, type Clock, type Milliseconds } from '../../units.js'

/**
 * Sees to it that the event loop turns while values are served from memory. Code that awaits nothing but those holds
 * the loop without knowing it, and what servers announce meanwhile is not read: after 5 ms callers wait for the next
 * turn.
 */
export class LoopTurn {
  readonly #clock: Clock
  /** When the first value was served in this turn; `undefined`: none was. */
  #began: Milliseconds | undefined
  #next: Promise<void> | undefined
  readonly #turned = (): void => {
    this.#began = undefined
    this.#next = undefined
  }

  constructor(clock: Clock = monotonicClock) {
    this.#clock = clock
  }

  /** Reads the clock, in ms, for a value that is about to be served; `undefined` when the loop has to turn first. */
  now(): Milliseconds | undefined {
    const now = this.time()
    return now - (this.#began ?? now) < longestTurn ? now : undefined
  }

  /** As {@link now}, for who has just been told that the loop need not turn: meanwhile the process may have stood still. */
  time(): Milliseconds {
    const now = this.#clock.now()
    if (this.#began === undefined) {
      this.#began = now
      setImmediate(this.#turned)
    }
    return now
  }

  /** Resolves when the loop has turned. */
  next(): Promise<void> {
    return (this.#next ??= new Promise((resolve) => setImmediate(resolve)))
  }
}

const longestTurn: Milliseconds = 5
