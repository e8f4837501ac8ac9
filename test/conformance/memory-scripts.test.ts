import fc from 'fast-check'
import { expect } from 'vitest'
import { incrementExistingScript } from '../../src/clients/commands/counters.js'
import { acquireScript, extendScript, reacquireScript, releaseScript } from '../../src/clients/commands/locks.js'
import { twins } from '../../src/clients/memory/scripts.js'
import { MemoryServer } from '../../src/clients/memory/server.js'
import { ErrorReply, type EncodedCommand, type Reply } from '../../src/connection/connection.js'
import { wallClock } from '../../src/units.js'
import { patient, test, text } from '../support/connection.js'

/** A script, and what it may get. */
interface Shape {
  readonly name: string
  readonly script: string
  readonly keys: readonly string[]
  readonly args: fc.Arbitrary<string[]>
  /** What may be stored before. @default number */
  readonly stored?: fc.Arbitrary<string>
}

const number = fc.constantFrom('1', '-1', '0.5', '9223372036854775807', 'x')
/** What a counter may be at; Lua has no more digits than JavaScript. */
const count = fc.constantFrom('1', '-1', '0.5')
const ttl = fc.constantFrom('2000000', '7000000')
const shapes: readonly Shape[] = [
  { name: 'increment what exists', script: incrementExistingScript, keys: ['a'], args: fc.tuple(number) },
  {
    name: 'take a lock',
    script: acquireScript,
    keys: ['a', 'b'],
    args: fc.tuple(count, fc.constant('PX'), ttl),
    stored: count,
  },
  { name: 'end a lock', script: releaseScript, keys: ['a'], args: fc.tuple(number) },
  { name: 'extend a lock', script: extendScript, keys: ['a'], args: fc.tuple(number, ttl, fc.constantFrom('0', '1')) },
  { name: 'renew a lock', script: reacquireScript, keys: ['a'], args: fc.tuple(number, ttl) },
]

test('no twin is left out', () => {
  expect(shapes.map(({ script }) => script)).toStrictEqual([...twins.keys()])
})

test.for(shapes)(
  'a script and its twin do the same: $name',
  async ({ script, keys, args, stored = number }, { connection }) => {
    const before = fc.array(
      fc.oneof(
        command('SET', keys, stored),
        command('SADD', keys, stored),
        command('PEXPIRE', keys, fc.constant('5000000')),
      ),
      { maxLength: 4, size: 'max' },
    )
    await fc.assert(
      fc.asyncProperty(before, args, async (commands, argv) => {
        const memory = new MemoryServer({ entries: 100, bytes: 2 ** 20 }, wallClock)
        const ran = text('EVAL', script, String(keys.length), ...keys, ...argv)
        const after = keys.flatMap((key) => [text('GET', key), text('PTTL', key)])
        const theirs = await connection.batch([text('FLUSHDB'), ...commands, ran, ...after], patient())
        const ours = [...commands, { ...ran, script }, ...after].map((one) => memory.prepare(one)())
        ours.forEach((reply, index) => expectSame(reply, theirs[index + 1]!))
      }),
      { numRuns: 200 },
    )
  },
)

function command(name: string, keys: readonly string[], value: fc.Arbitrary<string>): fc.Arbitrary<EncodedCommand> {
  return fc.tuple(fc.constantFrom(...keys), value).map((args) => text(name, ...args))
}

/** Errors in scripts have the script's name behind them; times are those of a moment later. */
function expectSame(ours: Reply, theirs: Reply): void {
  if (Number(ours) > 1_000_000 && Number.isSafeInteger(Number(ours)))
    expect(Math.abs(Number(ours) - Number(theirs))).toBeLessThan(5_000)
  else
    expect(ours instanceof ErrorReply ? ours.code : ours).toStrictEqual(
      theirs instanceof ErrorReply ? theirs.code : theirs,
    )
}
