import { Listeners } from '../../connection/listeners.js'

/** Tells when a primary can be used that could not be used before. */
export class Usability {
  readonly #regained = new Listeners<[]>()
  #usable = false

  /** Takes what is seen of the primary now; tells when it can be used and could not before. */
  update(usable: boolean): void {
    const regained = usable && !this.#usable
    this.#usable = usable
    if (regained) this.#regained.tell()
  }

  /** Calls the listener each time the primary can be used again; returns the function that stops it. */
  onRegained(listener: () => void): () => void {
    return this.#regained.add(listener)
  }
}
