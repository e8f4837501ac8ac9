import { CodecError } from '../errors.js'
import { readTagField } from './tag-field.js'
import type { Milliseconds } from '../units.js'

/** How long a value is fresh, on the clock of the server that holds it. */
export interface Freshness {
  /** Until when, in ms since 1970; 0: as long as it is there. */
  readonly until: Milliseconds
  /** For how long it was when it was written, in ms; 0: for ever. */
  readonly ttl: Milliseconds
}

/** What stands before the payload of a frame. */
export interface FrameFields {
  /** The name of the serializer that wrote the payload; without one it is the digits of a number. */
  readonly serializer?: string | undefined
  /** The name of the compressor that the payload went through. */
  readonly compressor?: string | undefined
  /** The id of the key that the payload is encrypted with. */
  readonly keyId?: string | undefined
  /** Without it a value is fresh as long as it is there. It is not authenticated, for scripts on the server change it. */
  readonly freshness?: Freshness | undefined
  /** What the value is tagged with, as `readTagField` reads it when somebody asks; only beside a freshness. */
  readonly tagField?: Buffer | undefined
}

/** What stands before a value that has no frame. */
export const noFields: FrameFields = Object.freeze({})

/** A frame that was read: its fields, and where its payload begins. */
export class Frame implements FrameFields {
  readonly serializer: string | undefined
  readonly compressor: string | undefined
  readonly keyId: string | undefined
  readonly freshness: Freshness | undefined
  readonly tagField: Buffer | undefined
  readonly #bytes: Buffer
  readonly #payloadAt: number

  /** @param end where its fields end, but for the tags */
  constructor(bytes: Buffer, { serializer, compressor, keyId }: FrameFields, end: number) {
    this.serializer = serializer
    this.compressor = compressor
    this.keyId = keyId
    this.freshness = bytes[1] === 2 ? readFreshness(bytes) : undefined
    this.tagField = (bytes.readUInt8(flagsAt) & taggedBit) === 0 ? undefined : readTagBytes(bytes, end)
    this.#bytes = bytes
    this.#payloadAt = this.tagField === undefined ? end : end + tagLengthBytes + this.tagField.length
  }

  /** The bytes before the payload. */
  get header(): Buffer {
    return this.#bytes.subarray(0, this.#payloadAt)
  }

  get payload(): Buffer {
    return this.#bytes.subarray(this.#payloadAt)
  }
}

/** What stands before payloads of a kind: without a freshness, and with room for one. */
export class FrameHeader {
  readonly plain: Buffer
  readonly fresh: Buffer
  readonly #fields: FrameFields

  constructor(fields: FrameFields) {
    this.#fields = fields
    this.plain = frameHeader(fields)
    this.fresh = frameHeader({ ...fields, freshness: { until: 0, ttl: 0 } })
  }

