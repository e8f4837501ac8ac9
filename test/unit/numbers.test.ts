import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatNumber, parseNumber } from '../../src/codec/numbers.js'
import { cpuGrowth } from '../support/cpu-growth.js'

describe('a number is written', () => {
  test.for<[text: string, value: number | bigint]>([
    ['0', 0],
    ['1', 1],
    ['-5', -5],
    ['1000000000000000', 1e15],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['-9007199254740991', Number.MIN_SAFE_INTEGER],
  ])('as digits when it is a safe integer: %s', ([text, value]) => {
    expect(formatNumber(value)).toBe(text)
  })

  test.for<[text: string, value: bigint]>([
    ['0', 0n],
    ['-7', -7n],
    ['9007199254740993', 9007199254740993n],
    ['1180591620717411303424', 2n ** 70n],
    ['-1180591620717411303424', -(2n ** 70n)],
  ])('as digits when it is a bigint, however big: %s', ([text, value]) => {
    expect(formatNumber(value)).toBe(text)
  })

  test.for<[text: string, value: number]>([
    ['-0.0', -0],
    ['0.1', 0.1],
    ['1.5', 1.5],
    ['-2.25', -2.25],
    ['123456.789', 123456.789],
    ['0.0001', 1e-4],
    ['0.00012345', 1.2345e-4],
    ['1e-05', 1e-5],
    ['1.5e-05', 1.5e-5],
    ['1e-07', 1e-7],
    ['-1e-07', -1e-7],
    ['1e-100', 1e-100],
    ['5e-324', Number.MIN_VALUE],
    ['9007199254740992.0', 2 ** 53],
    ['-9007199254740992.0', -(2 ** 53)],
    ['9007199254740994.0', 2 ** 53 + 2],
    ['9999999999999998.0', 9999999999999998],
    ['1e+16', 1e16],
    ['1.2345678901234568e+17', 1.2345678901234568e17],
    ['1.2e+20', 1.2e20],
    ['1e+22', 1e22],
    ['1e+100', 1e100],
    ['1.7976931348623157e+308', Number.MAX_VALUE],
  ])("as Python's repr of a float when it is any other number: %s", ([text, value]) => {
    expect(formatNumber(value)).toBe(text)
  })

  test('always with a point or an exponent when it is no safe integer, so that it is read as a float', () => {
    fc.assert(
      fc.property(finite, (value) => {
        const digits = Number.isSafeInteger(value) && !Object.is(value, -0)
        expect(formatNumber(value)).toMatch(digits ? /^-?\d+$/ : /^-?\d(\.\d+)?e[+-]\d{2,3}$|^-?\d+\.\d+$/)
      }),
    )
  })
})

describe('a number is read', () => {
  test.for<[text: string, value: number]>([
    ['0', 0],
    ['7', 7],
    ['+7', 7],
    ['-7', -7],
    ['007', 7],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['-9007199254740991', Number.MIN_SAFE_INTEGER],
  ])('from digits with an optional sign: %s', ([text, value]) => {
    expect(parseNumber(text)).toBe(value)
  })

  test.for<[text: string, value: bigint]>([
    ['9007199254740992', 2n ** 53n],
    ['-9007199254740992', -(2n ** 53n)],
    ['9007199254740993', 9007199254740993n],
    ['+9007199254740993', 9007199254740993n],
    ['-9223372036854775808', -(2n ** 63n)],
    ['1180591620717411303424', 2n ** 70n],
  ])('as a bigint from digits past 2^53: %s', ([text, value]) => {
    expect(parseNumber(text)).toBe(value)
  })

  test.for<[text: string, value: number]>([
    ['3.0', 3],
    ['1.', 1],
    ['.5', 0.5],
    ['-.5', -0.5],
    ['+1.5', 1.5],
    ['-0.0', -0],
    ['1e5', 100_000],
    ['1E5', 100_000],
    ['1e+16', 1e16],
    ['1.5e-07', 1.5e-7],
    ['9007199254740992.0', 2 ** 53],
    ['1e999', Infinity],
  ])('as a float from a point or an exponent: %s', ([text, value]) => {
    expect(parseNumber(text)).toBe(value)
  })

  test.for<[text: string, value: number]>([
    ['nan', NaN],
    ['NaN', NaN],
    ['-nan', NaN],
    ['inf', Infinity],
    ['+inf', Infinity],
    ['-inf', -Infinity],
    ['Infinity', Infinity],
    ['-INFINITY', -Infinity],
  ])('from what Python writes for what is not finite: %s', ([text, value]) => {
    expect(parseNumber(text)).toBe(value)
  })

  test.for([
    '',
    ' ',
    ' 1',
    '1 ',
    '1\n',
    '1_000',
    '1,5',
    '0x10',
    '1n',
    '+',
    '-',
    '.',
    '--1',
    '1.2.3',
    '1e',
    'e5',
    '1e1.5',
    'infin',
    'nano',
    'null',
    'true',
    '"5"',
    '١',
  ])('from nothing else: %j', (text) => {
    expect(parseNumber(text)).toBeUndefined()
  })

  test('in a time that grows with its length, and no faster', () => {
    const parse = (length: number): void => {
      for (let n = 0; n < 100; n++) expect(parseNumber(`${'1'.repeat(length)}x`)).toBeUndefined()
    }
    expect(cpuGrowth(10_000, parse)).toBeLessThan(24)
  })
})

describe('what was written is read back', () => {
  test('as the same number, to the last bit', () => {
    fc.assert(
      fc.property(finite, (value) => {
        expect(parseNumber(formatNumber(value))).toBe(value)
      }),
    )
  })

  test('as a number when a bigint is safe, else as the same bigint', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), (value) => {
        const safe = Number.isSafeInteger(Number(value))
        expect(parseNumber(formatNumber(value))).toBe(safe ? Number(value) : value)
      }),
    )
  })
})

/** Every class of finite numbers: any bits, whole numbers around 2^53, and decimals as people write them. */
const finite = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.integer({ min: -1_000, max: 1_000 }).map((offset) => 2 ** 53 + 2 * offset),
  fc.tuple(fc.integer(), fc.integer({ min: -30, max: 30 })).map(([digits, power]) => Number(`${digits}e${power}`)),
)
