import type { Value } from './value.js'

/** Values to what travels, and back. A promise where the work leaves the event loop, as with large compressed values. */
export interface Codec {
  /** How replies that hold values are read. */
  readonly reads: 'text' | 'buffer'
  /**
   * Whether numbers are stored as digits, which the server can count with. Where not, values are encrypted: they are
   * bound to the key they are stored under, and the same value is never the same bytes twice.
   */
  readonly bareNumbers: boolean
  /**
   * @param key the key as the server knows it
   * @throws {TypeError} for `undefined`, functions and symbols, which are not values
   * @throws {CodecError} E_CODEC for what cannot be written
   */
  encode(value: unknown, key: string): Value | Promise<Value>
  /**
   * As {@link encode}, for a member of a set or sorted set: the same value has the same bytes, in Django's format and
   * JSON those that Python writes.
   * @throws {UnsupportedError} E_UNSUPPORTED when values are encrypted
   */
  encodeMember(value: unknown, key: string): Value | Promise<Value>
  /** @throws {CodecError} E_CODEC for what cannot be read */
  decode(stored: Value, key: string): unknown
}
