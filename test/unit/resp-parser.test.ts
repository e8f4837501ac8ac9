import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ErrorReply, type Push, type Reply } from '../../src/connection/connection.js'
import { ReplyParser } from '../../src/connection/resp/parser.js'
import { MalformedReplyError } from '../../src/connection/resp/scalars.js'
import { bytesHeld, MiB } from '../support/heap.js'
import * as resp from '../support/resp.js'

/** What a stream consists of: replies, each read as its command asked, and pushes. */
interface Part {
  readonly kind: 'reply' | 'push'
  readonly asBuffers: boolean
  readonly sample: resp.Sample
}

type Heard = { readonly reply: Reply } | { readonly push: Push }

const anyPart: fc.Arbitrary<Part> = fc.oneof(
  { arbitrary: part('reply', resp.anyReply), weight: 3 },
  { arbitrary: part('push', resp.anyPush), weight: 1 },
)
const anyStream = fc.array(anyPart, { minLength: 1, maxLength: 4 })

describe('however the bytes are split', () => {
  test('in two, at every point, every type of reply is the same', () => {
    fc.assert(
      fc.property(anyStream, (stream) => {
        const wire = wireOf(stream)
        for (let at = 0; at <= wire.length; at++) {
          const heard = hear(stream, [wire.subarray(0, at), wire.subarray(at)])
          if (!isDeepStrictEqual(heard, expectedOf(stream)))
            expect(heard, `split at ${at}`).toStrictEqual(expectedOf(stream))
        }
      }),
      { numRuns: 60 },
    )
  })

  test('byte by byte, every type of reply is the same', () => {
    fc.assert(
      fc.property(anyStream, (stream) => {
        const bytes = Array.from(wireOf(stream), (byte) => Buffer.from([byte]))
        expect(hear(stream, bytes)).toStrictEqual(expectedOf(stream))
      }),
      { numRuns: 200 },
    )
  })

  test('in pieces of any size, every type of reply is the same', () => {
    fc.assert(
      fc.property(anyStream, fc.array(fc.nat({ max: 400 }), { maxLength: 12 }), (stream, cuts) => {
        expect(hear(stream, pieces(wireOf(stream), cuts))).toStrictEqual(expectedOf(stream))
      }),
      { numRuns: 500 },
    )
  })

  test('a bulk string of many chunks is whole and comes with its last byte', () => {
    const body = Buffer.alloc(300_000, 'abcdefg')
    const { wire } = resp.bulk(body)
    const { parser, replies } = listen(true)
    for (let at = 0; at < wire.length; at += 1_000) {
      expect(replies).toHaveLength(0)
      parser.write(wire.subarray(at, at + 1_000))
    }
    // Not toStrictEqual, which walks the elements one by one: four seconds on a busy machine.
    expect(isDeepStrictEqual(replies, [body])).toBe(true)
  })
})

