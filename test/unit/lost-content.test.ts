import { describe, expect, test } from 'vitest'
import { richJson } from '../../src/codec/serializers/rich-json.js'
import { CodecError } from '../../src/errors.js'
import type { CodecOptions } from '../../src/index.js'
import { codecOf, roundTrip, stored } from '../support/codecs.js'
import { rejection } from '../support/rejection.js'

const failure = async (options: CodecOptions, value: unknown): Promise<CodecError> => {
  const { error } = await rejection(Promise.resolve().then(() => codecOf(options).encode(value, 'k')))
  expect(error).toBeInstanceOf(CodecError)
  return error as CodecError
}

class Hidden {
  readonly #items: string[]

  constructor(items: string[]) {
    this.#items = items
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#items.values()
  }
}

/** What JSON has `{}` for though there is something in it. */
const lost: [kind: string, value: object][] = [
  ['RegExp', /secret/],
  ['Error', new Error('secret')],
  ['Error', new (class Own extends TypeError {})('secret')],
  ['Promise', Promise.resolve('secret')],
  ['URLSearchParams', new URLSearchParams('a=secret')],
  ['Headers', new Headers({ a: 'secret' })],
  ['Response', new Response('secret')],
  ['Blob', new Blob(['secret'])],
  ['ArrayBuffer', new ArrayBuffer(8)],
  ['WeakMap', new WeakMap()],
  ['Map Iterator', new Map([['a', 'secret']]).values()],
  ['Object', new Hidden(['secret'])],
]
const collections: [kind: string, value: object][] = [
  ['Map', new Map([['a', 'secret']])],
  ['Set', new Set(['secret'])],
  ['Map', new Map()],
]

describe.each<[name: string, options: CodecOptions]>([
  ['json', { serializer: 'json' }],
  ['json', { serializer: 'json', compressor: 'zlib' }],
  ['rich-json', { serializer: richJson() }],
  ['msgpack', { serializer: 'msgpack' }],
])('%s refuses, and does not store as {}', (name, options) => {
  test.for(name === 'json' ? [...lost, ...collections] : lost)('a %s', async ([kind, value]) => {
    const error = await failure(options, { list: [1, {}, { 'odd name': value, other: {} }] })
    expect(error).toMatchObject({ code: 'E_CODEC', stage: 'serialize', fault: 'value' })
    expect(error.message).toContain(`'${name}' would store the ${kind} at 'list[2]["odd name"]' as {}`)
    expect(error.message).not.toContain('secret')
    if (name === 'json') expect(error.message).toContain('richJson()')
    expect((await failure(options, value)).message).toContain(`'${name}' would store the ${kind} as {}`)
    expect((await failure(options, { a: { toJSON: () => [value] } })).message).toContain(`${kind} at 'a[0]'`)
  })
})

test.for<CodecOptions>([{ serializer: 'msgpack' }, { serializer: richJson() }])(
  'nor does what keeps Map and Set store such an object inside of one: %o',
  async (options) => {
    expect((await failure(options, { m: new Map([['a', [/x/]]]) })).message).toContain("RegExp at 'm[1][0]'")
    expect((await failure(options, { s: new Set([1, /x/]) })).message).toContain("RegExp at 's[1]'")
  },
)

describe('v8', () => {
  const v8: CodecOptions = { serializer: 'v8' }

  test.for<[kind: string, value: object]>([
    ['URL', new URL('http://localhost/secret')],
    ['URLSearchParams', new URLSearchParams('a=secret')],
    ['Headers', new Headers({ a: 'secret' })],
    ['Response', new Response('secret')],
    ['FormData', new FormData()],
    ['Object', new Hidden(['secret'])],
  ])('refuses, and does not store as {}: a %s', async ([kind, value]) => {
    const error = await failure(v8, { list: [1, {}, new Map([['a', { value }]])] })
    expect(error).toMatchObject({ code: 'E_CODEC', stage: 'serialize', fault: 'value' })
    expect(error.message).toContain(`'v8' would store the ${kind} at 'list[2][1].value' as {}`)
    expect(error.message).not.toContain('secret')
    expect((await failure(v8, value)).message).toContain(`'v8' would store the ${kind} as {}`)
    expect((await failure(v8, new Set([value]))).message).toContain(kind)
  })

  test('keeps, beside an empty object, what structuredClone keeps', async () => {
    const cycle: Record<string, unknown> = { empty: {}, list: [] }
    cycle.self = [cycle, new Map([[cycle, cycle]])]
    expect(await roundTrip(codecOf(v8), cycle)).toStrictEqual(cycle)
    const kept = [
      {},
      /x/g,
      new Error('x'),
      new Date(0),
      new ArrayBuffer(2),
      new Uint8Array(2),
      new Map(),
      new Set([{}]),
    ]
    expect(await roundTrip(codecOf(v8), kept)).toStrictEqual(kept)
    const odd = [
      {},
      new DataView(new ArrayBuffer(2)),
      new String('a'),
      Object(5n),
      { u: undefined },
      Object.create(null),
    ]
    expect(await roundTrip(codecOf(v8), odd)).toHaveLength(odd.length)
  })

  test('goes as deep as V8 itself', async () => {
    let deep: unknown = {}
    for (let level = 0; level < 1_000; level++) deep = level % 2 === 0 ? [deep] : { deep }
    expect(await roundTrip(codecOf(v8), deep)).toStrictEqual(deep)
  })
})

