import fc from 'fast-check'
import { expect } from 'vitest'
import * as scripts from '../../src/clients/commands/herd-entries.js'
import { herdTwins } from '../../src/clients/memory/herd-scripts.js'
import { writePickle } from '../../src/codec/serializers/pickle/writer.js'
import { PyHerdMarker, PyTuple } from '../../src/codec/serializers/pickle/index.js'
import { ErrorReply, type Reply } from '../../src/connection/connection.js'
import { bytes, test } from '../support/connection.js'
import { compareTwins, type Shape } from '../support/script-twins.js'

type Word = string | Buffer

const second = 1_000
const herd = String(2_000 * second)

const herdValue = (value: unknown, deadline: number): Buffer =>
  writePickle(PyTuple.of(new PyHerdMarker(), value, deadline), 4)

const [deadline, other] = [1_900_000_000, 1_950_000_000]
const long = 'long '.repeat(20)
const values: readonly Word[] = [
  '7',
  '-1.5',
  '',
  'text',
  writePickle('Marker', 4),
  herdValue(7, deadline),
  herdValue(long, deadline),
  // Where a deadline of 32 bits may seem to stand, and does not.
  herdValue(7, 2 ** 31 + 0x4a),
  herdValue(7, 1_900_000_000.5),
  Buffer.from('\x1f\x8b\x08 compressed', 'latin1'),
]
const value = fc.constantFrom(...values)
/** Without any, within the ttl, and past it. */
const expiry = fc.constantFrom<readonly string[]>([], ['PX', String(3_000 * second)], ['PX', String(1_500 * second)])
const delta = fc.constantFrom('1', '-3', '0.5')
const seconds = fc.constantFrom(int32(other), Buffer.alloc(0))

const shapes: readonly Shape[] = [
  { name: 'count', script: scripts.countHerdScript, keys: ['a', 'b'], args: fc.constant([herd]) },
  { name: 'what is left', script: scripts.herdLeftScript, keys: ['a'], args: fc.constant([herd]) },
  {
    name: 'write under a condition',
    script: scripts.setHerdScript,
    keys: ['a'],
    args: fc.tuple(fc.constantFrom('NX', 'XX'), value, expiry).map(([only, to, px]) => [herd, only, to, ...px]),
  },
  { name: 'pull', script: scripts.pullHerdScript, keys: ['a'], args: fc.constant([herd]) },
  { name: 'remove', script: scripts.removeHerdScript, keys: ['a'], args: fc.constant([herd]) },
  {
    name: 'expire',
    script: scripts.expireHerdScript,
    keys: ['a'],
    args: seconds.map((to) => [herd, 'PEXPIRE', String(1_700 * second), String(3_700 * second), to]),
  },
  { name: 'persist', script: scripts.persistHerdScript, keys: ['a'], args: fc.constant([herd]) },
  {
    name: 'replace',
    script: scripts.replaceHerdScript,
    keys: ['a'],
    args: fc.tuple(value, value, expiry).map(([from, to, px]) => [from, to, ...px]),
  },
  { name: 'rename', script: scripts.renameHerdScript, keys: ['a', 'b'], args: fc.constant([herd]) },
  {
    name: 'increment',
    script: scripts.incrementHerdScript,
    keys: ['a'],
    args: fc
      .tuple(delta, fc.constantFrom('0', '1'), fc.constantFrom('', '3000000'))
      .map(([by, creates, ttl]) => [herd, by, creates, ttl]),
  },
]

test('no twin is left out', () => {
  expect(new Set(shapes.map(({ script }) => script))).toStrictEqual(new Set(herdTwins.map(([script]) => script)))
})

const set = fc.tuple(fc.constantFrom('a', 'b'), value, expiry).map(([key, to, px]) => bytes('SET', key, to, ...px))
const others = fc.constantFrom(bytes('SADD', 'a', 'x'), bytes('SADD', 'b', 'x'), bytes('PEXPIRE', 'a', '1500000'))
const before = fc.array(fc.oneof({ weight: 3, arbitrary: set }, others), { maxLength: 3, size: 'max' })

test.for(shapes)('a script and its twin do the same: $name', async (shape, { connection }) => {
  await compareTwins(shape, { connection, before, expectSame, numRuns: 80 })
})

/** Errors in scripts have the script's name behind them; times are those of a moment later. */
function expectSame(ours: Reply, theirs: Reply): void {
  if (typeof ours === 'number' && ours > 100 * second) expect(Math.abs(ours - Number(theirs))).toBeLessThan(50 * second)
  else expect(comparable(ours)).toStrictEqual(comparable(theirs))
}

function comparable(reply: Reply): unknown {
  if (reply instanceof ErrorReply) return reply.code
  return reply instanceof Uint8Array ? Buffer.from(reply).toString('latin1') : reply
}

function int32(number: number): Buffer {
  const made = Buffer.alloc(4)
  made.writeInt32LE(number)
  return made
}
