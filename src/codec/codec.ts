/** Values to what travels, and back. */
export interface Codec {
  /** How replies that hold values are read. */
  readonly reads: 'text' | 'buffer'
  /**
   * @throws {TypeError} for `undefined`, functions and symbols, which are not values
   * @throws {CodecError} E_CODEC for what cannot be written
   */
  encode(value: unknown): string | Uint8Array
  /** @throws {CodecError} E_CODEC for what cannot be read */
  decode(stored: string | Uint8Array): unknown
}
