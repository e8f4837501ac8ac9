import { defaultMaxValues, TooManyValuesError } from '../../bounds.js'

/**
 * The value that MessagePack holds.
 * Shape: integers as numbers, as bigint past 2^53; bin as Buffer; a map as object, as Map when a key is no text; the
 * timestamp extension as Date, to the ms.
 * Bounds: nothing is allocated for items that were announced and are not there, nor for more than `maxValues` of them.
 * @throws {TooManyValuesError} for more array items and map entries, nested ones included
 * @throws {RangeError} for bytes that end too early, go on too long or nest too deep
 * @throws {TypeError} for bytes that are not MessagePack, and for other extensions
 */
export function readMsgpack(bytes: Buffer, maxValues: number = defaultMaxValues): unknown {
  const reader = new Reader(bytes, maxValues)
  const value = reader.value()
  reader.end()
  return value
}

class Reader {
  readonly #bytes: Buffer
  readonly #maxValues: number
  #at = 0
  #values = 0

  constructor(bytes: Buffer, maxValues: number) {
    this.#bytes = bytes
    this.#maxValues = maxValues
  }

  end(): void {
    const rest = this.#bytes.length - this.#at
    if (rest > 0) throw new RangeError(`${rest} bytes follow the value.`)
  }

  value(): unknown {
    const head = this.#natural(1)
    if (head < 0x80) return head
    if (head < 0x90) return this.#map(head & 0x0f)
    if (head < 0xa0) return this.#array(head & 0x0f)
    if (head < 0xc0) return this.#text(head & 0x1f)
    if (head >= 0xe0) return head - 0x100
    return this.#long(head)
  }

  #long(head: number): unknown {
    const size = 2 ** (head & 3)
    if (head <= 0xc3) return simple(head)
    if (head <= 0xc6) return this.#binary(this.#natural(2 ** (head - 0xc4)))
    if (head <= 0xc9) return this.#extension(this.#natural(2 ** (head - 0xc7)))
    if (head === 0xca) return this.#bytes.readFloatBE(this.#skip(4))
    if (head === 0xcb) return this.#bytes.readDoubleBE(this.#skip(8))
    if (head <= 0xcf) return size === 8 ? safe(this.#bytes.readBigUInt64BE(this.#skip(8))) : this.#natural(size)
    if (head <= 0xd3) return size === 8 ? safe(this.#bytes.readBigInt64BE(this.#skip(8))) : this.#integer(size)
    if (head <= 0xd8) return this.#extension(2 ** (head - 0xd4))
    if (head <= 0xdb) return this.#text(this.#natural(2 ** (head - 0xd9)))
    if (head <= 0xdd) return this.#array(this.#natural(2 ** (head - 0xdb)))
    return this.#map(this.#natural(2 ** (head - 0xdd)))
  }

  #natural(size: number): number {
    return this.#bytes.readUIntBE(this.#skip(size), size)
  }

  #integer(size: number): number {
    return this.#bytes.readIntBE(this.#skip(size), size)
  }

  #text(length: number): string {
    const from = this.#skip(length)
    const to = from + length
    return (length < 0x20 ? shortText(this.#bytes, from, to) : undefined) ?? this.#bytes.toString('utf8', from, to)
  }

  /** A copy, so that it does not hold on to everything around it. */
  #binary(length: number): Buffer {
    const from = this.#skip(length)
    return Buffer.from(this.#bytes.subarray(from, from + length))
  }

  #array(length: number): unknown[] {
    this.#announce(length, 1)
    const items: unknown[] = []
    for (let index = 0; index < length; index++) items.push(this.value())
    return items
  }

  #map(size: number): unknown {
    this.#announce(size, 2)
    const fields: Record<string, unknown> = {}
    for (let index = 0; index < size; index++) {
      const key = this.value()
      if (typeof key !== 'string')
        return this.#keyed(new Map<unknown, unknown>(Object.entries(fields)), key, size - index)
      setField(fields, key, this.value())
    }
    return fields
  }

  /** Goes on with a map of which a key is no text. */
  #keyed(map: Map<unknown, unknown>, key: unknown, left: number): Map<unknown, unknown> {
    const size = map.size + left
    map.set(key, this.value())
    while (--left > 0) map.set(this.value(), this.value())
    if (map.size < size) throw new TypeError('two keys of a map are the same here, so that one value would be lost.')
    return map
  }

  #extension(length: number): Date {
    const type = this.#integer(1)
    if (type !== -1) throw new TypeError(`extension ${type} is not known here; of extensions, timestamps are read.`)
    return timestamp(this.#binary(length))
  }

  /** Refuses items that are not there, or are too many, before there is anything of them. */
  #announce(items: number, leastBytes: number): void {
    if (items * leastBytes > this.#bytes.length - this.#at) throw cutOff()
    this.#values += items
    if (this.#values > this.#maxValues) throw new TooManyValuesError(this.#maxValues)
  }

  #skip(bytes: number): number {
    const from = this.#at
    this.#at += bytes
    if (this.#at > this.#bytes.length) throw cutOff()
    return from
  }
}

function cutOff(): RangeError {
  return new RangeError('the bytes end too early.')
}

/** In JavaScript, which is faster than asking Node; `undefined` when it is not all ASCII. */
function shortText(bytes: Buffer, from: number, to: number): string | undefined {
  let text = ''
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number
    if (byte >= 0x80) return undefined
    text += String.fromCharCode(byte)
  }
  return text
}

/** As a field whatever its name: an assignment to `__proto__` would change the prototype. */
function setField(fields: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') fields[key] = value
  else Object.defineProperty(fields, key, { value, configurable: true, enumerable: true, writable: true })
}

function simple(head: number): boolean | null {
  if (head === 0xc0) return null
  if (head === 0xc1) throw new TypeError('0xc1 is no type of MessagePack.')
  return head === 0xc3
}

function safe(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

function timestamp(data: Buffer): Date {
  if (data.length === 4) return new Date(data.readUInt32BE() * 1_000)
  if (data.length === 12)
    return new Date(Number(data.readBigInt64BE(4)) * 1_000 + Math.floor(data.readUInt32BE() / 1e6))
  if (data.length !== 8) throw new TypeError(`a timestamp of ${data.length} bytes.`)
  const packed = data.readBigUInt64BE()
  return new Date(Number(packed & 0x3_ffff_ffffn) * 1_000 + Math.floor(Number(packed >> 34n) / 1e6))
}
