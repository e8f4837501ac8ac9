/** The calls of one client that are on their way: sockets cannot tell, for others may use the same. */
export class InFlight {
  readonly #rejects = new Set<(reason: unknown) => void>()
  #idle: (() => void) | undefined

  track<T>(call: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#rejects.add(reject)
      call.then(
        (value) => {
          this.#leave(reject)
          resolve(value)
        },
        (reason: unknown) => {
          this.#leave(reject)
          reject(reason as Error)
        },
      )
    })
  }

  /** Resolves when none is left. */
  async settled(): Promise<void> {
    if (this.#rejects.size > 0) await new Promise<void>((resolve) => (this.#idle = resolve))
  }

  /** Rejects all of them now; what becomes of their work is nobody's concern any more. */
  reject(reason: Error): void {
    for (const reject of this.#rejects) {
      this.#leave(reject)
      reject(reason)
    }
  }

  #leave(reject: (reason: unknown) => void): void {
    this.#rejects.delete(reject)
    if (this.#rejects.size === 0) this.#idle?.()
  }
}
