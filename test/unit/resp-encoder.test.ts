import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CommandBuffer, sizeOf } from '../../src/connection/resp/encoder.js'
import { UnsupportedError } from '../../src/errors.js'
import { decodeRequests } from '../support/resp.js'

type Args = readonly (string | Uint8Array)[]

const anyText = fc.oneof(
  fc.string({ unit: 'binary-ascii', maxLength: 120 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: fc.nat({ max: 0xffff }).map((code) => String.fromCharCode(code)), maxLength: 60 }),
)
/** Long enough to be copied, to fill slabs, and to travel as they are. */
const anyLength = fc.oneof(fc.integer({ min: 190, max: 220 }), fc.integer({ min: 1_000, max: 30_000 }))
const anyLongText = fc
  .tuple(anyLength, fc.constantFrom('x', 'é', '日', '👩'))
  .map(([length, unit]) => unit.repeat(length))
const anyBytes = fc.oneof(
  { arbitrary: fc.uint8Array({ maxLength: 120 }), weight: 9 },
  { arbitrary: anyLength.map((length) => new Uint8Array(length).fill(0x80)), weight: 2 },
  { arbitrary: fc.integer({ min: 16_000, max: 40_000 }).map((size) => new Uint8Array(size).fill(0xfe)), weight: 1 },
)
/** Many short texts are written at once; now and then one of them is another kind of argument. */
const anyShort = fc.string({ unit: 'binary-ascii', maxLength: 70 })
const anyMany = fc
  .tuple(fc.array(anyShort, { minLength: 15, maxLength: 40 }), fc.array(fc.oneof(anyText, anyBytes), { maxLength: 1 }))
  .map(([texts, others]) => [...texts, ...others])
const anyFew = fc.array(fc.oneof(anyText, anyLongText, anyBytes), { minLength: 1, maxLength: 6 })
const anyArgs = fc.oneof({ arbitrary: anyFew, weight: 5 }, { arbitrary: anyMany, weight: 1 })

test('what is decoded from the wire are the arguments that were added, in order', () => {
  fc.assert(
    fc.property(fc.array(anyArgs, { minLength: 1, maxLength: 5 }), (commands) => {
      const [decoded, given] = [decodeRequests(wireOf(...commands)), commands.map(asBytes)]
      if (!isDeepStrictEqual(decoded, given)) expect(decoded).toStrictEqual(given)
    }),
    { numRuns: 500 },
  )
})

test('bytes are counted as they will be written', () => {
  fc.assert(
    fc.property(fc.array(anyArgs, { maxLength: 5 }), (commands) => {
      const buffer = bufferOf(...commands)
      const { bytes } = buffer
      expect(bytes).toBe(joined(buffer).length)
    }),
  )
})

describe('text', () => {
  test.each([
    ['ASCII', 'user:1'],
    ['nothing', ''],
    ['line ends', 'a\r\nb'],
    ['NUL', 'a\0b'],
    ['latin', 'café'],
    ['two bytes each', 'Ωμέγα'],
    ['three bytes each', '日本語'],
    ['emoji', '👩‍🚀'],
    ['long ASCII', 'x'.repeat(1_000)],
    ['long with one character at its end', `${'x'.repeat(1_000)}é`],
    ['forty ASCII and one more', `${'x'.repeat(40)}é`],
    ['as long as the loop goes, not ASCII at its end', `${'x'.repeat(39)}é`],
    ['ASCII in a string that is stored as two-byte', '日本語:key'.slice(3)],
  ])('%s goes over the wire as UTF-8', (_, text) => {
    expect(wireOf(['ECHO', text])).toStrictEqual(
      Buffer.from(`*2\r\n$4\r\nECHO\r\n$${Buffer.byteLength(text)}\r\n${text}\r\n`),
    )
  })

  test.each([
    ['high', '\ud83d'],
    ['low', '\ude80'],
    ['in the middle', `a${'\ud83d'}b`],
    ['at the end of a long text', `${'x'.repeat(100)}\ud83d`],
  ])('a lone surrogate (%s) becomes the replacement character, and lengths stay right', (_, text) => {
    expect(decodeRequests(wireOf(['SET', text, 'v'], ['PING']))).toStrictEqual([
      asBytes(['SET', text.replaceAll(/[\u{d800}-\u{dfff}]/gu, '\ufffd'), 'v']),
      asBytes(['PING']),
    ])
  })
})

