import { CodecError } from '../errors.js'
import { isTooLarge, isTooMany } from './bounds.js'
import type { Codec, Opened } from './codec.js'
import type { Compressor } from './compressor.js'
import { noFields } from './frame.js'
import { isNumeric } from './numbers.js'
import type { ResolvedCodec } from './options.js'
import type { Serializer } from './serializer.js'
import { isDistinct, isText } from './serializers/index.js'
import { after } from '../promises.js'
import {
  checkValue,
  compress,
  decodeNumber,
  decompress,
  deserialize,
  isNumber,
  noFrames,
  serialize,
  writeNumber,
} from './stages.js'
import { toBytes, type Value } from './value.js'

/**
 * Values without metadata, as django-valkey keeps them: numbers bare, everything else serialized and, when it is long,
 * compressed.
 * Reading: what begins with the mark of a compressor that is known here is decompressed. Brotli has no mark: what the
 * serializers refuse is tried with it. Where a serializer takes any bytes, as raw does, Django's rule is all there is:
 * try to decompress, and take the bytes as they are when that fails.
 */
export class PlainCodec implements Codec {
  readonly reads = 'buffer'
  readonly bareNumbers = true
  readonly framed = false
  readonly #serializer: Serializer
  readonly #compressor: Compressor | undefined
  readonly #minLength: number
  readonly #maxBytes: number
  readonly #maxValues: number
  /** Those that refuse what others wrote come first. */
  readonly #serializers: readonly Serializer[]
  readonly #distinct: readonly Serializer[]
  readonly #compressors: readonly Compressor[]
  readonly #unmarked: readonly Compressor[]

  constructor(resolved: ResolvedCodec) {
    const { serializer, compressor, compressMinLength, decoders } = resolved
    this.#serializer = serializer
    this.#compressor = compressor
    // What any bytes could be is always compressed: without a mark it could be taken for something else.
    this.#minLength = isDistinct(serializer) ? compressMinLength : -1
    this.#maxBytes = resolved.maxDecodedBytes
    this.#maxValues = resolved.maxDecodedValues
    const all = [serializer, ...decoders.serializers]
    this.#distinct = all.filter(isDistinct)
    this.#serializers = [...this.#distinct, ...all.filter((one) => !isDistinct(one))]
    this.#compressors = compressor === undefined ? decoders.compressors : [compressor, ...decoders.compressors]
    this.#unmarked = this.#compressors.filter((one) => one.marks === undefined)
  }

  encode(value: unknown): Value | Promise<Value> {
    if (isNumber(value)) return writeNumber(value)
    checkValue(value)
    return this.#pack(serialize(this.#serializer, value))
  }

  encodeAbsence(): never {
    throw noFrames()
  }

  encodeMember(value: unknown): Value | Promise<Value> {
    if (isNumber(value)) return writeNumber(value)
    checkValue(value)
    const serializer = this.#serializer
    if (!isText(serializer)) return this.#pack(serialize(serializer, value))
    return this.#pack(serializer.asMember(serialize(serializer, value)))
  }

  #pack(form: Value): Value | Promise<Value> {
    if (this.#compressor === undefined) return isDistinct(this.#serializer) ? form : unmistakable(form)
    const bytes = toBytes(form)
    return bytes.length > this.#minLength ? compress(this.#compressor, bytes) : bytes
  }

  open(stored: Value): Opened {
    return { fields: noFields, read: () => this.decode(stored), isAbsence: () => false }
  }

  decode(stored: Value): unknown {
    const number = decodeNumber(stored)
    if (number !== undefined) return number
    const bytes = toBytes(stored)
    const marked = this.#compressors.find((compressor) => compressor.marks?.(bytes))
    const certain = this.#distinct.length === this.#serializers.length
    if (marked !== undefined && certain) return this.#unpack(marked, bytes)
    if (marked === undefined && this.#unmarked.length === 0) return this.#deserialize(this.#serializers, bytes)
    return this.#try(bytes, marked)
  }

  #unpack(compressor: Compressor, bytes: Buffer): unknown {
    return after(decompress(compressor, bytes, this.#maxBytes), (plain) =>
      this.#deserialize(this.#serializers, toBytes(plain)),
    )
  }

  #deserialize(serializers: readonly Serializer[], bytes: Buffer): unknown {
    return deserialize(serializers, bytes, this.#maxValues)
  }

  /** One way after the other; the first failure is told, unless one of them passes a bound. */
  async #try(bytes: Buffer, marked: Compressor | undefined): Promise<unknown> {
    const packed = marked === undefined ? this.#unmarked : [marked]
    const ways: (() => unknown)[] = packed.map((compressor) => () => this.#unpack(compressor, bytes))
    if (marked === undefined && this.#distinct.length > 0) ways.unshift(() => this.#deserialize(this.#distinct, bytes))
    if (this.#distinct.length < this.#serializers.length) ways.push(() => this.#deserialize(this.#serializers, bytes))
    let first: unknown
    for (const way of ways) {
      try {
        return await way()
      } catch (error) {
        if (isTooLarge(error) || isTooMany(error)) throw error
        first ??= error
      }
    }
    throw first
  }
}

/** @throws {CodecError} E_CODEC for bytes that would come back as a number */
function unmistakable(form: Value): Value {
  if (!isNumeric(form)) return form
  const problem = "in the format 'django' these bytes would come back as a number; store the number, or use 'framed'."
  throw new CodecError('serialize', problem)
}
