import { isBoxedPrimitive, isDate, isMap, isSet, isUint8Array } from 'node:util/types'
import { refuseLostContent } from '../lost-content.js'
import { speaks, type Speaking } from '../speaking.js'

/**
 * A value as MessagePack, each part in its shortest form.
 * Shape: safe integers and bigint as integers, other numbers as float 64; Date as timestamp; Buffer and Uint8Array as
 * bin; Map as map with its own keys; Set as array; undefined fields are left out, in arrays undefined is nil; anything
 * with `toJSON` as what that returns.
 * @throws {RangeError} for a bigint of more than 64 bits, an invalid Date, and what nests too deep, as a cycle does
 * @throws {TypeError} for functions, symbols and arrays of numbers that are no bytes, such as Float64Array; for a text
 * with half a surrogate pair, and for a Map two of whose keys are the same in MessagePack
 * @throws {CodecError} E_CODEC for an object that would lose what it holds, such as a RegExp
 */
export function writeMsgpack(value: unknown): Buffer {
  const writer = new Writer()
  writer.value(value)
  if (writer.emptyObjects) refuseLostContent(value, 'msgpack', 'kept')
  return writer.bytes()
}

class Writer {
  #buffer = Buffer.allocUnsafe(256)
  #length = 0
  #emptyObjects = false

  /** Whether an object was written as a map without entries. */
  get emptyObjects(): boolean {
    return this.#emptyObjects
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  value(value: unknown): void {
    if (value === null || value === undefined) this.#head(0xc0)
    else if (typeof value === 'string') this.#text(value)
    else if (typeof value === 'number') this.#number(value)
    else if (typeof value === 'boolean') this.#head(value ? 0xc3 : 0xc2)
    else if (typeof value === 'bigint') this.#bigint(value)
    else if (typeof value === 'object') this.#object(value)
    else throw new TypeError(`a ${typeof value} has no form in MessagePack.`)
  }

  #object(value: object): void {
    if (Array.isArray(value)) this.#array(value)
    else if (speaks(value)) this.#speaking(value)
    else if (isBoxedPrimitive(value)) this.value(value.valueOf())
    else if (isMap(value)) this.#map(value)
    else if (isSet(value)) this.#array([...value])
    else if (isUint8Array(value)) this.#binary(value)
    else if (ArrayBuffer.isView(value))
      throw new TypeError('of typed arrays, Uint8Array alone has a form in MessagePack.')
    else this.#fields(value as Readonly<Record<string, unknown>>)
  }