describe('bytes', () => {
  test('every byte value passes as it is', () => {
    const all = Uint8Array.from({ length: 256 }, (_, value) => value)
    expect(decodeRequests(wireOf(['SET', 'k', all]))[0]?.[2]).toStrictEqual(Buffer.from(all))
  })

  test('a view of a larger memory passes only what it shows', () => {
    const memory = Uint8Array.from(Buffer.from('--value--'))
    const view = new Uint8Array(memory.buffer, 2, 5)
    expect(decodeRequests(wireOf(['SET', 'k', view]))[0]?.[2]).toStrictEqual(Buffer.from('value'))
  })

  test('none at all is an empty argument', () => {
    expect(wireOf(['SET', 'k', new Uint8Array(0)])).toStrictEqual(
      Buffer.from('*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n'),
    )
  })

  test('a large argument travels as it is, without a copy', () => {
    const large = Buffer.alloc(64 * 1024, 0xfe)
    const chunks = bufferOf(['SET', 'k', large], ['PING']).take()
    expect(chunks).toHaveLength(3)
    expect(chunks[1]).toBe(large)
  })

  test('a small one joins the text around it, so that there is one chunk to write', () => {
    expect(bufferOf(['SET', 'k', Buffer.alloc(16 * 1024)], ['PING']).take()).toHaveLength(1)
  })
})

test('what was taken is gone', () => {
  const buffer = bufferOf(['SET', 'k', Buffer.alloc(64 * 1024)])
  buffer.take()
  expect(buffer.bytes).toBe(0)
  expect(buffer.take()).toHaveLength(0)
  buffer.add(['PING'])
  expect(joined(buffer)).toStrictEqual(Buffer.from('*1\r\n$4\r\nPING\r\n'))
})

test('the size of a command is at least that of its arguments, for ASCII and bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string({ unit: 'binary-ascii' }), fc.uint8Array()), { minLength: 1 }), (args) => {
      expect(sizeOf(args)).toBeGreaterThanOrEqual(Buffer.concat(asBytes(args)).length)
    }),
  )
})

test.each<[what: string, wrong: unknown]>([
  ['a number', 5],
  ['undefined', undefined],
  ['null', null],
  ['an object', { length: 2 }],
  ['an array', ['x']],
  ['numbers of another width', new Uint16Array(2)],
  ['memory without a view', new ArrayBuffer(2)],
])('what is no argument (%s) has no size, and the error names its place', (_, wrong) => {
  expect(() => sizeOf(['SET', 'k', wrong as string])).toThrow(/^SET: argument 2 is \w+; expected a string or bytes$/)
  expect(() => sizeOf(['SET', 'k', wrong as string])).toThrow(TypeError)
})

test('what no server takes is refused before anything of it is read', () => {
  const large = Buffer.allocUnsafeSlow(2 ** 29 + 1)
  expect(() => sizeOf(['SET', 'k', large])).toThrow(/^SET: argument 2 has 536870913 bytes/)
  expect(() => sizeOf(['SET', 'k', large])).toThrow(UnsupportedError)
  const largest = large.subarray(1)
  expect(sizeOf(['MSET', 'k', largest, 'other', largest])).toBeGreaterThan(2 ** 30)
})

test('what has no name has no size', () => {
  expect(() => sizeOf([])).toThrow(TypeError)
})

function bufferOf(...commands: readonly Args[]): CommandBuffer {
  const buffer = new CommandBuffer()
  for (const args of commands) buffer.add(args)
  return buffer
}

function wireOf(...commands: readonly Args[]): Buffer {
  return joined(bufferOf(...commands))
}

function joined(buffer: CommandBuffer): Buffer {
  return Buffer.concat(buffer.take().map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk)))
}

function asBytes(args: Args): Buffer[] {
  return args.map((arg) => (typeof arg === 'string' ? Buffer.from(arg, 'utf8') : Buffer.from(arg)))
}
