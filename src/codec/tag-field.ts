import { CodecError } from '../errors.js'

/** What a value is tagged with, as its frame says. */
export interface Tagging {
  /** The number of the last invalidation before the value was made: a greater one of its tags makes it invalid. */
  readonly stamp: number
  readonly tags: readonly string[]
}

/**
 * The field of a frame that says what a value is tagged with.
 * Shape: the stamp, a whole number of 8 bytes with the highest first; then each tag, 2 bytes for its length and that many
 * bytes of UTF-8.
 */
export function writeTagField({ stamp, tags }: Tagging): Buffer {
  const texts = tags.map((tag) => Buffer.from(tag))
  const field = Buffer.alloc(texts.reduce((sum, { length }) => sum + lengthBytes + length, stampBytes))
  field.writeUIntBE(stamp, 2, 6)
  let at = stampBytes
  for (const text of texts) {
    at = field.writeUInt16BE(text.length, at)
    at += text.copy(field, at)
  }
  return field
}

/** @throws {CodecError} E_CODEC for a field that {@link writeTagField} does not write */
export function readTagField(field: Buffer): Tagging {
  if (field.length < stampBytes || field.readUInt16BE(0) !== 0) throw damaged()
  return { stamp: field.readUIntBE(2, 6), tags: tagsIn(field) }
}

/** Hot path (bench: cache-tags): many values have the same tags, and reading each takes longer than finding all. */
function tagsIn(field: Buffer): readonly string[] {
  if (field.length > longestKnown) return readTags(field)
  const written = field.toString('latin1', stampBytes)
  const tags = known.get(written)
  if (tags !== undefined) return tags
  const read = readTags(field)
  if (known.size === mostKnown) known.clear()
  known.set(written, read)
  return read
}

const known = new Map<string, readonly string[]>()
const mostKnown = 1_000
const longestKnown = 1_000

function readTags(field: Buffer): readonly string[] {
  const tags: string[] = []
  let at = stampBytes
  while (at < field.length) {
    const start = at + lengthBytes
    if (start > field.length) throw damaged()
    at = start + field.readUInt16BE(at)
    if (at > field.length) throw damaged()
    tags.push(field.toString('utf8', start, at))
  }
  return tags
}

function damaged(): CodecError {
  return new CodecError('decode', 'this frame was damaged: its tags cannot be read.')
}

/** The bytes of the longest tag. */
export const longestTag = 0xffff
const stampBytes = 8
const lengthBytes = 2
