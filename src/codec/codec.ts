import type { Value } from './value.js'

/** Values to what travels, and back. A promise where the work leaves the event loop, as with large compressed values. */
export interface Codec {
  /** How replies that hold values are read. */
  readonly reads: 'text' | 'buffer'
  /**
   * @param key the key as the server knows it
   * @throws {TypeError} for `undefined`, functions and symbols, which are not values
   * @throws {CodecError} E_CODEC for what cannot be written
   */
  encode(value: unknown, key: string): Value | Promise<Value>
  /** As {@link encode}, for a member of a set or sorted set: the same value must always have the same bytes. */
  encodeMember(value: unknown, key: string): Value | Promise<Value>
  /** @throws {CodecError} E_CODEC for what cannot be read */
  decode(stored: Value, key: string): unknown
}
