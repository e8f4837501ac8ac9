/**
 * Gives the items of pages one by one. A generator would make three promises for each item; this makes one
 * (bench/suites/many-keys.mjs).
 */
export class ItemsOf<Item> implements AsyncIterableIterator<Item> {
  readonly #pages: AsyncIterator<readonly Item[]>
  #page: readonly Item[] = []
  #next = 0
  /** The call of `next` that fetches a page; later calls wait for it. */
  #fetching: Promise<IteratorResult<Item>> | undefined

  constructor(pages: AsyncIterable<readonly Item[]>) {
    this.#pages = pages[Symbol.asyncIterator]()
  }

  next(): Promise<IteratorResult<Item>> {
    if (this.#fetching === undefined && this.#next < this.#page.length)
      return Promise.resolve({ done: false, value: this.#page[this.#next++] as Item })
    const before = this.#fetching
    const fetching = before === undefined ? this.#fetch() : before.then(() => this.#fetch())
    const forget = (): void => void (this.#fetching === fetching && (this.#fetching = undefined))
    fetching.then(forget, forget)
    return (this.#fetching = fetching)
  }

  /** Ends the walk: what follows is done. */
  async return(): Promise<IteratorResult<Item>> {
    this.#page = []
    await this.#pages.return?.()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #fetch(): Promise<IteratorResult<Item>> {
    while (this.#next >= this.#page.length) {
      const step = await this.#pages.next()
      if (step.done === true) return { done: true, value: undefined }
      this.#page = step.value
      this.#next = 0
    }
    return { done: false, value: this.#page[this.#next++] as Item }
  }
}
