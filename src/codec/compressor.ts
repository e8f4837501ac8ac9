/** Bytes to fewer bytes, and back; at once, or as a promise. Whatever it throws becomes a CodecError with it as cause. */
export interface Compressor {
  /** Stands in frames, so it stays the same as long as values live; 255 bytes at most. */
  readonly name: string
  /** Makes fewer bytes. */
  compress(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>
  /**
   * Makes the bytes again.
   * @param maxBytes the most that may come out, so that a bomb costs no memory
   * @throws an error with the code `ERR_BUFFER_TOO_LARGE` when more would
   */
  decompress(bytes: Uint8Array, maxBytes: number): Uint8Array | Promise<Uint8Array>
  /** Whether bytes begin as those of this compressor do. Without it, what has no frame is read by trying. */
  marks?(bytes: Uint8Array): boolean
}