describe('what JSON.stringify keeps, or leaves out by its own rules, stays as it is', () => {
  class Empty {}
  class Own {
    toJSON(): object {
      return {}
    }
  }
  test.for<[what: string, value: unknown]>([
    ['empty objects', { a: {}, b: [{}], c: { d: Object.create(null) as object } }],
    ['a text that looks like one', ['{}', new Date(0)]],
    ['objects of a class without fields', [{}, new Empty()]],
    ['fields that are functions or undefined', [{ f: () => 1, u: undefined }]],
    ['what speaks for itself', [{}, new Own(), new URL('http://localhost/'), Object.assign(new Map([[1, 2]]), { toJSON: () => 1 })]], // prettier-ignore
    ['boxed primitives', [{}, new String(''), new Number(1), new Boolean(false)]],
    ['typed arrays', [{}, new Uint8Array(0), new Float64Array(0)]],
    ['dates and odd numbers', [{}, new Date(0), NaN, Infinity, undefined, null]],
    ['an error with fields of its own', [{}, Object.assign(new Error('x'), { status: 404 })]],
  ])('%s', async ([, value]) => {
    expect(String(await stored(codecOf(), value))).toBe(JSON.stringify(value))
  })

  test('as deep as JSON.stringify goes', async () => {
    let deep: unknown = {}
    for (let level = 0; level < 2_000; level++) deep = level % 2 === 0 ? [deep] : { deep }
    expect(await roundTrip(codecOf(), deep)).toStrictEqual(deep)
  })
})

test.for<CodecOptions>([{ serializer: 'json' }, { serializer: 'msgpack' }, { serializer: richJson() }])(
  'boxed primitives are stored as what they hold: %o',
  async (options) => {
    const boxed = { text: new String('a'), number: new Number(1), boolean: new Boolean(true) }
    expect(await roundTrip(codecOf(options), boxed)).toStrictEqual({ text: 'a', number: 1, boolean: true })
  },
)

describe('MessagePack loses no entry of a Map', () => {
  const codec = codecOf({ serializer: 'msgpack' })
  test.for<[what: string, value: Map<unknown, unknown>]>([
    ['1 and the text 1', new Map<unknown, unknown>([[1, 'a'], ['1', 'b']])], // prettier-ignore
    ['the text 1 and 1', new Map<unknown, unknown>([['1', 'b'], [1, 'a']])], // prettier-ignore
    ['true, null and numbers', new Map<unknown, unknown>([[true, 1], [null, 2], [1, 3], [1.5, 4], [-1, 5]])], // prettier-ignore
    ['wide integers', new Map<unknown, unknown>([[2n ** 60n, 1], [2n ** 60n + 1n, 2], [2 ** 60, 3]])], // prettier-ignore
    ['arrays', new Map<unknown, unknown>([[[1], 1], [[1], 2]])], // prettier-ignore
  ])('with the keys %s', async ([, value]) => {
    expect(await roundTrip(codec, value)).toStrictEqual(value)
  })

  test.for<[what: string, value: Map<unknown, unknown>]>([
    ['1 and 1n', new Map<unknown, unknown>([[1, 'a'], [1n, 'b']])], // prettier-ignore
    ['null and undefined', new Map<unknown, unknown>([[null, 'a'], [undefined, 'b']])], // prettier-ignore
    ['a URL and its text', new Map<unknown, unknown>([['http://localhost/', 1], [new URL('http://localhost/'), 2]])], // prettier-ignore
  ])('without a word: %s are refused', async ([, value]) => {
    expect(await failure({ serializer: 'msgpack' }, [value])).toMatchObject({
      stage: 'serialize',
      cause: { message: 'two keys of this Map are the same in MessagePack, so that one value would be lost.' },
    })
  })
})

describe('two texts that differ in half a surrogate pair', () => {
  const halves = ['\ud83d', 'x\udc00', `${'x'.repeat(100)}\ud800`]

  test('are two values in JSON, pickle and v8', async () => {
    for (const serializer of ['json', richJson(), 'pickle', 'v8'] as const)
      for (const half of halves) expect(await roundTrip(codecOf({ serializer }), [half, { [half]: 1 }])).toStrictEqual([half, { [half]: 1 }]) // prettier-ignore
    expect(codecOf().encodeMember('\ud800', 'k')).not.toBe(codecOf().encodeMember('\udfff', 'k'))
  })

  test('are refused where they would be the same bytes', async () => {
    const own = { name: 'own', serialize: String, deserialize: String }
    for (const half of halves) {
      for (const value of [half, [half], { [half]: 1 }, new Map([[half, 1]])])
        expect(await failure({ serializer: 'msgpack' }, value)).toMatchObject({ stage: 'serialize' })
      for (const options of [
        { serializer: 'raw' },
        { serializer: 'raw', format: 'django', compressor: 'zlib' },
        { serializer: own },
      ] as CodecOptions[])
        // prettier-ignore
        expect((await failure(options, half)).message).toMatch(/wrote half a surrogate pair, which UTF-8 cannot hold/)
      await expect(async () => codecOf({ serializer: 'msgpack' }).encodeMember(half, 'k')).rejects.toThrow(CodecError)
    }
  })

  test('and whole pairs are kept', async () => {
    for (const serializer of ['json', 'msgpack', 'pickle'] as const)
      expect(await roundTrip(codecOf({ serializer }), ['😀', { '😀': 1 }])).toStrictEqual(['😀', { '😀': 1 }])
  })
})
