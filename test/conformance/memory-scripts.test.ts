import fc from 'fast-check'
import { expect } from 'vitest'
import {
  countEntriesScript,
  entryLeftScript,
  expireEntryScript,
  incrementEntryScript,
  pullEntryScript,
  renameEntryScript,
  setEntryScript,
} from '../../src/clients/commands/entries.js'
import { incrementExistingScript, incrementOrCreateScript } from '../../src/clients/commands/counters.js'
import {
  acquireScript,
  extendScript,
  keepScript,
  reacquireScript,
  releaseScript,
} from '../../src/clients/commands/locks.js'
import { replaceScript, replaceValueScript } from '../../src/clients/commands/loads.js'
import { advanceScript, markScript } from '../../src/clients/commands/tags.js'
import { commandScript, endLockScript, underLock } from '../../src/clients/commands/fleet.js'
import { hsetForScript } from '../../src/clients/commands/hashes.js'
import { frameHeader } from '../../src/codec/frame.js'
import { writeTagField } from '../../src/codec/tag-field.js'
import { herdTwins } from '../../src/clients/memory/herd-scripts.js'
import { twins } from '../../src/clients/memory/scripts.js'
import { MemoryServer } from '../../src/clients/memory/server.js'
import { ErrorReply, type Reply } from '../../src/connection/connection.js'
import { wallClock } from '../../src/units.js'
import { bytes, patient, test } from '../support/connection.js'
import { compareTwins, type Shape } from '../support/script-twins.js'

const value = fc.constantFrom('1', '-1', '0.5', '9223372036854775807', 'x', 'y')
const token = fc.constantFrom('x', 'y')
const ttl = fc.constantFrom('2000000', '3000000')
const far = Date.now() + 10_000_000
/** A frame that is fresh as long as it is there, one that is fresh, one that is stale; of a value, of a number, of none. */
const freshness = fc.constantFrom({ until: 0, ttl: 0 }, { until: far, ttl: 20_000_000 }, { until: 1_000, ttl: 1_000 })
const fields = fc.constantFrom({ serializer: 'json' }, {}, { keyId: 'a' }, { serializer: 'json', keyId: 'a' })
const tagField = writeTagField({ stamp: 5, tags: ['t', 'u'] })
const payload = fc.constantFrom('', '5', '"x"', 'x'.repeat(28))
const frame = fc
  .tuple(fields, fc.option(freshness, { nil: undefined }), payload)
  .map(([known, fresh, text]) => Buffer.concat([frameHeader({ ...known, freshness: fresh }), Buffer.from(text)]))
/** Frames with tags, of values that were written 20 days ago. */
const tagged = fc.tuple(fields, payload).map(([known, text]) => {
  const written = { until: far, ttl: 20 * 86_400_000 }
  return Buffer.concat([frameHeader({ ...known, freshness: written, tagField }), Buffer.from(text)])
})
const entry = fc.oneof(frame, tagged, value, fc.constantFrom(Buffer.from([0xc1]), Buffer.from([0xc1, 2, 0, 0])))
const seen = freshness.map((known) => frameHeader({ freshness: known }).subarray(3))
const here = fc.constant('1000')
const moment = fc.oneof(
  fc.tuple(fc.constant('in'), fc.constantFrom('0', '-5', '4000000')),
  fc.tuple(fc.constant('at'), fc.constantFrom('1000', String(far), String(far + 40 * 86_400_000))),
  fc.constant(['never', '0']),
)
const allowed = fc.oneof(
  fc.constant(''),
  fields.map((known) => frameHeader({ ...known, freshness: { until: far, ttl: 20 * 86_400_000 }, tagField })),
)
const flag = fc.constantFrom('0', '1')
const expiry = fc.constantFrom([], ['PX', '4000000'])
const shapes: readonly Shape[] = [
  { name: 'count entries', script: countEntriesScript, keys: ['a', 'b', 'a'], args: fc.tuple(here) },
  { name: 'what is left of an entry', script: entryLeftScript, keys: ['a'], args: fc.tuple(here) },
  {
    name: 'write an entry',
    script: setEntryScript,
    keys: ['a'],
    args: fc
      .tuple(here, frame, fc.constantFrom('', 'NX', 'XX'), fc.constantFrom('', '3000000'), allowed, expiry)
      .map(([now, written, only, fresh, head, kept]) => [
        now,
        written,
        only,
        written[1] === 2 ? fresh : '',
        head,
        ...kept,
      ]),
  },
  {
    name: 'expire an entry',
    script: expireEntryScript,
    keys: ['a'],
    args: fc.tuple(here, moment, fc.constantFrom('0', '7000000')).map(([now, to, grace]) => [now, ...to, grace]),
  },
  { name: 'pull an entry', script: pullEntryScript, keys: ['a'], args: fc.tuple(here) },
  { name: 'rename an entry', script: renameEntryScript, keys: ['a', 'b'], args: fc.tuple(here, allowed) },
  {
    name: 'increment an entry',
    script: incrementEntryScript,
    keys: ['a'],
    args: fc.tuple(here, value, fc.constantFrom('0', '1'), fc.oneof(fc.constant(''), ttl), allowed, flag),
  },
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
    args: fc.oneof(fc.tuple(here, seen, fc.constantFrom('', 'x')), fc.tuple(here, seen, value, fc.constant('PX'), ttl)),
  },
  {
    name: 'replace this very value',
    script: replaceValueScript,
    keys: ['a'],
    args: fc.oneof(fc.tuple(entry), fc.tuple(entry, fc.oneof(entry, fc.constant(''))), fc.tuple(value, value, fc.constant('PX'), ttl)), // prettier-ignore
  },
  { name: 'advance a sequence', script: advanceScript, keys: ['b'], args: fc.tuple(here) },
  {
    name: 'mark a tag',
    script: markScript,
    keys: ['c'],
    args: fc.tuple(here, fc.constantFrom('1', '5', '9'), fc.constantFrom('', '0', '4000000', '5000000')),
  },
  { name: 'keep a lock', script: keepScript, keys: ['a'], args: fc.tuple(token, ttl) },
  {
    name: 'write under a lock',
    script: underLock(commandScript),
    keys: ['a', 'b'],
    args: fc.oneof(
      fc.tuple(token, fc.constant('SET'), fc.constant('b'), value),
      fc.tuple(token, fc.constant('SET'), fc.constant('b'), value, fc.constant('PX'), ttl, fc.constant('NX')),
      fc.tuple(token, fc.constant('UNLINK'), fc.constant('b')),
      fc.tuple(token, fc.constant('INCR'), fc.constant('b')),
    ),
  },
  {
    name: 'replace an entry under a lock',
    script: underLock(replaceScript),
    keys: ['b', 'a'],
    args: fc.tuple(token, here, seen, fc.constantFrom('', 'x')),
  },
  {
    name: 'replace this very value under a lock',
    script: underLock(replaceValueScript),
    keys: ['b', 'a'],
    args: fc.oneof(fc.tuple(token, value), fc.tuple(token, value, value)),
  },
  { name: 'end the lock of a load', script: endLockScript, keys: ['a'], args: fc.tuple(token) },
]

