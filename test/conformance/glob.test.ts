import fc from 'fast-check'
import { expect } from 'vitest'
import { matchesGlob } from '../../src/keys/glob.js'
import { bytes, patient, test } from '../support/connection.js'

/** One character is one byte. Globs have ASCII only: the ends of a range are signed on some processors. */
const letters = ['a', 'b', 'c', '-', '^', ']', '\\', '\n']
const letter = fc.constantFrom(...letters, '*', '[', '?', '\xe9')
const texts = fc.uniqueArray(fc.string({ unit: letter, maxLength: 6, size: 'max' }), { maxLength: 30, size: 'max' })
const piece = fc.oneof(
  fc.constantFrom(
    ...letters,
    '*',
    '*',
    '**',
    '?',
    '[',
    '[^',
    '[^a]',
    '[a-c]',
    '[c-a]',
    '[\\]a]',
    '\\*',
    '[a-',
    '[]',
    '[^]',
  ),
  fc.string({ unit: fc.constantFrom('a', 'b', 'c', '-', '\\', '^'), maxLength: 3 }).map((inside) => `[${inside}]`),
)
const patterns = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''))

test('a glob fits what the server says it fits', async ({ connection }) => {
  let hits = 0
  await fc.assert(
    fc.asyncProperty(texts, fc.array(patterns, { minLength: 1, maxLength: 30, size: 'max' }), async (all, globs) => {
      const add = all.length === 0 ? [] : [bytes('SADD', 's', ...all.map(sent))]
      const scans = globs.map((glob) => bytes('SSCAN', 's', '0', 'MATCH', sent(glob), 'COUNT', '1000'))
      const replies = (await connection.batch([bytes('DEL', 's'), ...add, ...scans], patient())).slice(-scans.length)
      globs.forEach((glob, index) => {
        const [, found] = replies[index] as [Buffer, Buffer[]]
        const ours = all.filter((one) => matchesGlob(glob, one))
        hits += ours.length
        expect({ glob, fits: new Set(ours) }).toStrictEqual({ glob, fits: new Set(found.map(received)) })
      })
    }),
    { numRuns: 300 },
  )
  expect(hits).toBeGreaterThan(1_000)
})

function sent(binary: string): Buffer {
  return Buffer.from(binary, 'latin1')
}

function received(bytes: Buffer): string {
  return bytes.toString('latin1')
}
