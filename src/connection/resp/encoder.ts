import { isUint8Array } from 'node:util/types'
import { UnsupportedError } from '../../errors.js'

/**
 * Commands as RESP, gathered so that one tick leaves in one write.
 * Hot path: everything is written into a slab, which is handed over piece by piece, and filled again once the system has
 * taken all of it. Short ASCII text is checked and copied by one loop; strings joined from pieces cost more, to make, to
 * flatten and to collect (measured on Node 20: half again as much for 1 KiB, a tenth for 100 bytes). Large arguments
 * travel as they are.
 */
export class CommandBuffer {
  #slab: Buffer = empty
  /** The part of the slab that is filled and not handed over. */
  #start = 0
  #end = 0
  #chunks: Uint8Array[] = []
  #bytes = 0

  /** Bytes gathered since the last {@link take}. */
  get bytes(): number {
    return this.#bytes + this.#end - this.#start
  }

  add(args: readonly (string | Uint8Array)[]): void {
    this.#makeRoom(0)
    this.#addLine(ARRAY, args.length)
    if (args.length >= fewestJoined && args.length <= mostJoined && args.every(isShort) && this.#addJoined(args)) return
    for (const arg of args) {
      if (typeof arg !== 'string') this.#addBytes(arg)
      else if (arg.length > longestShort || !this.#addAscii(arg)) this.#addText(arg)
    }
  }

  /** Everything gathered, in order. */
  take(): readonly Uint8Array[] {
    this.#cut()
    const chunks = this.#chunks
    this.#chunks = []
    this.#bytes = 0
    return chunks
  }

  /** Fills the slab from its beginning again. Called once the system has taken all that was handed over. */
  reuse(): void {
    if (this.#start === this.#end) this.#start = this.#end = 0
  }

  /** The line that begins a command or an argument. */
  #addLine(type: number, count: number): void {
    const slab = this.#slab
    const digits = this.#end + 1
    const end = digits + digitsOf(count)
    slab[digits - 1] = type
    for (let [at, rest] = [end - 1, count]; at >= digits; at--) {
      slab[at] = ZERO + (rest % 10)
      rest = (rest / 10) | 0
    }
    this.#end = end
    this.#endLine()
  }

  #endLine(): void {
    this.#slab[this.#end++] = CR
    this.#slab[this.#end++] = LF
  }

  /** False, and nothing is added, when the text has other characters than ASCII. */
  #addAscii(text: string): boolean {
    this.#makeRoom(text.length)
    const before = this.#end
    this.#addLine(BULK, text.length)
    if (!this.#copyAscii(text)) return this.#undo(before)
    this.#endLine()
    return true
  }

  /**
   * As {@link #addAscii}, of many short texts, which are put together with the lines around them and written at once: a loop
   * over their characters takes half as long again, for a key that was put together from its parts is flattened by itself
   * then (bench/suites/many-keys.mjs).
   */
  #addJoined(texts: readonly string[]): boolean {
    let joined = ''
    for (const text of texts) joined += (shortLines[text.length] as string) + text
    joined = `${joined.slice(2)}\r\n`
    this.#makeRoom(joined.length)
    const written = this.#slab.write(joined, this.#end, 'utf8')
    // Characters that are not ASCII take more bytes, or did not fit.
    if (written !== joined.length) return false
    this.#end += written
    return true
  }

