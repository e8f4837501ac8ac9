/** Bytes to fewer bytes, and back; at once, or as a promise. */
export interface Compressor {
  readonly name: string
  compress(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>
  /** @param maxBytes the most that may come out; more is an error, so that a bomb costs no memory */
  decompress(bytes: Uint8Array, maxBytes: number): Uint8Array | Promise<Uint8Array>
}
