/** Aborts as an AbortController does. Its signal is made when first asked for: most never are, and one costs 20 µs. */
export class LazyAbort {
  #controller: AbortController | undefined
  #reason: Error | undefined

  /** `undefined` while it is not aborted. */
  get reason(): Error | undefined {
    return this.#reason
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  abort(reason: Error): void {
    this.#reason ??= reason
    this.#controller?.abort(reason)
  }
}
