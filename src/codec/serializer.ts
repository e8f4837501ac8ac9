import type { Value } from './value.js'

/** Values to bytes or text, and back. Bare numbers never come here: they are stored as digits. */
export interface Serializer {
  readonly name: string
  /** @throws {TypeError} for `undefined`, functions and symbols; anything else becomes a CodecError with it as cause */
  serialize(value: unknown): Value
  deserialize(bytes: Uint8Array): unknown
}
