import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MessageFilter } from '../../src/lab/proxy/message-filter.js'
import * as resp from '../support/resp.js'

const bulks = (words: readonly string[]): resp.Sample[] => words.map((word) => resp.bulk(Buffer.from(word)))
const messageTo = (channel: string): fc.Arbitrary<resp.Sample> =>
  fc
    .tuple(
      fc.constantFrom(resp.push, resp.array),
      fc.constantFrom(['message'], ['smessage'], ['pmessage', '*']),
      fc.string({ unit: 'grapheme', maxLength: 12 }),
    )
    .map(([frame, kind, text]) => frame(bulks([...kind, channel, text])))

interface Part {
  readonly swallowed: boolean
  readonly wire: Buffer
}

const anyPart: fc.Arbitrary<Part> = fc.oneof(
  { arbitrary: messageTo('+drop').map(({ wire }) => ({ wire, swallowed: true })), weight: 2 },
  { arbitrary: messageTo('+keep').map(({ wire }) => ({ wire, swallowed: false })), weight: 1 },
  {
    arbitrary: fc.oneof(resp.anyReply, resp.anyPush).map(({ wire }) => ({ wire, swallowed: false })),
    weight: 2,
  },
)
const anyStream = fc.array(anyPart, { minLength: 1, maxLength: 6 })
const wireOf = (parts: readonly Part[]): Buffer => Buffer.concat(parts.map(({ wire }) => wire))
const kept = (parts: readonly Part[]): Buffer => wireOf(parts.filter(({ swallowed }) => !swallowed))

function passed(filter: MessageFilter, chunks: readonly Buffer[]): Buffer {
  return Buffer.concat(chunks.map((chunk) => filter.pass(chunk)))
}

function dropping(): MessageFilter {
  const filter = new MessageFilter()
  filter.swallows = ({ channel }) => channel === '+drop'
  return filter
}

const halves = (wire: Buffer, at: number): Buffer[] => [wire.subarray(0, at), wire.subarray(at)]
const single = (wire: Buffer): Buffer[] => Array.from(wire, (_, at) => wire.subarray(at, at + 1))

describe('however the bytes are split', () => {
  test('in two, at every point, the messages go and every other byte stays', () => {
    fc.assert(
      fc.property(anyStream, (parts) => {
        const wire = wireOf(parts)
        for (let at = 0; at <= wire.length; at++) {
          const out = passed(dropping(), halves(wire, at))
          if (!out.equals(kept(parts))) expect(String(out), `split at ${at}`).toBe(String(kept(parts)))
        }
      }),
      { numRuns: 200 },
    )
  })

  test('byte by byte, too', () => {
    fc.assert(
      fc.property(anyStream, (parts) => {
        expect(passed(dropping(), single(wireOf(parts))).equals(kept(parts))).toBe(true)
      }),
    )
  })

  test('nothing is held back or changed while nothing is swallowed', () => {
    fc.assert(
      fc.property(anyStream, (parts) => {
        const filter = new MessageFilter()
        for (const chunk of single(wireOf(parts))) expect(filter.pass(chunk).equals(chunk)).toBe(true)
      }),
    )
  })
})

describe('swallowing', () => {
  const [drop, other] = [
    resp.push(bulks(['message', '+drop', 'text'])).wire,
    resp.array(bulks(['message', '+drop'])).wire,
  ]

  test('that begins within a message begins with the next', () => {
    const filter = new MessageFilter()
    const [start, end] = halves(drop, 9) as [Buffer, Buffer]
    const before = filter.pass(start)
    filter.swallows = () => true
    expect(Buffer.concat([before, filter.pass(Buffer.concat([end, drop, other]))])).toEqual(
      Buffer.concat([drop, other]),
    )
  })

  test('that ends within a message lets it go', () => {
    const filter = dropping()
    const [start, end] = halves(drop, 9) as [Buffer, Buffer]
    expect(filter.pass(start)).toHaveLength(0)
    filter.swallows = undefined
    expect(filter.pass(end)).toEqual(drop)
  })

  test('is shown the channel and the text', () => {
    const filter = new MessageFilter()
    const shown: unknown[] = []
    filter.swallows = (message) => shown.push(message) > 0
    filter.pass(resp.push(bulks(['pmessage', '*', 'news', 'é'])).wire)
    expect(shown).toEqual([{ channel: 'news', text: 'é' }])
  })

  test.for([
    ['a snapshot without its line end', '+FULLRESYNC x 0\r\n$4\r\nRDB!*1\r\n$4\r\nPING\r\n'],
    ['a snapshot of unknown length', '$EOF:0123\r\n*3\r\n$7\r\nmessage\r\n$5\r\n+drop\r\n$4\r\ntext\r\n'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01'],
    ['an array that breaks', '*3\r\n$7\r\nmessage\r\n$5\r\n+drop\r\n!!!\r\n'],
    ['a line without an end', `+${'x'.repeat(70_000)}`],
  ] as const)('leaves what is no RESP as it is: %s', ([, text]) => {
    const wire = Buffer.from(text)
    expect(passed(dropping(), single(wire))).toEqual(wire)
  })
})