describe('each type', () => {
  test.each<[wire: string, reply: Reply]>([
    ['+OK\r\n', 'OK'],
    ['+\r\n', ''],
    ['$0\r\n\r\n', ''],
    ['$7\r\na\r\nb\r\nc\r\n', 'a\r\nb\r\nc'],
    ['$2\r\n\xC3\xA9\r\n', 'é'],
    [':42\r\n', 42],
    [':+42\r\n', 42],
    [':-42\r\n', -42],
    [':-0\r\n', 0],
    [':999999999999999\r\n', 999_999_999_999_999],
    [':9007199254740991\r\n', 9_007_199_254_740_991],
    [':9007199254740992\r\n', 9_007_199_254_740_992n],
    [':9007199254740993\r\n', 9_007_199_254_740_993n],
    [':-9223372036854775808\r\n', -9_223_372_036_854_775_808n],
    [':18446744073709551615\r\n', 18_446_744_073_709_551_615n],
    ['(5\r\n', 5n],
    ['(+5\r\n', 5n],
    ['(-3492890328409238509324850943850943825024385\r\n', -3492890328409238509324850943850943825024385n],
    ['#t\r\n', true],
    ['#f\r\n', false],
    [',1.5\r\n', 1.5],
    [',10\r\n', 10],
    [',-1.2e-7\r\n', -1.2e-7],
    [',1E+5\r\n', 100_000],
    [',inf\r\n', Infinity],
    [',-inf\r\n', -Infinity],
    [',nan\r\n', NaN],
    [',-nan\r\n', NaN],
    ['_\r\n', null],
    ['$-1\r\n', null],
    ['*-1\r\n', null],
    ['*0\r\n', []],
    ['%0\r\n', new Map()],
    ['~0\r\n', new Set()],
    ['=7\r\ntxt:abc\r\n', 'abc'],
    ['=4\r\ntxt:\r\n', ''],
    ['-WRONGTYPE no\r\n', new ErrorReply('WRONGTYPE no')],
    ['!8\r\nERR a\r\nb\r\n', new ErrorReply('ERR a\r\nb')],
    ['*2\r\n-ERR one failed\r\n:1\r\n', [new ErrorReply('ERR one failed'), 1]],
    [
      '%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n_\r\n',
      new Map<Reply, Reply>([
        ['a', 1],
        ['b', [null]],
      ]),
    ],
    ['~2\r\n+a\r\n+b\r\n', new Set(['a', 'b'])],
    ['*3\r\n$-1\r\n*-1\r\n_\r\n', [null, null, null]],
  ])('%j', (wire, reply) => {
    expect(replies(wire)).toStrictEqual([reply])
  })

  test('an error has its first word as code', () => {
    expect(replies('-MOVED 3999 127.0.0.1:6381\r\n')).toMatchObject([
      { code: 'MOVED', message: 'MOVED 3999 127.0.0.1:6381' },
    ])
  })

  test('attributes are dropped, before a reply and inside one', () => {
    const attribute = '|1\r\n+key-popularity\r\n%1\r\n$1\r\na\r\n,0.1923\r\n'
    expect(replies(`${attribute}*2\r\n:1\r\n${attribute}:2\r\n|0\r\n:3\r\n`)).toStrictEqual([[1, 2], 3])
  })

  test('a push between two replies goes to the push sink, in its place', () => {
    const heard = hear([], [Buffer.from(':1\r\n>2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n:2\r\n')])
    expect(heard).toStrictEqual([{ reply: 1 }, { push: ['invalidate', ['k']] }, { reply: 2 }])
  })
})

describe('text or bytes', () => {
  test('each reply is read as its own command asks, and a push always as text', () => {
    const stream = [
      partOf('reply', true, resp.array([resp.bulk(Buffer.from([0xff, 0xfe])), resp.simple('OK')])),
      partOf('push', true, resp.push([resp.bulk(Buffer.from('message'))])),
      partOf('reply', false, resp.bulk(Buffer.from('text'))),
      partOf('reply', true, resp.bulk(Buffer.from('bytes'))),
    ]
    expect(hear(stream, [wireOf(stream)])).toStrictEqual([
      { reply: [Buffer.from([0xff, 0xfe]), Buffer.from('OK')] },
      { push: ['message'] },
      { reply: 'text' },
      { reply: Buffer.from('bytes') },
    ])
  })

  test('a small value that is kept does not keep the chunk it came in', () => {
    const value = resp.bulk(Buffer.alloc(100, 'x')).wire
    const { parser, replies } = listen(true)
    parser.write(padded(value, 64 * 1024))
    expect(backing(replies[0])).toBeLessThanOrEqual(slab)
  })

  test('nor does one that was split over two chunks', () => {
    const { wire } = resp.bulk(Buffer.alloc(6_000, 'x'))
    const chunk = padded(Buffer.concat([resp.bulk(Buffer.alloc(50_000)).wire, wire]), 64 * 1024)
    const { parser, replies } = listen(true)
    parser.write(chunk.subarray(0, 52_000))
    parser.write(chunk.subarray(52_000))
    expect(replies[1]).toStrictEqual(Buffer.alloc(6_000, 'x'))
    expect(backing(replies[1])).toBeLessThanOrEqual(2 * 6_000)
  })

  test('a value of any size keeps at most twice its own bytes alive, or 8 KiB', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200_000 }), fc.integer({ min: 0, max: 200_000 }), (size, cut) => {
        const { parser, replies } = listen(true)
        for (const piece of pieces(padded(resp.bulk(Buffer.alloc(size)).wire, 64 * 1024), [cut])) {
          parser.write(Buffer.from(Uint8Array.from(piece).buffer))
        }
        expect(backing(replies[0])).toBeLessThanOrEqual(Math.max(slab, 2 * size + 64))
      }),
      { numRuns: 50 },
    )
  })
})

