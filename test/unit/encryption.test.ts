import fc from 'fast-check'
import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
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
      message: "decrypt: the value was changed, or stored under another key, or 'current' is not the same key here.",
    })
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
