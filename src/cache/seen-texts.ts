/** Texts that came together, as one text. */
interface Page {
  /** The number of its first text. */
  readonly first: number
  readonly joined: string
  /** Where each of its texts ends. */
  readonly ends: readonly number[]
}

/**
 * The texts that have come in a walk so far.
 * Shape: a hash table of chains in arrays of numbers; the texts of a page are kept as one.
 * Hot path: a Set took two fifths of the time of a walk over many keys, for it looks at strings that lie all over the memory,
 * and the garbage collector moves each of them (bench/suites/many-keys.mjs). The texts of a page are hashed first and
 * looked up then, so that the processor fetches the memory of several of them at once.
 */
export class SeenTexts {
  readonly #seed = Math.floor(Math.random() * 2 ** 32)
  readonly #pages: Page[] = []
  /** Texts have numbers from 1 on. */
  #count = 0
  /** By the number of a text. */
  #hashes = new Int32Array(1)
  /** By the number of a text: the one before it in its chain; 0: none. */
  #before = new Uint32Array(1)
  /** By the number of a chain: its last text; 0: none. There are a power of two of them. */
  #last = new Uint32Array(1)

  /** Adds texts, and tells of each whether it has come for the first time. */
  add(texts: readonly string[]): readonly boolean[] {
    const first = this.#count + 1
    this.#makeRoom(texts.length)
    this.#append(texts)
    return texts.map((text, index) => this.#isNew(text, first + index))
  }

  #append(texts: readonly string[]): void {
    const joined = texts.join('')
    const ends: number[] = []
    this.#pages.push({ first: this.#count + 1, joined, ends })
    let end = 0
    for (const { length } of texts) {
      this.#hashes[++this.#count] = hashOf(joined, end, end + length, this.#seed)
      ends.push((end += length))
    }
  }

  /** Puts a text into its chain, unless it is there already. */
  #isNew(text: string, number: number): boolean {
    const hash = this.#hashes[number] as number
    const last = this.#last[hash & (this.#last.length - 1)] as number
    for (let other = last; other !== 0; other = this.#before[other] as number)
      if (this.#hashes[other] === hash && this.#text(other) === text) return false
    this.#chain(number)
    return true
  }

  #chain(number: number): void {
    const chain = (this.#hashes[number] as number) & (this.#last.length - 1)
    this.#before[number] = this.#last[chain] as number
    this.#last[chain] = number
  }

  #text(number: number): string {
    const { first, joined, ends } = this.#pageOf(number)
    return joined.slice(ends[number - first - 1] ?? 0, ends[number - first])
  }

  #pageOf(number: number): Page {
    let [low, high] = [0, this.#pages.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#pages[middle] as Page).first <= number) low = middle + 1
      else high = middle
    }
    return this.#pages[low - 1] as Page
  }

  #makeRoom(texts: number): void {
    const needed = this.#count + texts + 1
    if (needed <= this.#hashes.length) return
    const size = 2 ** Math.ceil(Math.log2(needed))
    const hashes = this.#hashes
    this.#hashes = new Int32Array(size)
    this.#hashes.set(hashes)
    this.#before = new Uint32Array(size)
    this.#last = new Uint32Array(size)
    for (let number = 1; number <= this.#count; number++) this.#chain(number)
  }
}

/** Source: the hash of Fowler, Noll and Vo, of 32 bits. */
function hashOf(text: string, from: number, to: number, seed: number): number {
  let hash = seed
  for (let index = from; index < to; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash ^ (hash >>> 15)
}