describe('texts that came together', () => {
  const texts = (count: number, round = 0): string[] =>
    Array.from({ length: count }, (_, index) => `${round}:${index}:`.padEnd((index * 7) % 400, 'abcdefghij'))

  test('are read right, and stay so when the memory that they came in is filled again', () => {
    const expected = texts(1_000)
    const wire = Buffer.concat(expected.map((text) => resp.bulk(Buffer.from(text)).wire))
    const { parser, replies } = listen()
    const memory = Buffer.alloc(64 * 1024)
    for (let at = 0; at < wire.length; at += memory.length)
      parser.write(memory.subarray(0, wire.copy(memory, 0, at, at + memory.length)))
    memory.fill('z')
    expect(replies).toStrictEqual(expected)
  })

  test('a short one that is kept keeps no more than 8 KiB of the others', async () => {
    const before = await bytesHeld()
    const kept: Reply[] = []
    for (let round = 0; round < 200; round++) {
      const { parser, replies } = listen()
      parser.write(Buffer.concat(texts(300, round).map((text) => resp.bulk(Buffer.from(text)).wire)))
      kept.push(replies[150] as Reply)
    }
    expect((await bytesHeld()) - before).toBeLessThan(kept.length * 2 * slab)
  })
})

describe('a line of any length', () => {
  test.each<[name: string, type: string, read: (text: string) => Reply]>([
    ['status', '+', (text) => text],
    ['error', '-', (text) => new ErrorReply(text)],
  ])('%s: is read whole, once, from pieces of any size', (_, type, read) => {
    const text = `ERR ${'x'.repeat(4 * MiB)}`
    const wire = Buffer.from(`${type}${text}\r\n:1\r\n`)
    for (const size of [64, 65_536, wire.length]) {
      const { parser, replies } = listen()
      for (let at = 0; at < wire.length; at += size) parser.write(wire.subarray(at, at + size))
      expect(replies.length).toBe(2)
      expect(isDeepStrictEqual(replies[0], read(text))).toBe(true)
    }
  })

  test.each([':', '(', ','])('a number after %s of millions of digits is an error of its own call', (type) => {
    const { parser, replies } = listen()
    const wire = Buffer.from(`*2\r\n${type}${'9'.repeat(3 * MiB)}\r\n+second\r\n+next\r\n`)
    for (const piece of pieces(wire, [100_000, 200_000, wire.length - 12])) parser.write(piece)
    expect(replies).toMatchObject([[{ code: 'ERR', message: expect.stringContaining('3145728') }, 'second'], 'next'])
  })

  test('a number of 10,000 digits is read', () => {
    expect(replies(`(${'9'.repeat(10_000)}\r\n`)).toStrictEqual([10n ** 10_000n - 1n])
  })
})

describe('hasPartial: bytes of the next reply have come, and not all of them', () => {
  test.each([
    ['nothing', '', false],
    ['a whole reply', '+OK\r\n', false],
    ['a whole reply and the type of the next', '+OK\r\n$', true],
    ['half a line', '+O', true],
    ['half a bulk string', '$5\r\nab', true],
    ['an array without its items', '*2\r\n', true],
    ['an array between two items', '*2\r\n:1\r\n', true],
    ['half a push', '>2\r\n+inval', false],
    ['the type of a push', '>', false],
    ['a whole push', '>1\r\n+a\r\n', false],
    ['half a reply behind a push', '>1\r\n+a\r\n:4', true],
    ['half an attribute of a reply', '|1\r\n+ttl\r\n', true],
  ])('%s', (_, wire, partial) => {
    const whole = listen().parser
    if (wire !== '') whole.write(Buffer.from(wire))
    expect(whole.hasPartial).toBe(partial)
    const split = listen().parser
    Buffer.from(wire).forEach(feed(split))
    expect(split.hasPartial, 'byte by byte').toBe(partial)
  })
})