  /** Date and Buffer have a form of their own, which is better than what they say for JSON. */
  #speaking(value: Speaking): void {
    if (isUint8Array(value)) this.#binary(value)
    else if (isDate(value)) this.#timestamp(value.getTime())
    else this.value(value.toJSON(''))
  }

  #number(value: number): void {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) this.#float(value)
    else if (value >= 0) this.#natural(value)
    else this.#negative(value)
  }

  #natural(value: number): void {
    if (value < 0x80) this.#head(value)
    else if (value < 0x100) this.#unsigned(0xcc, value, 1)
    else if (value < 0x1_0000) this.#unsigned(0xcd, value, 2)
    else if (value < 0x1_0000_0000) this.#unsigned(0xce, value, 4)
    else this.#wide(BigInt(value))
  }

  #negative(value: number): void {
    if (value >= -0x20) this.#head(0x100 + value)
    else if (value >= -0x80) this.#signed(0xd0, value, 1)
    else if (value >= -0x8000) this.#signed(0xd1, value, 2)
    else if (value >= -0x8000_0000) this.#signed(0xd2, value, 4)
    else this.#wide(BigInt(value))
  }

  #bigint(value: bigint): void {
    if (Number.isSafeInteger(Number(value))) return this.#number(Number(value))
    if (value < -(2n ** 63n) || value >= 2n ** 64n)
      throw new RangeError('a bigint of more than 64 bits has no form in MessagePack; store it as text.')
    this.#wide(value)
  }

  #text(value: string): void {
    if (value.length < 0x20 && this.#shortText(value)) return
    if (!value.isWellFormed())
      throw new TypeError('half a surrogate pair has no form in MessagePack; two texts would be the same bytes.')
    const length = Buffer.byteLength(value)
    if (length < 0x20) this.#head(0xa0 | length)
    else if (length < 0x100) this.#unsigned(0xd9, length, 1)
    else this.#length16or32(length, 0xda)
    const at = this.#reserve(length)
    this.#buffer.write(value, at)
  }

  /** Names and the like are done in JavaScript, which is faster than asking Node; false when it is not all ASCII. */
  #shortText(value: string): boolean {
    const at = this.#head(0xa0 | value.length, value.length)
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index)
      if (code >= 0x80) {
        this.#length = at - 1
        return false
      }
      this.#buffer[at + index] = code
    }
    return true
  }

  #binary(value: Uint8Array): void {
    if (value.length < 0x100) this.#unsigned(0xc4, value.length, 1)
    else this.#length16or32(value.length, 0xc5)
    const at = this.#reserve(value.length)
    this.#buffer.set(value, at)
  }

  #array(items: readonly unknown[]): void {
    if (items.length < 0x10) this.#head(0x90 | items.length)
    else this.#length16or32(items.length, 0xdc)
    for (const item of items) this.value(item)
  }

  #map(map: ReadonlyMap<unknown, unknown>): void {
    this.#mapHead(map.size)
    if (!distinctKeys(map))
      throw new TypeError('two keys of this Map are the same in MessagePack, so that one value would be lost.')
    for (const [key, value] of map) {
      this.value(key)
      this.value(value)
    }
  }

  #fields(fields: Readonly<Record<string, unknown>>): void {
    const keys = Object.keys(fields).filter((key) => fields[key] !== undefined)
    this.#emptyObjects ||= keys.length === 0
    this.#mapHead(keys.length)
    for (const key of keys) {
      this.#text(key)
      this.value(fields[key])
    }
  }

  #mapHead(size: number): void {
    if (size < 0x10) this.#head(0x80 | size)
    else this.#length16or32(size, 0xde)
  }

  /** Extension -1 in the shortest of its three forms that holds the Date, as msgspec and msgpack-python write it. */
  #timestamp(time: number): void {
    if (Number.isNaN(time)) throw new RangeError('an invalid Date has no form in MessagePack.')
    const seconds = Math.floor(time / 1_000)
    const nanoseconds = (time - seconds * 1_000) * 1e6
    if (seconds < 0 || seconds >= 2 ** 34) this.#timestamp96(seconds, nanoseconds)
    else if (nanoseconds > 0 || seconds >= 2 ** 32) this.#timestamp64(seconds, nanoseconds)
    else this.#timestamp32(seconds)
  }

  #timestamp32(seconds: number): void {
    const at = this.#head(0xd6, 5)
    this.#buffer.writeInt8(timestampType, at)
    this.#buffer.writeUInt32BE(seconds, at + 1)
  }

  #timestamp64(seconds: number, nanoseconds: number): void {
    const at = this.#head(0xd7, 9)
    this.#buffer.writeInt8(timestampType, at)
    this.#buffer.writeBigUInt64BE((BigInt(nanoseconds) << 34n) | BigInt(seconds), at + 1)
  }

  #timestamp96(seconds: number, nanoseconds: number): void {
    const at = this.#head(0xc7, 14)
    this.#buffer.writeUInt8(12, at)
    this.#buffer.writeInt8(timestampType, at + 1)
    this.#buffer.writeUInt32BE(nanoseconds, at + 2)
    this.#buffer.writeBigInt64BE(BigInt(seconds), at + 6)
  }

  #length16or32(length: number, head16: number): void {
    if (length < 0x1_0000) this.#unsigned(head16, length, 2)
    else this.#unsigned(head16 + 1, length, 4)
  }

  #unsigned(head: number, value: number, bytes: number): void {
    const at = this.#head(head, bytes)
    this.#buffer.writeUIntBE(value, at, bytes)
  }

  #signed(head: number, value: number, bytes: number): void {
    const at = this.#head(head, bytes)
    this.#buffer.writeIntBE(value, at, bytes)
  }

  #wide(value: bigint): void {
    const at = this.#head(value < 0n ? 0xd3 : 0xcf, 8)
    if (value < 0n) this.#buffer.writeBigInt64BE(value, at)
    else this.#buffer.writeBigUInt64BE(value, at)
  }

  #float(value: number): void {
    const at = this.#head(0xcb, 8)
    this.#buffer.writeDoubleBE(value, at)
  }

  /** Writes the first byte of a part; returns where the `more` bytes behind it begin. */
  #head(byte: number, more = 0): number {
    const at = this.#reserve(1 + more)
    this.#buffer[at] = byte
    return at + 1
  }

  #reserve(bytes: number): number {
    const at = this.#length
    this.#length += bytes
    if (this.#length > this.#buffer.length) this.#grow()
    return at
  }

  #grow(): void {
    const larger = Buffer.allocUnsafe(this.#length * 2)
    this.#buffer.copy(larger)
    this.#buffer = larger
  }
}

/** Whether no two keys are written alike: undefined as nil, a bigint as a number, what has `toJSON` as what that returns. */
function distinctKeys(map: ReadonlyMap<unknown, unknown>): boolean {
  const keys = [...map.keys()]
  if (keys.every((key) => typeof key === 'string' || typeof key === 'number')) return true
  return new Set(keys.map(writtenKey)).size === keys.length
}

function writtenKey(key: unknown): unknown {
  if (key === undefined) return null
  if (typeof key === 'bigint' && Number.isSafeInteger(Number(key))) return Number(key)
  const ownForm = isDate(key) || isUint8Array(key)
  return typeof key === 'object' && key !== null && !ownForm && speaks(key) ? writtenKey(key.toJSON('')) : key
}

/** The extension that holds a point in time. */
const timestampType = -1
