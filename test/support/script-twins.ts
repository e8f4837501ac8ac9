import fc from 'fast-check'
import { MemoryServer } from '../../src/clients/memory/server.js'
import type { Connection, EncodedCommand, Reply } from '../../src/connection/connection.js'
import { wallClock } from '../../src/units.js'
import { bytes, patient } from './connection.js'

/** A script, and what it may get. */
export interface Shape {
  readonly name: string
  readonly script: string
  readonly keys: readonly string[]
  readonly args: fc.Arbitrary<readonly (string | Buffer)[]>
}

/** What a script is compared under. */
export interface Comparison {
  readonly connection: Connection
  /** The commands that run before it. */
  readonly before: fc.Arbitrary<readonly EncodedCommand[]>
  /** Throws when a reply of the memory server is not what the server said. */
  readonly expectSame: (ours: Reply, theirs: Reply) => void
  readonly numRuns: number
}

/** Runs a script on a server and its twin in memory: each gives the same replies, and leaves the same behind. */
export async function compareTwins(
  { script, keys, args }: Shape,
  { connection, before, expectSame, numRuns }: Comparison,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(before, args, async (commands, argv) => {
      const memory = new MemoryServer({ entries: 100, bytes: 2 ** 20 }, wallClock)
      const ran = bytes('EVAL', script, String(keys.length), ...keys, ...argv)
      const after = keys.flatMap((key) => [bytes('GET', key), bytes('PTTL', key)])
      const theirs = await connection.batch([bytes('FLUSHDB'), ...commands, ran, ...after], patient())
      const ours = [...commands, { ...ran, script }, ...after].map((one) => memory.prepare(one)())
      ours.forEach((reply, index) => expectSame(reply, theirs[index + 1]!))
    }),
    { numRuns },
  )
}
