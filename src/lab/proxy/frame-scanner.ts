/**
 * Finds where RESP values end, in bytes that may be split anywhere. It keeps none of them.
 * What is no RESP (a replica's snapshot, TLS) makes it lost for good.
 */
export class FrameScanner {
  /** How many elements the open arrays still lack, the innermost last. */
  readonly #due: number[] = []
  /** Bytes still to come of a string and its line end. */
  #skip = 0
  #line = ''
  #lost = false

  get lost(): boolean {
    return this.#lost
  }

  get betweenFrames(): boolean {
    return this.#due.length === 0 && this.#skip === 0 && this.#line === '' && !this.#lost
  }

  /** Reads from `start` on; gives where the value ends that it is in, or the end of the chunk. */
  advance(chunk: Buffer, start: number): number {
    let offset = start
    while (offset < chunk.length && !this.#lost) {
      offset = this.#skip > 0 ? this.#skipString(chunk, offset) : this.#readLine(chunk, offset)
      if (this.betweenFrames) return offset
    }
    return chunk.length
  }

  #skipString(chunk: Buffer, offset: number): number {
    const count = Math.min(this.#skip, chunk.length - offset)
    this.#skip -= count
    if (this.#skip === 0) this.#complete()
    return offset + count
  }

  #readLine(chunk: Buffer, offset: number): number {
    const lineFeed = chunk.indexOf(LF, offset)
    const end = lineFeed < 0 ? chunk.length : lineFeed + 1
    this.#line += chunk.toString('latin1', offset, end)
    if (lineFeed >= 0) this.#header(this.#line)
    else this.#lost = this.#line.length > longestLine
    return end
  }

  #header(line: string): void {
    this.#line = ''
    const type = line[0] as string
    if (scalars.includes(type)) return this.#complete()
    const length = Number(line.slice(1))
    if (Number.isInteger(length) && strings.includes(type)) this.#string(length)
    else if (Number.isInteger(length) && aggregates.includes(type)) this.#open(type, length)
    else this.#lost = true
  }

  #string(length: number): void {
    if (length < 0) this.#complete()
    else this.#skip = length + 2
  }

  #open(type: string, length: number): void {
    const elements = elementsOf(type, length)
    if (elements > 0) this.#due.push(elements)
    else this.#complete()
  }

  /** A value ended, and with it every array that it was the last of. */
  #complete(): void {
    while (this.#due.length > 0) {
      const left = (this.#due.pop() as number) - 1
      if (left > 0) return void this.#due.push(left)
    }
  }
}

/** Attributes come before the value that they belong to: both together are one value. */
function elementsOf(type: string, length: number): number {
  if (type === '|') return length * 2 + 1
  return type === '%' ? length * 2 : length
}

const LF = 10
const longestLine = 64 * 1024
const scalars = '+-:_#,('
const strings = '$!='
const aggregates = '*%~>|'