  /**
   * Reads a frame that begins with this header, whatever its freshness is; `undefined` for any other. Hot path: most of
   * what a cache reads it wrote itself, and comparing bytes takes a quarter of reading fields (`bench/suites/codec.mjs`).
   */
  read(bytes: Buffer): Frame | undefined {
    const version = bytes[1]
    const flags = bytes[2] ?? -1
    const header = version === 2 ? this.fresh : this.plain
    const untagged = version === 2 && flags >= taggedBit ? flags - taggedBit : flags
    if (version !== header[1] || untagged !== header[2]) return undefined
    for (let at = version === 2 ? fieldsAt : freshnessAt; at < header.length; at++)
      if (bytes[at] !== header[at]) return undefined
    return new Frame(bytes, this.#fields, header.length)
  }
}

/**
 * The bytes before the payload.
 * Shape: 0xC1, which begins neither UTF-8 nor MessagePack; the version; a byte of flags, one bit for each field that
 * follows, in the order of {@link fieldNames}; in version 2 the {@link Freshness}, two whole numbers of 8 bytes with the
 * highest first; each field as a byte for its length and that many bytes of UTF-8; in version 2, with the bit above
 * those, the tags: 4 bytes for their length and that many bytes.
 * The bits above are free: what later versions add gets one, and is refused by those that do not know it.
 * A frame without a serializer and with an empty payload says that there is no value.
 */
export function frameHeader(fields: FrameFields): Buffer {
  let flags = 0
  const parts = fieldNames.flatMap((name, bit) => {
    const bytes = Buffer.from(fields[name] ?? '')
    if (bytes.length === 0) return []
    flags |= 1 << bit
    return [Buffer.from([bytes.length]), bytes]
  })
  const { freshness, tagField } = fields
  const begin = Buffer.alloc(freshness === undefined ? freshnessAt : fieldsAt)
  begin.set([frameMark, freshness === undefined ? 1 : 2, flags])
  if (freshness !== undefined) writeFreshness(begin, freshness)
  const header = Buffer.concat([begin, ...parts])
  return tagField === undefined ? header : withTagField(header, tagField)
}

/** A header of version 2, with the tags of a value behind its fields. */
export function withTagField(header: Buffer, tagField: Buffer): Buffer {
  const tagged = Buffer.allocUnsafe(header.length + tagLengthBytes + tagField.length)
  header.copy(tagged)
  tagged.writeUInt8(header.readUInt8(flagsAt) | taggedBit, flagsAt)
  tagged.writeUInt32BE(tagField.length, header.length)
  tagField.copy(tagged, header.length + tagLengthBytes)
  return tagged
}

/** Writes how long a value is fresh into a frame of version 2, or into a copy of its header. */
export function writeFreshness(frame: Buffer, { until, ttl }: Freshness): void {
  frame.writeUIntBE(until, freshnessAt + 2, 6)
  frame.writeUIntBE(ttl, freshnessAt + 10, 6)
}

/** What encryption authenticates of a header: all but the freshness. */
export function authenticated(header: Buffer): Buffer {
  if (header[1] !== 2) return header
  return Buffer.concat([header.subarray(0, freshnessAt), header.subarray(fieldsAt)])
}

/** Whether it fits into a field. */
export function isFieldText(value: unknown): value is string {
  if (typeof value !== 'string' || value === '') return false
  return Buffer.byteLength(value) <= 255
}

export function isFramed(bytes: Uint8Array): boolean {
  return bytes[0] === frameMark
}

/** @throws {CodecError} E_CODEC for a frame that was cut off, or that a later version wrote */
export function readFrame(bytes: Buffer): Frame {
  const [, version, flags] = bytes
  if ((version !== 1 && version !== 2) || flags === undefined || flags > knownFlags[version])
    throw new CodecError('decode', 'this frame was damaged, or written by a later version; upgrade the readers first.')
  const fields: Record<string, string> = {}
  let at = version === 2 ? fieldsAt : freshnessAt
  fieldNames.forEach((name, bit) => {
    if ((flags & (1 << bit)) === 0) return
    const end = at + 1 + (bytes[at] ?? bytes.length)
    if (end > bytes.length) throw new CodecError('decode', `this frame was cut off: ${name} is not whole.`)
    fields[name] = bytes.toString('utf8', at + 1, end)
    at = end
  })
  return new Frame(bytes, fields, at)
}

/** The tags of a frame; none where it has none, or is not whole. */
export function tagsOfFrame(bytes: Buffer): readonly string[] {
  if (!isFramed(bytes) || bytes[1] !== 2 || ((bytes[flagsAt] ?? 0) & taggedBit) === 0) return []
  try {
    return readTagField(readFrame(bytes).tagField ?? nothing).tags
  } catch {
    return []
  }
}

const nothing = Buffer.alloc(0)

/** The tags that begin at a place of a frame. */
function readTagBytes(bytes: Buffer, at: number): Buffer {
  const start = at + tagLengthBytes
  const end = start <= bytes.length ? start + bytes.readUInt32BE(at) : Infinity
  if (end <= bytes.length) return bytes.subarray(start, end)
  throw new CodecError('decode', 'this frame was cut off: its tags are not whole.')
}

function readFreshness(bytes: Buffer): Freshness {
  if (bytes.length < fieldsAt) throw new CodecError('decode', 'this frame was cut off: its freshness is not whole.')
  return { until: readTime(bytes, freshnessAt), ttl: readTime(bytes, freshnessAt + 8) }
}

/**
 * Hot path: Node's readUIntBE takes ten times as long (`bench/suites/cache-get.mjs`).
 * @throws {CodecError} E_CODEC for a number that no clock comes to in 8,900 years
 */
function readTime(bytes: Buffer, at: number): Milliseconds {
  let time = 0
  for (let index = at; index < at + 8; index++) time = time * 256 + (bytes[index] as number)
  if (time < 2 ** 48) return time
  throw new CodecError('decode', 'this frame was damaged: its freshness is no time.')
}

const frameMark = 0xc1
/** Where the freshness stands in a frame of version 2, in bytes, and the fields of version 1. */
export const freshnessAt = 3
/** Where the fields of version 2 begin. */
const fieldsAt = 19
const fieldNames = ['serializer', 'compressor', 'keyId'] as const
const flagsAt = 2
const taggedBit = 1 << fieldNames.length
const tagLengthBytes = 4
/** The greatest flags that are known of each version. */
const knownFlags = { 1: taggedBit - 1, 2: 2 * taggedBit - 1 } as const
