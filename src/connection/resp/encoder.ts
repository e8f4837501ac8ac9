import { isUint8Array } from 'node:util/types'
import { UnsupportedError } from '../../errors.js'

/**
 * Commands as RESP, gathered so that one tick leaves in one write.
 * Hot path: text is built as a binary string (one character, one byte), which Node writes as latin1 without a copy
 * through a Buffer; only large byte arguments travel as they are.
 */
export class CommandBuffer {
  #text = ''
  #chunks: (string | Uint8Array)[] = []
  #bytes = 0

  /** Bytes gathered since the last {@link take}. */
  get bytes(): number {
    return this.#bytes + this.#text.length
  }

  add(args: readonly (string | Uint8Array)[]): void {
    this.#text += `*${args.length}\r\n`
    for (const arg of args) {
      if (typeof arg === 'string') this.#addText(arg)
      else this.#addBytes(arg)
    }
  }

  /** Everything gathered, in order: strings are latin1. */
  take(): readonly (string | Uint8Array)[] {
    const chunks = this.#chunks
    if (this.#text !== '') chunks.push(this.#text)
    this.#text = ''
    this.#chunks = []
    this.#bytes = 0
    return chunks
  }

  #addText(text: string): void {
    const binary = isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1')
    this.#text += `$${binary.length}\r\n${binary}\r\n`
  }

  #addBytes(bytes: Uint8Array): void {
    this.#text += `$${bytes.length}\r\n`
    if (bytes.length <= largestInlined) {
      this.#text += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
    } else {
      this.#bytes += this.#text.length + bytes.length
      this.#chunks.push(this.#text, bytes)
      this.#text = ''
    }
    this.#text += '\r\n'
  }
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

const largestInlined = 16 * 1024
const largestArgument = 2 ** 29
const largestText = 2 ** 29 - 2 ** 16
/** Texts of so many characters have less than 512 MiB in UTF-8. */
const neverTooLarge = 2 ** 27