/** One needs commands that the server of these tests does not have, others bytes: field-ttl.test.ts, herd-scripts.test.ts. */
const elsewhere = [hsetForScript, ...herdTwins.map(([script]) => script)]

test('no twin is left out', () => {
  expect(new Set([...shapes.map(({ script }) => script), ...elsewhere])).toStrictEqual(new Set(twins.keys()))
})

/** What may be there before: any value, in a frame too, and where numbers are counted, a number from the future. */
const setA = fc.tuple(fc.constant('SET'), fc.constant('a'), entry)
const setB = fc.tuple(fc.constant('SET'), fc.constant('b'), fc.constantFrom('1', '9007199254000000', 'x'))
/** Of times that are long over, or far away. */
const setC = fc.tuple(
  fc.constant('SET'),
  fc.constant('c'),
  fc.constantFrom('4:0:0', '0:4:0', '2:4:1000', '2:4:9007199254000000', '7:8:0', '8:7:9', 'x'),
)
const other = fc.constantFrom(['SADD', 'a', 'x'], ['SADD', 'b', 'x'], ['PEXPIRE', 'a', '5000000'])
const before = fc.array(
  fc.oneof(setA, setB, setC, other).map((words) => bytes(...words)),
  { maxLength: 4, size: 'max' },
)

test.for(shapes)('a script and its twin do the same: $name', async (shape, { connection }) => {
  await compareTwins(shape, { connection, before, expectSame, numRuns: 200 })
})

test('an entry without an end is never taken for the one that was seen: all of them look the same', async ({
  connection,
}) => {
  const header = frameHeader({ freshness: { until: 0, ttl: 0 } })
  const [set, ran] = [
    bytes('SET', 'a', header),
    bytes('EVAL', replaceScript, '1', 'a', '1000', header.subarray(3), 'x'),
  ]
  const memory = new MemoryServer({ entries: 100, bytes: 2 ** 20 }, wallClock)
  expect([set, { ...ran, script: replaceScript }].map((one) => memory.prepare(one)()).at(-1)).toBe(0)
  expect((await connection.batch([set, ran], patient())).at(-1)).toBe(0)
})

/** Errors in scripts have the script's name behind them; times are those of a moment later, in frames too. */
function expectSame(ours: Reply, theirs: Reply): void {
  if (Array.isArray(ours) && Array.isArray(theirs)) {
    expect(ours.length).toBe(theirs.length)
    for (const [index, reply] of ours.entries()) expectSame(reply as Reply, theirs[index] as Reply)
  } else if (isMark(ours) && isMark(theirs)) {
    const parts = String(theirs).split(':')
    String(ours)
      .split(':')
      .forEach((part, index) => expectSame(part, parts[index]!))
  } else if (Buffer.isBuffer(ours) && ours[1] === 2 && ours.length >= 19 && Buffer.isBuffer(theirs)) {
    for (const at of [3, 11]) expectSame(Number(ours.readBigUInt64BE(at)), Number(theirs.readBigUInt64BE(at)))
    expect([ours.subarray(0, 3), ours.subarray(19)]).toStrictEqual([theirs.subarray(0, 3), theirs.subarray(19)])
  } else if (Buffer.isBuffer(ours) && Buffer.isBuffer(theirs) && isNumeric(ours))
    expectSame(ours.toString(), theirs.toString())
  else if (Number(ours) > 1_000_000 && Number.isSafeInteger(Number(ours)))
    expect(Math.abs(Number(ours) - Number(theirs))).toBeLessThan(5_000)
  else
    expect(ours instanceof ErrorReply ? ours.code : ours).toStrictEqual(
      theirs instanceof ErrorReply ? theirs.code : theirs,
    )
}

function isNumeric(stored: Buffer): boolean {
  return /^\d+$/.test(stored.toString('latin1'))
}

/** What the key of a tag holds: three numbers. */
function isMark(reply: Reply): boolean {
  return Buffer.isBuffer(reply) && /^\d+:\d+:\d+$/.test(reply.toString('latin1'))
}
