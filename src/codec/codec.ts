import type { FrameFields, Freshness } from './frame.js'
import type { Tagging } from './tag-field.js'
import type { Value } from './value.js'

/** A stored value whose frame, if it has one, is read; the value itself is decoded when it is asked for. */
export interface Opened {
  /** What the frame carries beside the value; nothing where there is no frame. With encryption it is proven by `read`. */
  readonly fields: FrameFields
  /**
   * Decodes the value; `undefined` where a frame says that there is none.
   * @throws {CodecError} E_CODEC for what cannot be read
   */
  read(): unknown
  /** Whether the frame says that there is no value: tells it from a value that `read` gives as `undefined`. */
  isAbsence(): boolean
}

/** Values to what travels, and back. A promise where the work leaves the event loop, as with large compressed values. */
export interface Codec {
  /** How replies that hold values are read. */
  readonly reads: 'text' | 'buffer'
  /**
   * Whether numbers are stored as digits, which the server can count with. Where not, values are encrypted: they are
   * bound to the key they are stored under, and the same value is never the same bytes twice.
   */
  readonly bareNumbers: boolean
  /** Whether values may have frames, and so a freshness. */
  readonly framed: boolean
  /**
   * Whether what `decode` gives is made for its caller alone, of nothing but plain objects, arrays and primitive values,
   * each of which stands in one place. @default false
   */
  readonly givesTrees?: boolean
  /**
   * @param key the key as the server knows it
   * @param field the field of a hash that the value is stored in; with encryption the value is bound to it as well
   * @param freshness how long the value is fresh; a codec without frames does not keep it
   * @param tagging what the value is tagged with, where it has a freshness; a codec without frames does not keep it. Where
   * it is promised, the value is serialized before
   * @throws {TypeError} for `undefined`, functions and symbols, which are not values
   * @throws {CodecError} E_CODEC for what cannot be written
   */
  encode(
    value: unknown,
    key: string,
    field?: string,
    freshness?: Freshness,
    tagging?: Tagging | Promise<Tagging>,
  ): Value | Promise<Value>
  /**
   * Encodes that there is no value under a key, as a loader found.
   * @throws {UnsupportedError} E_UNSUPPORTED where there are no frames
   */
  encodeAbsence(key: string, freshness: Freshness, tagging?: Tagging): Value
  /**
   * As {@link encode}, for a member of a set or sorted set: the same value has the same bytes, in Django's format and
   * JSON those that Python writes.
   * @throws {UnsupportedError} E_UNSUPPORTED when values are encrypted
   */
  encodeMember(value: unknown, key: string): Value | Promise<Value>
  /**
   * Decodes a value that was stored under this key, and in this field of a hash.
   * @throws {CodecError} E_CODEC for what cannot be read
   */
  decode(stored: Value, key: string, field?: string): unknown
  /**
   * As {@link decode}, for who needs what the frame carries: at once, and before the value is decoded.
   * @throws {CodecError} E_CODEC for a frame that cannot be read
   */
  open(stored: Value, key: string, field?: string): Opened
  /**
   * Gives a stored value another freshness; 0 and 0 is none. Only where values carry it in a form that no script on the
   * server knows, as in a herd cache of Django's format.
   * @throws {CodecError} E_CODEC for what cannot be read
   */
  readonly repack?: ((stored: Value, freshness: Freshness) => Value | Promise<Value>) | undefined
}