  /** False when it meets another character than ASCII. */
  #copyAscii(text: string): boolean {
    const slab = this.#slab
    let end = this.#end
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (code > 127) return false
      slab[end++] = code
    }
    this.#end = end
    return true
  }

  #undo(end: number): false {
    this.#end = end
    return false
  }

  #addText(text: string): void {
    const length = Buffer.byteLength(text, 'utf8')
    if (length > largestCopied) return this.#addChunk(Buffer.from(text, 'utf8'))
    this.#makeRoom(length)
    this.#addLine(BULK, length)
    this.#end += this.#slab.write(text, this.#end, text.length === length ? 'latin1' : 'utf8')
    this.#endLine()
  }

  #addBytes(bytes: Uint8Array): void {
    if (bytes.length > largestCopied) return this.#addChunk(bytes)
    this.#makeRoom(bytes.length)
    this.#addLine(BULK, bytes.length)
    this.#slab.set(bytes, this.#end)
    this.#end += bytes.length
    this.#endLine()
  }

  #addChunk(bytes: Uint8Array): void {
    this.#makeRoom(0)
    this.#addLine(BULK, bytes.length)
    this.#cut()
    this.#chunks.push(bytes)
    this.#bytes += bytes.length
    this.#endLine()
  }

  /** Sees to a slab with room for so many bytes and the lines around them; slabs of busy connections grow. */
  #makeRoom(bytes: number): void {
    const needed = bytes + longestLines
    if (this.#end + needed <= this.#slab.length) return
    this.#cut()
    this.#slab = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(this.#slab.length * 2, largestSlab), smallestSlab))
    this.#start = this.#end = 0
  }

  /** What is in the slab becomes a chunk. */
  #cut(): void {
    if (this.#end === this.#start) return
    this.#bytes += this.#end - this.#start
    this.#chunks.push(this.#slab.subarray(this.#start, this.#end))
    this.#start = this.#end
  }
}

function isShort(arg: string | Uint8Array): arg is string {
  return typeof arg === 'string' && arg.length <= longestShort
}

function digitsOf(count: number): number {
  if (count < 100) return count < 10 ? 1 : 2
  return count < 1_000 ? 3 : String(count).length
}

/**
 * Roughly how many bytes a command takes while it waits; exact for ASCII.
 * @throws {TypeError} what is no command: it would put everything behind it out of step
 * @throws {UnsupportedError} E_UNSUPPORTED what no server takes: it would end the connection, and all that waits on it
 */
export function sizeOf(args: readonly (string | Uint8Array)[]): number {
  if (args.length === 0) throw new TypeError('a command without a name')
  let size = 0
  for (const arg of args) {
    if (typeof arg !== 'string' && !isUint8Array(arg)) throw notAnArgument(args, arg)
    size += arg.length + 16
  }
  if (size > neverTooLarge) checkSizes(args)
  return size
}

/** Texts go to the wire as one string, which may be no longer than a string can be. */
function checkSizes(args: readonly (string | Uint8Array)[]): void {
  let texts = 0
  for (const [index, arg] of args.entries()) {
    const bytes = typeof arg === 'string' ? Buffer.byteLength(arg, 'utf8') : arg.length
    if (typeof arg === 'string') texts += bytes
    if (bytes <= largestArgument && texts < largestText) continue
    throw new UnsupportedError(
      `${String(args[0])}: argument ${index} has ${bytes} bytes; servers take 512 MiB at most, and as text a little less.`,
    )
  }
}

function notAnArgument(args: readonly unknown[], arg: unknown): TypeError {
  const kind = arg === null ? 'null' : typeof arg
  return new TypeError(`${String(args[0])}: argument ${args.indexOf(arg)} is ${kind}; expected a string or bytes`)
}

/** Measured on Node 20: for short texts a loop beats the call into native code. */
export function isAscii(text: string): boolean {
  if (text.length > 40) return Buffer.byteLength(text, 'utf8') === text.length
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 127) return false
  }
  return true
}

const empty = Buffer.alloc(0)
/** Of text that a loop copies faster than a call into native code, in characters. */
const longestShort = 64
/** The end of the line before, and the line that begins a short text, by its length. */
const shortLines = Array.from({ length: longestShort + 1 }, (_, length) => `\r\n$${length}\r\n`)
/** Arguments of a command whose short texts are joined. */
const [fewestJoined, mostJoined] = [16, 10_000]
const largestCopied = 16 * 1024
const [smallestSlab, largestSlab] = [32 * 1024, 128 * 1024]
/** More than two lines of a type and a count, and the end of a third. */
const longestLines = 48
const [ARRAY, BULK, ZERO, CR, LF] = [42, 36, 48, 13, 10]
const largestArgument = 2 ** 29
const largestText = 2 ** 29 - 2 ** 16
/** Texts of so many characters have less than 512 MiB in UTF-8. */
const neverTooLarge = 2 ** 27
