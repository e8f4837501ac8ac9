import { CodecError, UnsupportedError } from '../errors.js'
import type { Codec, Opened } from './codec.js'
import type { Compressor } from './compressor.js'
import type { Keyring, Place } from './encryption.js'
import {
  authenticated,
  FrameHeader,
  isFramed,
  noFields,
  readFrame,
  withTagField,
  writeFreshness,
  type Frame,
  type Freshness,
} from './frame.js'
import type { ResolvedCodec } from './options.js'
import type { PlainCodec } from './plain-codec.js'
import type { Serializer } from './serializer.js'
import { after } from '../promises.js'
import {
  checkValue,
  compress,
  decodeNumber,
  decompress,
  deserialize,
  isNumber,
  serialize,
  writeNumber,
} from './stages.js'
import { writeTagField, type Tagging } from './tag-field.js'
import { toBytes, type Value } from './value.js'

/**
 * Values in frames, which say what wrote them, with which key they are encrypted, and until when they are fresh. Numbers
 * stay bare, unless they are encrypted or have a freshness. What has no frame is read as Django's format; with encryption
 * only when that is allowed, for otherwise whoever can write to the server could put anything in place of what is
 * encrypted.
 */
export class FramedCodec implements Codec {
  readonly reads = 'buffer'
  readonly framed = true
  readonly bareNumbers: boolean
  readonly #options: ResolvedCodec
  readonly #keyring: Keyring | undefined
  /** For what has no frame. */
  readonly #plain: PlainCodec
  readonly #serializers: ReadonlyMap<string, Serializer>
  readonly #compressors: ReadonlyMap<string, Compressor>
  readonly #headers: { readonly number: FrameHeader; readonly plain: FrameHeader; readonly packed: FrameHeader }

  constructor(options: ResolvedCodec, plain: PlainCodec) {
    const { serializer, compressor, decoders, encryption } = options
    this.#options = options
    this.#plain = plain
    this.#keyring = encryption?.keyring
    this.bareNumbers = this.#keyring === undefined
    this.#serializers = byName([serializer, ...decoders.serializers])
    this.#compressors = byName(compressor === undefined ? decoders.compressors : [compressor, ...decoders.compressors])
    const keyId = this.#keyring?.currentId
    const fields = { serializer: serializer.name, keyId }
    this.#headers = {
      number: new FrameHeader({ keyId }),
      plain: new FrameHeader(fields),
      packed: new FrameHeader({ ...fields, compressor: compressor?.name }),
    }
  }

  encode(
    value: unknown,
    key: string,
    field?: string,
    freshness?: Freshness,
    tagging?: Tagging | Promise<Tagging>,
  ): Value | Promise<Value> {
    const about = { place: { key, field }, freshness, tagging }
    if (isNumber(value)) {
      const digits = writeNumber(value)
      if (this.bareNumbers && freshness === undefined) return digits
      return this.#frame(this.#headers.number, toBytes(digits), about)
    }
    checkValue(value)
    const { serializer, compressor, compressMinLength } = this.#options
    const bytes = toBytes(serialize(serializer, value))
    if (compressor === undefined || bytes.length <= compressMinLength)
      return this.#frame(this.#headers.plain, bytes, about)
    return after(compress(compressor, bytes), (packed) => this.#frame(this.#headers.packed, packed, about))
  }

  encodeAbsence(key: string, freshness: Freshness, tagging?: Tagging): Buffer {
    return this.#write(this.#headers.number, nothing, { place: { key }, freshness }, tagging)
  }

  encodeMember(value: unknown, key: string): Value | Promise<Value> {
    if (this.#keyring === undefined) return this.encode(value, key)
    throw new UnsupportedError('Members of sets cannot be encrypted: the server could not find them again.')
  }

  decode(stored: Value, key: string, field?: string): unknown {
    return this.open(stored, key, field).read()
  }

  open(stored: Value, key: string, field?: string): Opened {
    const bytes = toBytes(stored)
    const frame = isFramed(bytes) ? this.#readFrame(bytes) : undefined
    if (frame?.keyId === undefined) this.#checkPlainAllowed()
    if (frame === undefined) return { fields: noFields, read: () => this.#plain.decode(bytes), isAbsence: never }
    const place = { key, field }
    return {
      fields: frame,
      read: () => this.#read(frame, place),
      isAbsence: () => frame.serializer === undefined && this.#decrypt(frame, place).length === 0,
    }
  }

  #readFrame(bytes: Buffer): Frame {
    const { plain, packed, number } = this.#headers
    return plain.read(bytes) ?? packed.read(bytes) ?? number.read(bytes) ?? readFrame(bytes)
  }

  #read(frame: Frame, place: Place): unknown {
    const { maxDecodedBytes, maxDecodedValues } = this.#options
    const payload = this.#decrypt(frame, place)
    if (frame.serializer === undefined) return payload.length === 0 ? undefined : readDigits(payload)
    const serializer = known(this.#serializers, 'serializer', frame.serializer)
    if (frame.compressor === undefined) return deserialize([serializer], payload, maxDecodedValues)
    const compressor = known(this.#compressors, 'compressor', frame.compressor)
    return after(decompress(compressor, payload, maxDecodedBytes), (plain) =>
      deserialize([serializer], toBytes(plain), maxDecodedValues),
    )
  }

  #frame(header: FrameHeader, payload: Uint8Array, about: About): Buffer | Promise<Buffer> {
    return after(about.tagging, (tagging) => this.#write(header, payload, about, tagging))
  }

  #write(
    header: FrameHeader,
    payload: Uint8Array,
    { place, freshness }: Omit<About, 'tagging'>,
    tagging: Tagging | undefined,
  ): Buffer {
    const untagged = freshness === undefined ? header.plain : header.fresh
    const begin = tagging === undefined ? untagged : withTagField(header.fresh, writeTagField(tagging))
    const frame = Buffer.concat([begin, this.#keyring?.encrypt(payload, authenticated(begin), place) ?? payload])
    if (freshness !== undefined) writeFreshness(frame, freshness)
    return frame
  }

  #decrypt({ keyId, header, payload }: Frame, place: Place): Buffer {
    if (keyId === undefined) return payload
    if (this.#keyring !== undefined) return this.#keyring.decrypt(payload, keyId, authenticated(header), place)
    throw new CodecError('decrypt', `the value is encrypted with the key '${keyId}'; set encryption.`, {
      fault: 'setup',
    })
  }

  #checkPlainAllowed(): void {
    const { encryption } = this.#options
    if (encryption === undefined || encryption.readPlain) return
    throw new CodecError('decrypt', 'the value is not encrypted; set encryption.readPlain while such values live.')
  }
}

/** Where a value is stored, and what its frame says of it beside how it was written. */
interface About {
  readonly place: Place
  readonly freshness: Freshness | undefined
  readonly tagging: Tagging | Promise<Tagging> | undefined
}

const nothing = Buffer.alloc(0)
const never = (): boolean => false

/** Of two with one name, the first. */
function byName<Named extends { readonly name: string }>(all: readonly Named[]): ReadonlyMap<string, Named> {
  return new Map(all.toReversed().map((one) => [one.name, one]))
}

function known<Named>(all: ReadonlyMap<string, Named>, kind: string, name: string): Named {
  const found = all.get(name)
  if (found !== undefined) return found
  throw new CodecError('decode', `the value was written with the ${kind} '${name}'; add it to decoders.`)
}

function readDigits(payload: Buffer): number | bigint {
  const number = decodeNumber(payload)
  if (number !== undefined) return number
  throw new CodecError('deserialize', 'a frame without a serializer holds a number, and this is none.')
}
