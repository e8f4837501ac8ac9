import fc from 'fast-check'
import { decode as readElsewhere, encode as writeElsewhere } from '@msgpack/msgpack'
import { describe, expect, test } from 'vitest'
import { readMsgpack } from '../../src/codec/serializers/msgpack/reader.js'
import { writeMsgpack } from '../../src/codec/serializers/msgpack/writer.js'

const hex = (value: unknown): string => writeMsgpack(value).toString('hex')
const read = (bytes: string): unknown => readMsgpack(Buffer.from(bytes.replaceAll(' ', ''), 'hex'))
const roundTrip = (value: unknown): unknown => readMsgpack(writeMsgpack(value))

describe('a value is written in its shortest form, and read back', () => {
  test.for<[bytes: string, value: unknown]>([
    ['c0', null],
    ['c2', false],
    ['c3', true],
    ['00', 0],
    ['7f', 127],
    ['cc80', 128],
    ['ccff', 255],
    ['cd0100', 256],
    ['cdffff', 65_535],
    ['ce00010000', 65_536],
    ['ceffffffff', 2 ** 32 - 1],
    ['cf0000000100000000', 2 ** 32],
    ['cf001fffffffffffff', Number.MAX_SAFE_INTEGER],
    ['cf0020000000000000', 2n ** 53n],
    ['cfffffffffffffffff', 2n ** 64n - 1n],
    ['ff', -1],
    ['e0', -32],
    ['d0df', -33],
    ['d080', -128],
    ['d1ff7f', -129],
    ['d18000', -32_768],
    ['d2ffff7fff', -32_769],
    ['d280000000', -(2 ** 31)],
    ['d3ffffffff7fffffff', -(2 ** 31) - 1],
    ['d3ffe0000000000001', Number.MIN_SAFE_INTEGER],
    ['d3ffdfffffffffffff', -(2n ** 53n) - 1n],
    ['d38000000000000000', -(2n ** 63n)],
    ['cb3ff8000000000000', 1.5],
    ['cb8000000000000000', -0],
    ['cb4340000000000000', 2 ** 53],
    ['cb7ff0000000000000', Infinity],
    ['cb7ff8000000000000', NaN],
    ['a0', ''],
    ['a3616263', 'abc'],
    ['a2c3a9', 'é'],
    ['c403000102', Buffer.from([0, 1, 2])],
    ['90', []],
    ['9201c0', [1, null]],
    ['80', {}],
    ['81a16101', { a: 1 }],
    ['82a161010203', new Map<unknown, unknown>([['a', 1], [2, 3]])], // prettier-ignore
    ['8190c3', new Map([[[], true]])],
    ['d6ff00000001', new Date(1_000)],
    ['d7ff3b5dc10000000001', new Date(1_249)],
    ['c70cff3b8b87c0ffffffffffffffff', new Date(-1)],
  ])('%s', ([bytes, value]) => {
    expect(hex(value)).toBe(bytes)
    expect(read(bytes)).toStrictEqual(value)
  })

  test.for([31, 32, 255, 256, 65_535, 65_536])('with its length, at every size: %i', (length) => {
    const text = 'x'.repeat(length)
    const list = Array.from({ length }, () => 1)
    const fields = Object.fromEntries(list.map((_, index) => [`f${index}`, index]))
    for (const value of [text, Buffer.from(text), list, fields]) expect(roundTrip(value)).toStrictEqual(value)
    expect(readElsewhere(writeMsgpack({ text, list, fields }))).toStrictEqual({ text, list, fields })
  })
})

