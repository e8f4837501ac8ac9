import type { ChildProcess } from 'node:child_process'
import { expect } from 'vitest'
import type { CacheOptions } from '../../src/index.js'
import { messageOf, startChild } from './child.js'
import { sharedNow } from './shared-clock.js'

/** What the process is to write, and where. */
export interface WriterOrder {
  readonly options: CacheOptions
  /** The keys, each with the least time between two of its writes, in ms. */
  readonly keys: Readonly<Record<string, number>>
}

/** A write that was acknowledged. */
export interface StampedWrite {
  readonly key: string
  /** The value: those of a key count from 1. */
  readonly number: number
  /** When the writer had the acknowledgement, on the clock of `sharedNow()`, in ms. */
  readonly acknowledgedAt: number
}

/** Another process that counts under some keys, and notes when each write is acknowledged. */
export class StampedWriter {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  /** Resolves when each key has its first value, and both processes are known to read the same clock. */
  static async start(order: WriterOrder): Promise<StampedWriter> {
    const begun = sharedNow()
    const child = startChild('stamped-writer-child.ts', order)
    const theirs = await messageOf<number>(child)
    expect(theirs).toBeGreaterThan(begun)
    expect(theirs).toBeLessThan(sharedNow())
    return new StampedWriter(child)
  }

  /** Ends the writing; resolves to the acknowledged writes in their order. */
  async stop(): Promise<readonly StampedWrite[]> {
    const answer = messageOf<readonly StampedWrite[]>(this.#child)
    this.#child.send('stop')
    return answer
  }

  /** Ends the process. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }
}