describe('bytes that no server sends are refused', () => {
  test.each([
    ['an unknown type', 'HTTP/1.1 400 Bad Request\r\n'],
    ['an unknown type whose line never ends', 'J\0\0\0\n8.0.36'],
    ['an empty line', '\r\n'],
    ['a bulk string longer than a server may send', '$536870913\r\n'],
    ['a length of many digits', '$99999999999999999999999\r\n'],
    ['an array of 10^9', '*1000000000\r\n'],
    ['a length below -1', '$-2\r\n'],
    ['a length of -1 in an array that has more digits', '*-10\r\n'],
    ['a map without a length', '%-1\r\n'],
    ['a set without a length', '~-1\r\n'],
    ['a push without a length', '>-1\r\n'],
    ['an attribute without a length', '|-1\r\n'],
    ['a verbatim string without a length', '=-1\r\n'],
    ['a length that is not digits', '$1x\r\nab\r\n'],
    ['a length with a plus', '$+1\r\na\r\n'],
    ['a length with a space', '*1 \r\n'],
    ['an empty length', '$\r\n'],
    ['a streamed string', '$?\r\n'],
    ['an integer that is not digits', ':1a\r\n'],
    ['an integer of nothing', ':\r\n'],
    ['an integer of a sign', ':-\r\n'],
    ['a long integer that is not digits', ':1234567890123456789x\r\n'],
    ['a big number that is not digits', '(12e5\r\n'],
    ['a double that is not a number', ',1.5.2\r\n'],
    ['a double of nothing', ',\r\n'],
    ['a boolean that is neither', '#x\r\n'],
    ['a carriage return without a line feed', '+O\rK\r\n'],
    ['a bulk string without its end', '$3\r\nabcXY'],
    ['a bulk string that is longer than it says', '$3\r\nabcd\r\n'],
    ['a verbatim string without a format', '=3\r\ntxt\r\n'],
    ['arrays nested without end', '*1\r\n'.repeat(10_000)],
    ['maps nested without end', '%1\r\n+k\r\n'.repeat(10_000)],
    ['attributes nested without end', '|1\r\n'.repeat(10_000)],
  ])('%s', (_, wire) => {
    const bytes = Buffer.from(wire, 'latin1')
    expect(() => listen().parser.write(bytes)).toThrow(MalformedReplyError)
    expect(() => bytes.forEach(feed(listen().parser)), 'byte by byte').toThrow(MalformedReplyError)
  })

  test.each(['$', '*', '%', '~', '>', '|', '!', '='])(
    'a length after %s that never ends, as soon as it is too long',
    (type) => {
      const { parser } = listen()
      parser.write(Buffer.from(type))
      let fed = 0
      expect(() => {
        for (; fed < MiB; fed++) parser.write(Buffer.from('0'))
      }).toThrow(MalformedReplyError)
      expect(fed).toBeLessThanOrEqual(64)
    },
  )

  test.each(['+', '-', ':', ',', '('])('a line after %s that has more than 512 MiB', (type) => {
    const { parser } = listen()
    parser.write(Buffer.from(type))
    const piece = Buffer.alloc(32 * MiB, '1')
    for (let fed = 32; fed < 512; fed += 32) parser.write(piece)
    expect(() => parser.write(piece)).toThrow(MalformedReplyError)
  })

  test('whatever comes, it is a reply, a wait or a MalformedReplyError', () => {
    const anyBytes = fc.oneof(
      fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
      fc
        .string({ unit: fc.constantFrom(...Array.from('+-:$*%~>|_#,(!=0129\r\nxtf')), maxLength: 40 })
        .map((text) => Buffer.from(text)),
      fc.tuple(resp.anyReply, fc.nat(), fc.nat({ max: 255 })).map(([{ wire }, at, byte]) => spoiled(wire, at, byte)),
    )
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        try {
          listen().parser.write(bytes)
        } catch (failure) {
          expect(failure).toBeInstanceOf(MalformedReplyError)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('a length that was announced costs nothing until it comes', () => {
  test.each([
    ['an array', '*500000000\r\n'],
    ['a map', '%500000000\r\n'],
    ['a set', '~500000000\r\n'],
    ['a push', '>500000000\r\n'],
    ['a bulk string', '$536870912\r\n'],
    ['sixty arrays in each other', '*500000000\r\n'.repeat(60)],
  ])('%s', async (_, wire) => {
    const before = await bytesHeld()
    const { parser, replies } = listen()
    parser.write(Buffer.from(wire))
    parser.write(Buffer.from('$3\r\nab'))
    expect((await bytesHeld()) - before).toBeLessThan(MiB)
    expect(replies).toHaveLength(0)
  })
})

/** What short copies share, in bytes; smaller than Node's own pool since Node 24. */
const slab = 8 * 1024

function part(kind: Part['kind'], samples: fc.Arbitrary<resp.Sample>): fc.Arbitrary<Part> {
  return fc.record({ kind: fc.constant(kind), asBuffers: fc.boolean(), sample: samples })
}

function partOf(kind: Part['kind'], asBuffers: boolean, sample: resp.Sample): Part {
  return { kind, asBuffers, sample }
}

function wireOf(stream: readonly Part[]): Buffer {
  return Buffer.concat(stream.map(({ sample }) => sample.wire))
}

function expectedOf(stream: readonly Part[]): Heard[] {
  return stream.map(({ kind, asBuffers, sample }) => {
    if (kind === 'push') return { push: sample.text as Push }
    return { reply: asBuffers ? sample.buffer : sample.text }
  })
}

/**
 * Everything that a parser makes of the chunks, each of which is overwritten once it is read, as a socket's buffer is; the
 * replies of `stream` say how they want to be read.
 */
function hear(stream: readonly Part[], chunks: readonly Buffer[]): Heard[] {
  const heard: Heard[] = []
  const wanted = stream.filter(({ kind }) => kind === 'reply').map(({ asBuffers }) => asBuffers)
  const parser = new ReplyParser({
    readsBuffers: () => wanted[0] ?? false,
    reply: (reply) => {
      wanted.shift()
      heard.push({ reply })
    },
    push: (push) => heard.push({ push }),
  })
  for (const chunk of chunks) {
    const read = Buffer.from(chunk)
    parser.write(read)
    read.fill('!')
  }
  return heard
}

function listen(asBuffers = false): { parser: ReplyParser; replies: Reply[] } {
  const replies: Reply[] = []
  const parser = new ReplyParser({
    readsBuffers: () => asBuffers,
    reply: (reply) => replies.push(reply),
    push: () => {},
  })
  return { parser, replies }
}

function replies(wire: string): Reply[] {
  const { parser, replies } = listen()
  parser.write(Buffer.from(wire, 'latin1'))
  return replies
}

function feed(parser: ReplyParser): (byte: number) => void {
  return (byte) => parser.write(Buffer.from([byte]))
}

function pieces(wire: Buffer, cuts: readonly number[]): Buffer[] {
  const points = [
    0,
    ...cuts.map((cut) => Math.min(cut, wire.length)).toSorted((one, other) => one - other),
    wire.length,
  ]
  return points.slice(1).map((end, index) => wire.subarray(points[index], end))
}

/** The bytes at the start of a chunk as a socket delivers it: memory of its own, other replies behind. */
function padded(bytes: Buffer, size: number): Buffer {
  const filler = Buffer.from(':1\r\n'.repeat(Math.ceil(Math.max(0, size - bytes.length) / 4)))
  const chunk = Buffer.allocUnsafeSlow(bytes.length + filler.length)
  bytes.copy(chunk)
  filler.copy(chunk, bytes.length)
  return chunk
}

/** How much memory a kept reply keeps. */
function backing(reply: Reply | undefined): number {
  if (!Buffer.isBuffer(reply)) throw new TypeError('a Buffer was expected')
  return reply.buffer.byteLength
}

function spoiled(wire: Buffer, at: number, byte: number): Buffer {
  const bytes = Buffer.from(wire)
  bytes[at % bytes.length] = byte
  return bytes
}
