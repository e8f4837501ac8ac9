/** A queue in one array: what is in flight, oldest first. Grows by doubling. */
export class Ring<T> {
  #items: (T | undefined)[] = new Array<T | undefined>(64)
  #head = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  push(item: T): void {
    if (this.#length === this.#items.length) this.#grow()
    this.#items[(this.#head + this.#length++) & (this.#items.length - 1)] = item
  }

  peek(): T | undefined {
    return this.#items[this.#head]
  }

  shift(): T | undefined {
    const item = this.#items[this.#head]
    if (this.#length === 0) return undefined
    this.#items[this.#head] = undefined
    this.#head = (this.#head + 1) & (this.#items.length - 1)
    this.#length--
    return item
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let index = 0; index < this.#length; index++)
      yield this.#items[(this.#head + index) & (this.#items.length - 1)] as T
  }

  #grow(): void {
    const items = [...this]
    this.#items = items.concat(new Array<T>(items.length))
    this.#head = 0
  }
}
