// Hot path: how the strings of replies are taken out of the memory that they came in.

/**
 * Copies values out of what was read. Short ones share a slab of 8 KiB: Node's own pool is 64 KiB from Node 24 on, all of
 * which a kept value would pin.
 */
export class CopyPool {
  #slab: Buffer = empty
  #used = 0

  copy(buffer: Buffer, from: number, to: number): Buffer {
    const length = to - from
    const copy = length > longestPooled ? Buffer.allocUnsafeSlow(length) : this.#allocate(length)
    buffer.copy(copy, 0, from, to)
    return copy
  }

  #allocate(length: number): Buffer {
    if (this.#used + length > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(slabSize)
      this.#used = 0
    }
    return this.#slab.subarray(this.#used, (this.#used += length))
  }
}

/**
 * Reads ASCII texts out of one buffer. Short ones are cut out of a text of up to 8 KiB: reading each by itself, which is a
 * call into native code, takes 130 ns and not 20 (Node 20; bench/suites/many-keys.mjs). A text that is kept pins those 8 KiB,
 * as kept bytes do.
 */
export class AsciiTexts {
  #text = ''
  #start = 0

  /** What comes is of another buffer. */
  begin(): void {
    this.#text = ''
    this.#start = 0
  }

  read(buffer: Buffer, from: number, to: number): string {
    if (to - from > longestCut) return buffer.toString('latin1', from, to)
    if (to > this.#start + this.#text.length) {
      this.#text = buffer.toString('latin1', from, from + slabSize)
      this.#start = from
    }
    return this.#text.slice(from - this.#start, to - this.#start)
  }
}

const empty = Buffer.alloc(0)
/** In bytes. */
const slabSize = 8 * 1024
/** As in Node's own pool, half of it: a copy of 1 KiB takes 0.5 µs in a slab, and 0.9 µs in memory of its own (Node 20). */
const longestPooled = slabSize / 2
/** The longest text that is cut out of more text, in characters. */
export const longestCut = 256
