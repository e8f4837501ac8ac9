import fc from 'fast-check'
import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { freshnessAt, writeFreshness } from '../../src/codec/frame.js'
import { resolveCodec, type CodecOptions } from '../../src/codec/options.js'
import { CodecError, UnsupportedError } from '../../src/errors.js'
import { createCaches } from '../../src/index.js'
import { codecOf, jsonValue, roundTrip, stored } from '../support/codecs.js'
import { rejection } from '../support/rejection.js'

const [old, current, other] = ['old', 'current', 'other'].map((id) => ({ id, key: randomBytes(32) }))
const with_ = (...keys: readonly unknown[]): CodecOptions => ({ encryption: { keys } as NonNullable<CodecOptions['encryption']> }) // prettier-ignore
const encrypted = with_(current)
const codec = codecOf(encrypted)
const failure = async (options: CodecOptions, bytes: Buffer, key = 'k'): Promise<unknown> => {
  const { error } = await rejection(Promise.resolve().then(() => codecOf(options).decode(bytes, key)))
  expect(error).toBeInstanceOf(CodecError)
  return error
}

describe('an encrypted value', () => {
  test.for<CodecOptions>([
    {},
    { serializer: 'msgpack', compressor: 'zstd' },
    { serializer: 'v8', compressor: 'brotli', compressLevel: 1 },
    { serializer: 'json', compressor: 'lz4', compressMinLength: 0 },
  ])('comes back as it was, whatever JSON can say: %o', async (options) => {
    const number = fc.oneof(
      fc.bigInt({ min: 2n ** 53n, max: 2n ** 80n }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    )
    await fc.assert(
      fc.asyncProperty(fc.oneof(jsonValue, number), async (value) => {
        expect(await roundTrip(codecOf({ ...options, ...encrypted }), value)).toStrictEqual(value)
      }),
      { numRuns: 100 },
    )
  })

  test('is nothing that can be read, numbers included, and never the same bytes twice', async () => {
    expect(codec.bareNumbers).toBe(false)
    for (const value of ['a secret text', 1_234_567_890]) {
      const [one, two] = [await stored(codec, value), await stored(codec, value)]
      expect(one.toString('latin1')).not.toContain(String(value))
      expect(one).not.toStrictEqual(two)
    }
  })

  test('is bound to the key that it is stored under', async () => {
    const bytes = await stored(codec, 'rights of a user', ':1:user')
    expect(await codec.decode(bytes, ':1:user')).toBe('rights of a user')
    expect(await failure(encrypted, bytes, ':1:admin')).toMatchObject({
      stage: 'decrypt',
      message:
        "decrypt: the value was changed, or stored under another key or field, or 'current' is not the same key here.",
    })
  })

  test('stays proven when its freshness is changed, as scripts on the server do, and when nothing else is', async () => {
    const freshness = { until: 1_700_000_000_000, ttl: 60_000 }
    for (const value of ['a secret', 5]) {
      const bytes = Buffer.from(await codec.encode(value, 'k', undefined, freshness))
      const changed = Buffer.from(bytes)
      writeFreshness(changed, { until: 1_800_000_000_000, ttl: 0 })
      expect(await codec.decode(changed, 'k')).toBe(value)
      for (let at = 0; at < bytes.length; at++) {
        if (at >= freshnessAt && at < freshnessAt + 16) continue
        const damaged = Buffer.from(bytes)
        damaged[at] = (damaged[at] as number) ^ 1
        await failure(encrypted, damaged)
      }
      await failure(encrypted, Buffer.concat([bytes.subarray(0, freshnessAt), bytes.subarray(freshnessAt + 16)]))
    }
    expect(await codec.decode(codec.encodeAbsence('k', freshness), 'k')).toBeUndefined()
    await failure(encrypted, Buffer.from(codec.encodeAbsence('other', freshness)))
  })

  test('is refused when a single bit was changed, or a byte cut off, wherever', async () => {
    const bytes = await stored(codecOf({ ...encrypted, compressor: 'zlib' }), 'x'.repeat(30))
    for (let at = 0; at < bytes.length * 8; at++) {
      const changed = Buffer.from(bytes)
      changed[at >> 3] = (changed[at >> 3] as number) ^ (1 << (at & 7))
      await failure({ ...encrypted, compressor: 'zlib', decoders: ['raw', 'gzip'] }, changed)
    }
    for (let length = 0; length < bytes.length; length++) await failure(encrypted, bytes.subarray(0, length))
  })

  test('is read with every key of the list, and written with the first', async () => {
    const written = await stored(codecOf(with_(old)), 'x')
    expect(await codecOf(with_(current, old)).decode(written, 'k')).toBe('x')
    expect((await stored(codecOf(with_(current, old)), 'x')).toString('latin1')).toContain('current')
    expect(await failure(with_(current, other), written)).toMatchObject({
      stage: 'decrypt',
      message: "decrypt: the value is encrypted with the key 'old'; add it to encryption.keys.",
    })
  })

  test('is refused when another secret has the id', async () => {
    expect(await failure(with_({ ...other, id: 'current' }), await stored(codec, 'x'))).toMatchObject({
      stage: 'decrypt',
    })
  })

  test('is refused, with a word on what is missing, where nothing is encrypted', async () => {
    expect(await failure({ format: 'framed' }, await stored(codec, 'x'))).toMatchObject({
      message: "decrypt: the value is encrypted with the key 'current'; set encryption.",
    })
  })
})

describe('a value that is not encrypted', () => {
  const forms = async (): Promise<Buffer[]> => [
    await stored(codecOf(), { admin: true }),
    await stored(codecOf(), 5),
    await stored(codecOf({ format: 'framed' }), { admin: true }),
  ]

  test('is refused: anybody who can write to the server could have put it there', async () => {
    for (const bytes of await forms())
      expect(await failure(encrypted, bytes)).toMatchObject({
        stage: 'decrypt',
        message: 'decrypt: the value is not encrypted; set encryption.readPlain while such values live.',
      })
  })

  test('is read when that is allowed, for a rollout', async () => {
    const rollout = codecOf({ encryption: { keys: encrypted.encryption?.keys ?? [], readPlain: true } })
    const read = await Promise.all((await forms()).map((bytes) => rollout.decode(bytes, 'k')))
    expect(read).toStrictEqual([{ admin: true }, 5, { admin: true }])
  })
})

describe('a field of an encrypted hash', () => {
  test('is bound to its key and its field', async () => {
    const sealed = Buffer.from(await codec.encode('x', ':1:user', 'role'))
    expect(await codec.decode(sealed, ':1:user', 'role')).toBe('x')
    for (const [key, field] of [
      [':1:user', 'name'],
      [':1:admin', 'role'],
      [':1:user', undefined],
      [':1:userrole', undefined],
      [':1:use', 'rrole'],
      [':1:userr', 'ole'],
      [':1:user', ''],
    ] as const)
      // prettier-ignore
      await expect(async () => codec.decode(sealed, key, field)).rejects.toThrow(/stored under another key or field/)
    const value = await stored(codec, 'x', ':1:user')
    await expect(async () => codec.decode(value, ':1:user', '')).rejects.toThrow(CodecError)
  })

  test('is read by every method that reads fields, and refused when two fields were swapped on the server', async () => {
    await using caches = createCaches({ cache: { ...encrypted } })
    const { cache } = caches
    const values = new Map<string, unknown>([['name', 'Ada'], ['limit', 5], ['7', ['x']]]) // prettier-ignore
    await cache.hset('h', values)
    expect(await cache.hsetnx('h', 'more', 'text')).toBe(true)
    values.set('more', 'text')
    expect(await cache.hgetall('h')).toStrictEqual(values)
    expect(await cache.hget('h', 7)).toStrictEqual(['x'])
    expect(await cache.hmget('h', ['limit', 'none', 'name'])).toStrictEqual([5, undefined, 'Ada'])
    expect(await cache.hvals('h')).toStrictEqual([...values.values()])
    expect(await cache.hvals('none')).toStrictEqual([])

    const raw = (await cache.command(['HMGET', ':1:h', 'name', 'limit'], { decode: 'buffer' })) as [Buffer, Buffer]
    await cache.command(['HSET', ':1:h', 'limit', raw[0], 'name', raw[1]])
    for (const read of [
      cache.hget('h', 'name'),
      cache.hmget('h', ['7', 'limit']),
      cache.hgetall('h'),
      cache.hvals('h'),
    ])
      await expect(read).rejects.toMatchObject({ code: 'E_CODEC', stage: 'decrypt' })
    expect(await cache.hget('h', 'more')).toBe('text')
  })
})

describe('what a frame carries is read before the value is', () => {
  test('and the value only when it is asked for', async () => {
    const options: CodecOptions = { ...encrypted, serializer: 'msgpack', compressor: 'zlib', compressMinLength: 0 }
    const bytes = await stored(codecOf(options), 'x', 'k')
    const opened = codecOf(options).open(bytes, 'k')
    expect(opened.fields).toMatchObject({ serializer: 'msgpack', compressor: 'zlib', keyId: 'current' })
    expect(await opened.read()).toBe('x')
    const moved = codecOf(options).open(bytes, 'other')
    expect(moved.fields).toMatchObject({ serializer: 'msgpack' })
    expect(() => moved.read()).toThrow(CodecError)
  })

  test('nothing where there is no frame', async () => {
    for (const options of [{}, { serializer: 'pickle' }, { format: 'framed' }] as CodecOptions[]) {
      const opened = codecOf(options).open(await stored(codecOf({ ...options, format: 'django' }), ['x']), 'k')
      expect(opened.fields).toStrictEqual({})
      expect(await opened.read()).toStrictEqual(['x'])
    }
  })
})

describe('a secret is read strictly, and what it is not is said without showing it', () => {
  const base64 = `${'Ab1+'.repeat(10)}Ab8=`
  const textOf = (given: unknown): string => {
    try {
      resolveCodec({ encryption: given } as CodecOptions, String)
    } catch (error) {
      return inspect(error, { depth: 9, showHidden: true })
    }
    throw new Error('a refusal was expected')
  }
  const inKeys = (key: unknown): unknown => ({ keys: [{ id: 'a', key }] })

  test('base64 of 32 bytes is read', () => {
    expect(resolveCodec(inKeysOptions(base64), String).format).toBe('framed')
    expect(Buffer.from(base64, 'base64')).toHaveLength(32)
  })

  test.for<[what: string, key: string]>([
    ['a line end', `${base64}\n`],
    ['a space', `${base64.slice(0, 8)} ${base64.slice(8)}`],
    ['garbage', `!${base64}`],
    ['garbage inside', `${base64.slice(0, 20)}-*-${base64.slice(20)}`],
    ['the other alphabet', base64.replaceAll('+', '-')],
    ['no padding', base64.slice(0, -1)],
    ['bits that nobody writes', base64.replace('Ab8=', 'Ab9=')],
    ['hexadecimal digits', 'ab'.repeat(32)],
    ['a password', 'correct horse battery staple, thirty-two'],
    ['half a key', Buffer.alloc(16, 7).toString('base64')],
    ['two keys', base64.slice(0, 40).repeat(2)],
  ])('%s is refused', ([, key]) => {
    const text = textOf(inKeys(key))
    expect(text).toMatch(/encryption\.keys\[0\]\.key: expected 32 bytes, or base64 of them and nothing else/)
    expect(text).not.toContain(key.trim().slice(0, 16))
  })

  test.for<[what: string, given: unknown]>([
    ['in place of the options', base64],
    ['in place of the keys', { keys: base64 }],
    ['in place of a key', { keys: [base64] }],
    ['in place of readPlain', { keys: [{ id: 'a', key: base64 }], readPlain: base64 }],
    ['in a text of hexadecimal digits', inKeys('deadbeef'.repeat(8))],
  ])('%s', ([, given]) => {
    expect(textOf(given)).toMatch(/ConfigurationError: encryption/)
    expect(textOf(given)).not.toMatch(/Ab1\+Ab1|deadbeef/)
  })

  test('an option beside id and key is refused', () => {
    expect(textOf({ keys: [{ id: 'a', key: base64, kye: 1 }] })).toMatch(
      /keys\[0\]\.kye: unknown option; known are id, key/,
    )
  })

  function inKeysOptions(key: string): CodecOptions {
    return { encryption: { keys: [{ id: 'a', key }] } }
  }
})

test('a secret may be base64, and never shows', () => {
  const key = randomBytes(32)
  const options = with_({ id: 'current', key: key.toString('base64') })
  const resolved = resolveCodec(options, String)
  expect(inspect(resolved, { depth: 9, showHidden: true })).not.toContain(key.toString('base64').slice(0, 10))
  expect(resolved.format).toBe('framed')
})

test('the server cannot count with encrypted numbers: incr and decr say so', async () => {
  const { cache } = createCaches({ cache: { ...encrypted } })
  await cache.set('n', 5)
  expect(await cache.get('n')).toBe(5)
  for (const work of [cache.incr('n'), cache.decr('n'), cache.incr('m', 1, { create: true })])
    await expect(work).rejects.toThrow(UnsupportedError)
  expect(await cache.get('n')).toBe(5)
})
