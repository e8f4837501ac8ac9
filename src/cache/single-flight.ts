import { abortable } from '../connection/limit.js'

interface Flight {
  readonly outcome: Promise<unknown>
  readonly controller: AbortController
  passengers: number
}

/**
 * One run for all who want the same thing at the same time, in this process.
 * The work is aborted only when everybody who waits for it has left.
 */
export class SingleFlight {
  readonly #flights = new Map<string, Flight>()

  /** The shared outcome; rejects with the signal's reason when this caller leaves. */
  async join<T>(key: string, work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    const flight = this.#flights.get(key) ?? this.#start(key, work)
    flight.passengers++
    try {
      return (await (signal === undefined ? flight.outcome : abortable(flight.outcome, signal))) as T
    } finally {
      if (--flight.passengers === 0) this.#land(key, flight)
    }
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<unknown>): Flight {
    const controller = new AbortController()
    const flight: Flight = { outcome: work(controller.signal), controller, passengers: 0 }
    this.#flights.set(key, flight)
    const forget = (): void => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
    }
    flight.outcome.then(forget, forget)
    return flight
  }

  /** Nobody waits any more: over already, or abandoned. */
  #land(key: string, flight: Flight): void {
    if (this.#flights.get(key) !== flight) return
    this.#flights.delete(key)
    flight.controller.abort(new DOMException('Nobody waits for this value any more', 'AbortError'))
  }
}
