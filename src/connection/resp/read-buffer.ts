import type { OnReadOpts } from 'node:net'

/**
 * The one buffer that a socket's bytes are read into.
 * Hot path: the streams of Node allocate 64 KiB for each read, and that took a third of the time of an MGET
 * (bench/suites/raw-many.mjs).
 */
export class ReadBuffer {
  /** The option that a socket is opened with, so that it reads into this buffer. */
  readonly onread: OnReadOpts
  #listener: ((chunk: Buffer) => void) | undefined
  /** Copies of what came before somebody listened. */
  #early: Buffer[] = []

  constructor() {
    const buffer = Buffer.allocUnsafeSlow(size)
    this.onread = {
      buffer,
      // Bun before 1.4 reads into buffers of its own: findings/bun-onread-buffer.sh
      callback: (length, read) => {
        this.#deliver(read === buffer ? buffer.subarray(0, length) : Buffer.from(read.buffer, read.byteOffset, length))
        return true
      },
    }
  }

  /** Calls the listener with all bytes that come. The next read overwrites them, so whoever keeps some copies them. */
  onData(listener: (chunk: Buffer) => void): void {
    this.#listener = listener
    for (const chunk of this.#early) listener(chunk)
    this.#early = []
  }

  #deliver(chunk: Buffer): void {
    if (this.#listener === undefined) this.#early.push(Buffer.from(chunk))
    else this.#listener(chunk)
  }
}

/** In bytes; what Node reads at once. */
const size = 64 * 1024
