import { TooManyValuesError } from '../bounds.js'

/**
 * Counts the values in what v8.serialize wrote, without making any.
 * Shape: a tag of one byte and what belongs to it; objects, arrays, maps and sets list what they hold up to a tag that
 * ends them. Bytes of alignment stand before a tag.
 * Source: V8's src/objects/value-serializer.cc, versions 13 to 15; node:v8 has typed arrays as host objects
 * @throws {TooManyValuesError} for more array items, entries and members than `maxValues`, nested ones included
 * @throws {RangeError} for bytes that end too early, and for what node:v8 does not write
 */
export function checkV8Values(bytes: Buffer, maxValues: number): void {
  if (bytes.length > maxValues) new Scanner(bytes, maxValues).value()
}

class Scanner {
  readonly #bytes: Buffer
  readonly #maxValues: number
  /** Behind the tag of the version, and the version. */
  #at = 2
  #values = 0

  constructor(bytes: Buffer, maxValues: number) {
    this.#bytes = bytes
    this.#maxValues = maxValues
  }

  value(): void {
    const tag = this.#tag()
    if (!Object.hasOwn(scans, tag)) unknown(tag)
    scans[tag]?.(this)
  }

  /** Items, which stand as many behind each other. */
  items(count: number): void {
    for (let index = 0; index < count; index++) this.#item(1)
  }

  /** Items of one value each, or entries of two, up to the tag that ends them and the lengths behind it. */
  until(end: string, valuesEach: 1 | 2, lengths: 1 | 2): void {
    while (this.#peek() !== end) this.#item(valuesEach)
    this.#tag()
    for (let index = 0; index < lengths; index++) this.varint()
  }

  /** The parts of an error; the types of errors among them are single tags. */
  error(): void {
    for (let part = this.#tag(); part !== '.'; part = this.#tag()) if ('msc'.includes(part)) this.value()
  }

  varint(): number {
    let [value, factor, byte] = [0, 1, 0x80]
    for (; byte >= 0x80; factor *= 0x80) {
      byte = this.#byte()
      value += (byte & 0x7f) * factor
    }
    return value
  }

  skip(bytes: number): void {
    this.#at += bytes
    if (this.#at > this.#bytes.length) throw new RangeError('the bytes end too early.')
  }

  #item(values: 1 | 2): void {
    if (++this.#values > this.#maxValues) throw new TooManyValuesError(this.#maxValues)
    for (let index = 0; index < values; index++) this.value()
  }

  #peek(): string {
    while (this.#bytes[this.#at] === 0) this.#at++
    return String.fromCharCode(this.#bytes[this.#at] ?? 0)
  }

  #tag(): string {
    const tag = this.#peek()
    this.skip(1)
    return tag
  }

  #byte(): number {
    this.skip(1)
    return this.#bytes[this.#at - 1] as number
  }
}

type Scan = (scanner: Scanner) => void

function unknown(tag: string): never {
  throw new RangeError(`the tag ${tag.charCodeAt(0)} is not written by node:v8.`)
}

const nothing: Scan = () => {}
const number: Scan = (scanner) => void scanner.varint()
const double: Scan = (scanner) => scanner.skip(8)
const bytes: Scan = (scanner) => scanner.skip(scanner.varint())
/** The length in bytes stands behind the bit of the sign. */
const bigint: Scan = (scanner) => scanner.skip(scanner.varint() >>> 1)

/** What belongs to each tag; behind the tag that ends a collection stand its lengths. */
const scans: Readonly<Record<string, Scan>> = {
  ...each('_0TF-yx', nothing),
  ...each('IU^', number),
  ...each('NDn', double),
  ...each('"cSB', bytes),
  ...each('Zz', bigint),
  s: (scanner) => scanner.value(),
  r: (scanner) => scanner.error(),
  R: (scanner) => {
    scanner.value()
    scanner.varint()
  },
  o: (scanner) => scanner.until('{', 2, 1),
  ';': (scanner) => scanner.until(':', 2, 1),
  "'": (scanner) => scanner.until(',', 1, 1),
  A: (scanner) => {
    scanner.items(scanner.varint())
    scanner.until('$', 2, 2)
  },
  a: (scanner) => {
    scanner.varint()
    scanner.until('@', 2, 2)
  },
  '~': (scanner) => {
    const length = scanner.varint()
    scanner.varint()
    scanner.skip(length)
  },
  '\\': (scanner) => {
    scanner.varint()
    scanner.skip(scanner.varint())
  },
}

function each(tags: string, scan: Scan): Readonly<Record<string, Scan>> {
  return Object.fromEntries(Array.from(tags, (tag) => [tag, scan]))
}
