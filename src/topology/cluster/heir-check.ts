import { addressOf, type Address, type NodeTarget } from '../../connection/connection.js'
import type { Clock, Milliseconds } from '../../units.js'

/**
 * Finds out whether a replica that says that it is primary was promoted: by its own map it serves slots then. One that
 * was taken out of the cluster, or has started anew, says that it is primary too.
 */
export class HeirCheck {
  readonly #clock: Clock
  readonly #servesSlots: (target: NodeTarget) => Promise<boolean>
  readonly #promoted: (heir: NodeTarget) => void
  readonly #asking = new Set<Address>()
  /** Those that are none, and until when that is believed. */
  readonly #refused = new Map<Address, Milliseconds>()

  constructor(
    clock: Clock,
    servesSlots: (target: NodeTarget) => Promise<boolean>,
    promoted: (heir: NodeTarget) => void,
  ) {
    this.#clock = clock
    this.#servesSlots = servesSlots
    this.#promoted = promoted
  }

  /** Asks it, unless it is being asked or was lately; never rejects. */
  async check(heir: NodeTarget): Promise<void> {
    const address = addressOf(heir)
    if (this.#asking.has(address) || this.#clock.now() < (this.#refused.get(address) ?? -Infinity)) return
    this.#asking.add(address)
    try {
      if (await this.#servesSlots(heir)) this.#promoted(heir)
      else this.#refuse(address)
    } catch {
      this.#refuse(address)
    } finally {
      this.#asking.delete(address)
    }
  }

  #refuse(address: Address): void {
    this.#refused.set(address, this.#clock.now() + pause)
  }
}

/** From one question to the next, in ms. */
const pause: Milliseconds = 500
