import type { Value } from './value.js'

/**
 * Values to bytes or text, and back. Numbers never come here, they are stored as digits; nor do `undefined`, functions
 * and symbols, which are no values. Whatever it throws becomes a CodecError with it as cause.
 */
export interface Serializer {
  /** Stands in frames, so it stays the same as long as values live; 255 bytes at most. */
  readonly name: string
  /** Text or bytes, at once. */
  serialize(value: unknown): Value
  /**
   * Throws for what `serialize` has not written.
   * @param maxValues the most values that may come out (array items, map entries, nested ones too), so that few bytes
   * cannot fill the memory: `maxDecodedValues`. A serializer that counts throws an error with the code
   * `ERR_TOO_MANY_VALUES` when there are more. @default 4 million
   */
  deserialize(bytes: Uint8Array, maxValues?: number): unknown
}

/** One that needs no bytes: what it wrote is read as text. */
export interface TextSerializer extends Serializer {
  serialize(value: unknown): string
  deserialize(stored: Value, maxValues?: number): unknown
  /**
   * Whether what `deserialize` gives is made for its caller alone, of nothing but plain objects, arrays and primitive
   * values, each of which stands in one place. @default false
   */
  readonly givesTrees?: boolean
  /**
   * A text that `serialize` wrote, as a member of a set: byte for byte as Python writes the same value, because sets
   * compare their members by their bytes.
   */
  asMember(text: string): string
}
