import fc from 'fast-check'
import { expect } from 'vitest'
import { incrementExistingScript, incrementOrCreateScript } from '../../src/clients/commands/counters.js'
import {
  acquireScript,
  extendScript,
  keepScript,
  reacquireScript,
  releaseScript,
} from '../../src/clients/commands/locks.js'
import { replaceScript } from '../../src/clients/commands/loads.js'
import { hsetForScript } from '../../src/clients/commands/hashes.js'
import { frameHeader } from '../../src/codec/frame.js'
import type { Value } from '../../src/codec/value.js'
import { twins } from '../../src/clients/memory/scripts.js'
import { MemoryServer } from '../../src/clients/memory/server.js'
import { ErrorReply, type Reply } from '../../src/connection/connection.js'
import { wallClock } from '../../src/units.js'
import { bytes, patient, test } from '../support/connection.js'

/** A script, and what it may get. */
interface Shape {
  readonly name: string
  readonly script: string
  readonly keys: readonly string[]
  readonly args: fc.Arbitrary<Value[]>
}

const value = fc.constantFrom('1', '-1', '0.5', '9223372036854775807', 'x', 'y')
const token = fc.constantFrom('x', 'y')
const ttl = fc.constantFrom('2000000', '3000000')
/** Frames of version 2: out of date, fresh for long, fresh as long as they are there; and their beginnings. */
const frames = [1_000, 4_000_000_000_000, 0].map((until) => frameHeader({ freshness: { until, ttl: 7 } }))
const frame = fc.constantFrom(...frames, ...frames.map((one) => one.subarray(0, 12)))
const seen = fc.constantFrom(...frames.map((one) => one.subarray(3)))
const shapes: readonly Shape[] = [
  { name: 'increment what exists', script: incrementExistingScript, keys: ['a'], args: fc.tuple(value) },
  { name: 'increment or create', script: incrementOrCreateScript, keys: ['a'], args: fc.tuple(value, ttl) },
  {
    name: 'acquire a lock',
    script: acquireScript,
    keys: ['a', 'b'],
    args: fc.oneof(fc.tuple(token), fc.tuple(token, fc.constant('PX'), ttl)),
  },
  { name: 'release a lock', script: releaseScript, keys: ['a'], args: fc.tuple(token) },
  { name: 'extend a lock', script: extendScript, keys: ['a'], args: fc.tuple(token, ttl, fc.constantFrom('0', '1')) },
  { name: 'reacquire a lock', script: reacquireScript, keys: ['a'], args: fc.tuple(token, ttl) },
  {
    name: 'replace an entry',
    script: replaceScript,
    keys: ['a'],
    args: fc.oneof(fc.tuple(seen, fc.constantFrom('', 'x')), fc.tuple(seen, value, fc.constant('PX'), ttl)),
  },
  { name: 'keep a lock', script: keepScript, keys: ['a'], args: fc.tuple(token, ttl) },
]

/** Needs commands that the server of these tests does not have; see field-ttl.test.ts. */
const newer = [hsetForScript]

test('no twin is left out', () => {
  expect(new Set([...shapes.map(({ script }) => script), ...newer])).toStrictEqual(new Set(twins.keys()))
})

/** What may be there before: any value, and where numbers are counted, a number from the future too. */
const setA = fc.tuple(fc.constant('SET'), fc.constant('a'), fc.oneof(value, frame))
const setB = fc.tuple(fc.constant('SET'), fc.constant('b'), fc.constantFrom('1', '9007199254000000', 'x'))
const other = fc.constantFrom(['SADD', 'a', 'x'], ['SADD', 'b', 'x'], ['PEXPIRE', 'a', '5000000'])
const before = fc.array(
  fc.oneof(setA, setB, other).map((words) => bytes(...words)),
  { maxLength: 4, size: 'max' },
)

test.for(shapes)('a script and its twin do the same: $name', async ({ script, keys, args }, { connection }) => {
  await fc.assert(
    fc.asyncProperty(before, args, async (commands, argv) => {
      const memory = new MemoryServer({ entries: 100, bytes: 2 ** 20 }, wallClock)
      const ran = bytes('EVAL', script, String(keys.length), ...keys, ...argv)
      const after = keys.flatMap((key) => [bytes('GET', key), bytes('PTTL', key)])
      const theirs = await connection.batch([bytes('FLUSHDB'), ...commands, ran, ...after], patient())
      const ours = [...commands, { ...ran, script }, ...after].map((one) => memory.prepare(one)())
      ours.forEach((reply, index) => expectSame(reply, theirs[index + 1]!))
    }),
    { numRuns: 200 },
  )
})

/** Errors in scripts have the script's name behind them; times are those of a moment later. */
function expectSame(ours: Reply, theirs: Reply): void {
  if (Number(ours) > 1_000_000 && Number.isSafeInteger(Number(ours)))
    expect(Math.abs(Number(ours) - Number(theirs))).toBeLessThan(5_000)
  else
    expect(ours instanceof ErrorReply ? ours.code : ours).toStrictEqual(
      theirs instanceof ErrorReply ? theirs.code : theirs,
    )
}
