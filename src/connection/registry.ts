/** What can be shared: it ends in one of two ways. */
export interface Closable {
  close(): Promise<void>
  destroy(reason?: Error): void
}

/** Something in use; given back when its user needs it no more. */
export interface Loan<T> {
  readonly value: T
  /** Gives it back. The last one out ends it: at once with a reason, else after what runs; a reason may follow. */
  release(reason?: Error): Promise<void>
}

/** Shares things by identity: the same key is the same thing for as long as somebody uses it. */
export class Registry<T extends Closable> {
  readonly #entries = new Map<string, { readonly value: T; users: number }>()

  borrow(key: string, create: () => T): Loan<T> {
    const entry = this.#entries.get(key) ?? { value: create(), users: 0 }
    this.#entries.set(key, entry)
    entry.users++
    let borrowed = true
    const release = async (reason?: Error): Promise<void> => {
      if (borrowed && --entry.users === 0) this.#entries.delete(key)
      borrowed = false
      if (entry.users > 0) return
      if (reason === undefined) await entry.value.close()
      else entry.value.destroy(reason)
    }
    return { value: entry.value, release }
  }
}
