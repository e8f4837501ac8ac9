import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonSerializer } from '../../src/codec/serializers/json.js'
import { TextCodec } from '../../src/codec/text-codec.js'
import { CodecError } from '../../src/errors.js'
import { cpuGrowth } from '../support/cpu-growth.js'

const codec = new TextCodec(jsonSerializer, [])
const roundTrip = (value: unknown): unknown => codec.decode(codec.encode(value))

describe('a value is stored', () => {
  test.for<[stored: string, value: unknown]>([
    ['7', 7],
    ['9007199254740993', 9007199254740993n],
    ['1.5', 1.5],
    ['-0.0', -0],
    ['"5"', '5'],
    ['true', true],
    ['false', false],
    ['null', null],
    ['""', ''],
    ['[]', []],
    ['{"a":[1,"b",null]}', { a: [1, 'b', null] }],
    ['"1970-01-01T00:00:00.000Z"', new Date(0)],
  ])('as %s: numbers bare, everything else as JSON', ([stored, value]) => {
    expect(codec.encode(value)).toBe(stored)
  })

  test("by JSON's own rules inside: undefined fields go, NaN is null, toJSON speaks for itself", () => {
    const value = { gone: undefined, odd: [NaN, Infinity, undefined], own: { toJSON: () => 'mine' } }
    expect(codec.encode(value)).toBe('{"odd":[null,null,null],"own":"mine"}')
  })
})

describe('a value comes back', () => {
  test.for([
    '5',
    '-5',
    '+5',
    '1.5',
    '1e5',
    'nan',
    'NaN',
    'inf',
    '-inf',
    'Infinity',
    'null',
    'true',
    '',
    ' ',
    '"',
    '0x10',
  ])('as a text when it was a text that looks like something else: %j', (text) => {
    expect(roundTrip(text)).toBe(text)
  })

  test.for([null, true, false, 0, -0, 1, -1, 2 ** 53, 1e-7, 2n ** 70n])('as what it was: %s', (value) => {
    expect(roundTrip(value)).toBe(value)
  })

  test.for(['é😀\u007f"\\/\n', '\0\u001f\u2028', 'ключ', '\ud800'])('with every character: %j', (text) => {
    expect(roundTrip(text)).toBe(text)
    expect(roundTrip({ [text]: [text] })).toStrictEqual({ [text]: [text] })
  })

  test('with a key called __proto__ as a plain key, which changes no prototype', () => {
    const value: unknown = JSON.parse('{"__proto__":{"admin":true},"constructor":1}')
    const back = roundTrip(value) as object
    expect(Object.keys(back)).toStrictEqual(['__proto__', 'constructor'])
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
    expect('admin' in back).toBe(false)
  })

  test('whatever JSON can say', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(roundTrip(value)).toStrictEqual(asJson(value))
      }),
    )
  })

  test('whatever the text is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(roundTrip(text)).toBe(text)
      }),
    )
  })

  test('from bytes as well as from text', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(codec.decode(Buffer.from(codec.encode(value)))).toStrictEqual(asJson(value))
      }),
    )
  })

  test('as a float when Python wrote what is not finite', () => {
    expect(['nan', 'inf', '-inf'].map((text) => codec.decode(text))).toStrictEqual([NaN, Infinity, -Infinity])
  })

  test('also from what Python has beyond JSON: NaN and infinities inside', () => {
    const text = '{"NaN": [NaN, Infinity, -Infinity, "NaN", "\\"Infinity\\" is NaN", 1], "-Infinity": {"x": NaN}}'
    expect(codec.decode(text)).toStrictEqual({
      NaN: [NaN, Infinity, -Infinity, 'NaN', '"Infinity" is NaN', 1],
      '-Infinity': { x: NaN },
    })
    expect(codec.decode('[NaN]')).toStrictEqual([NaN])
  })

  test.for(['\\\\', '\\"', '""', '['])(
    'also from what Python has beyond JSON, in a time that grows with its length, and no faster: %s',
    (part) => {
      const growth = cpuGrowth(30_000, (length) =>
        expect(() => codec.decode(`["${part.repeat(length)}, NaN`)).toThrow(CodecError),
      )
      expect(growth).toBeLessThan(24)
    },
  )
})

describe('what is no value is refused', () => {
  test.for<[what: string, value: unknown]>([
    ['undefined', undefined],
    ['function', () => 'secret'],
    ['symbol', Symbol('secret')],
  ])('%s, with a TypeError that names null', ([what, value]) => {
    expect(() => codec.encode(value)).toThrow(TypeError)
    expect(() => codec.encode(value)).toThrow(new RegExp(`^${what} is not a value.*null`))
  })

  test.for([NaN, Infinity, -Infinity])('%s, with a CodecError', (value) => {
    expect(() => codec.encode(value)).toThrow(CodecError)
    expect(() => codec.encode(value)).toThrow(/^serialize: .*store null/)
  })

  test.for<[what: string, value: unknown]>([
    ['a cycle', cycle()],
    ['a nested bigint', { deep: [1n] }],
    [
      'a toJSON that throws',
      {
        toJSON: () => {
          throw new RangeError('as it happens')
        },
      },
    ],
  ])('%s, with a CodecError that holds the cause', ([, value]) => {
    const error = thrownBy(() => codec.encode(value))
    expect(error).toBeInstanceOf(CodecError)
    expect(error).toMatchObject({ code: 'E_CODEC', stage: 'serialize', cause: expect.any(Error) as Error })
  })

  test.for(['', 'secret', '{"secret":', "{'secret': 1}", '\u0080secret', '1secret'])(
    'stored text that is not JSON, without showing it: %j',
    (stored) => {
      const error = thrownBy(() => codec.decode(stored)) as CodecError
      expect(error).toBeInstanceOf(CodecError)
      expect(error).toMatchObject({ code: 'E_CODEC', stage: 'deserialize', cause: expect.any(SyntaxError) as Error })
      expect(error.message).not.toContain('secret')
    },
  )
})

/** As JSON has it: no -0 inside, but on its own it is one of our numbers. */
function asJson(value: unknown): unknown {
  return typeof value === 'number' ? value : (JSON.parse(JSON.stringify(value)) as unknown)
}

function cycle(): unknown {
  const ring: { next?: unknown } = {}
  ring.next = ring
  return ring
}

function thrownBy(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('an error was expected')
}
