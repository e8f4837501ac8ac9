import type { Client } from '../../clients/client.js'
import type { AuthenticationError } from '../../errors.js'
import type { Clock, Milliseconds } from '../../units.js'
import { Turn, type FleetRequest, type FleetTurn } from './turn.js'
import { Wake } from './wake.js'

/** What the loads of a cache need, to be those of one process at a time. */
export interface FleetParts {
  /** The client itself: what it writes here is not a write of the cache's users. */
  readonly client: Client
  readonly clock: Clock
  /** How long the servers may take for one answer, in ms. */
  readonly time: Milliseconds
  /** Told once that our user may not subscribe to channels. */
  readonly mute: (error: AuthenticationError) => void
}

/**
 * Lets one process at a time load a value, by a lock beside it. The others wait for a message that says that the load
 * has ended. It spares loaders work; that no older value overwrites a newer one is what the lock's token is for.
 */
export class Fleet {
  readonly #parts: FleetParts
  #isMute = false

  constructor(parts: FleetParts) {
    this.#parts = parts
  }

  /**
   * Takes the lease of a load, or waits for what another process loads.
   * @param length how long the lock lasts without being renewed, in ms
   * @throws {CacheError} the servers cannot be reached in time
   */
  enter<Found>(request: FleetRequest<Found>, length: Milliseconds): Promise<FleetTurn<Found>> {
    const { client, clock, time } = this.#parts
    const wake = new Wake({ client, channel: request.lock, refused: (error) => this.#refuse(error) })
    return new Turn({ client, clock, time, wake, length: Math.ceil(length) }, request).run()
  }

  #refuse(error: AuthenticationError): void {
    if (!this.#isMute) this.#parts.mute(error)
    this.#isMute = true
  }
}
