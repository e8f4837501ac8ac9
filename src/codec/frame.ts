import { CodecError } from '../errors.js'

/** What stands before the payload of a frame. */
export interface FrameFields {
  /** The name of the serializer that wrote the payload; without one it is the digits of a number. */
  readonly serializer?: string | undefined
  /** The name of the compressor that the payload went through. */
  readonly compressor?: string | undefined
  /** The id of the key that the payload is encrypted with. */
  readonly keyId?: string | undefined
}

/** What stands before a value that has no frame. */
export const noFields: FrameFields = Object.freeze({})

export interface Frame extends FrameFields {
  /** The bytes before the payload. */
  readonly header: Buffer
  readonly payload: Buffer
}

/**
 * The bytes before the payload.
 * Shape: 0xC1, which begins neither UTF-8 nor MessagePack; the version, 1; a byte of flags, one bit for each field that
 * follows, in the order of {@link fieldNames}; each field as a byte for its length and that many bytes of UTF-8.
 * The bits above are free: what later versions add gets one, and is refused by those that do not know it.
 */
export function frameHeader(fields: FrameFields): Buffer {
  let flags = 0
  const parts = fieldNames.flatMap((name, bit) => {
    const bytes = Buffer.from(fields[name] ?? '')
    if (bytes.length === 0) return []
    flags |= 1 << bit
    return [Buffer.from([bytes.length]), bytes]
  })
  return Buffer.concat([Buffer.from([frameMark, version, flags]), ...parts])
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
  const [, found, flags] = bytes
  if (found !== version || flags === undefined || flags >> fieldNames.length !== 0)
    throw new CodecError('decode', 'this frame was damaged, or written by a later version; upgrade the readers first.')
  const fields: Record<string, string> = {}
  let at = 3
  fieldNames.forEach((name, bit) => {
    if ((flags & (1 << bit)) === 0) return
    const end = at + 1 + (bytes[at] ?? bytes.length)
    if (end > bytes.length) throw new CodecError('decode', `this frame was cut off: ${name} is not whole.`)
    fields[name] = bytes.toString('utf8', at + 1, end)
    at = end
  })
  return { ...fields, header: bytes.subarray(0, at), payload: bytes.subarray(at) }
}

const frameMark = 0xc1
const version = 1
const fieldNames = ['serializer', 'compressor', 'keyId'] as const