describe('a value is written', () => {
  test('as an integer when it is a bigint that is safe, and comes back as a number', () => {
    expect(roundTrip([5n, -5n])).toStrictEqual([5, -5])
  })

  test('as an array when it is a Set', () => {
    expect(roundTrip(new Set([1, 'a']))).toStrictEqual([1, 'a'])
  })

  test('without its undefined fields; in arrays they are nil', () => {
    expect(roundTrip({ a: undefined, b: [undefined] })).toStrictEqual({ b: [null] })
  })

  test('as what its toJSON says', () => {
    expect(roundTrip({ url: new URL('http://localhost/a'), own: { toJSON: () => [1n] } })).toStrictEqual({
      url: 'http://localhost/a',
      own: [1],
    })
  })

  test('as an object when it is a Map whose keys are all texts', () => {
    expect(roundTrip(new Map([['a', 1]]))).toStrictEqual({ a: 1 })
  })

  test('with a key called __proto__ as a plain key, which changes no prototype', () => {
    const back = roundTrip(JSON.parse('{"__proto__":{"admin":true}}')) as object
    expect(Object.keys(back)).toStrictEqual(['__proto__'])
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
  })

  test.for<[what: string, value: unknown, error: typeof Error]>([
    ['a bigint of more than 64 bits', 2n ** 64n, RangeError],
    ['a negative bigint of more than 64 bits', -(2n ** 63n) - 1n, RangeError],
    ['an invalid Date', new Date(NaN), RangeError],
    ['a function', { f: () => 1 }, TypeError],
    ['a symbol', [Symbol('s')], TypeError],
    ['a Float64Array', new Float64Array(1), TypeError],
    ['a cycle', cycle(), RangeError],
  ])('never: %s', ([, value, error]) => {
    expect(() => writeMsgpack(value)).toThrow(error)
  })
})

describe('what others write is read', () => {
  test.for<[bytes: string, value: unknown]>([
    ['ca3fc00000', 1.5],
    ['d6ff00000001', new Date(1_000)],
    ['d7ff 3b8b87c0 00000001', new Date(1_249)],
    ['d905 68656c6c6f', 'hello'],
    ['dc0001 01', [1]],
    ['de0001 a161 01', { a: 1 }],
    ['df00000001 01 02', new Map([[1, 2]])],
    ['82 a161 01 a161 02', { a: 2 }],
  ])('%s', ([bytes, value]) => {
    expect(read(bytes)).toStrictEqual(value)
  })

  test.for<[what: string, bytes: string]>([
    ['nothing', ''],
    ['a text that is cut off', 'a36162'],
    ['an array that is cut off', '9201'],
    ['an array of 4 billion items that are not there', 'ddffffffff'],
    ['a map of 4 billion fields that are not there', 'dfffffffff'],
    ['4 GiB of bytes that are not there', 'c6ffffffff00'],
    ['bytes after the value', '0101'],
    ['the byte that means nothing', 'c1'],
    ['an extension of somebody', 'd40100'],
    ['a timestamp of two bytes', 'd5ff0000'],
    ['JSON', Buffer.from('{"a":1}').toString('hex')],
    ['what nests a million deep', '91'.repeat(1_000_000)],
    ['a map that has a key twice, as numbers of two lengths', '82 01 a161 cf0000000000000001 a162'],
  ])('unless it is %s', ([, bytes]) => {
    expect(() => read(bytes)).toThrow(/./)
  })

  test('whatever an independent writer makes of JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue().map(withoutMinusZero), (value) => {
        expect(readMsgpack(Buffer.from(writeElsewhere(value)))).toStrictEqual(value)
      }),
    )
  })

  test('and never takes the process down, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          readMsgpack(Buffer.from(bytes))
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

test('an independent reader, which refuses __proto__, reads whatever else JSON can say', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      fc.pre(!JSON.stringify(value).includes('"__proto__"'))
      expect(readElsewhere(writeMsgpack(value))).toStrictEqual(value)
    }),
  )
})

test('numbers and bigint come back as they were, as numbers where they are safe', () => {
  const integers = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n })
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.double(), fc.integer(), fc.maxSafeInteger())),
      fc.array(integers),
      (some, wide) => {
        expect(roundTrip(some)).toStrictEqual(some)
        expect(roundTrip(wide)).toStrictEqual(wide.map((n) => (Number.isSafeInteger(Number(n)) ? Number(n) : n)))
      },
    ),
  )
})

/** Which the independent writer does not keep. */
function withoutMinusZero(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

function cycle(): unknown {
  const ring: unknown[] = []
  ring.push(ring)
  return ring
}
