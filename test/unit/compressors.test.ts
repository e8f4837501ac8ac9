import fc from 'fast-check'
import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { Compressor } from '../../src/codec/compressor.js'
import { compressors, type CompressorName } from '../../src/codec/compressors/index.js'
import { isTooLarge } from '../../src/codec/bounds.js'
import { compress, decompress } from '../../src/codec/stages.js'
import { CodecError } from '../../src/errors.js'
import { rejection } from '../support/rejection.js'

const MiB = 1024 * 1024
const names = ['zlib', 'gzip', 'brotli', 'zstd', 'lz4'] as const
const make = (name: CompressorName, level?: number): Compressor => compressors[name].make(level)
const roundTrip = async (compressor: Compressor, bytes: Uint8Array): Promise<Uint8Array> =>
  decompress(compressor, await compress(compressor, bytes), 64 * MiB)

/** What an application stores: as compressible as JSON is. */
const rows = (bytes: number): Buffer =>
  Buffer.from(Array.from({ length: bytes / 32 }, (_, id) => JSON.stringify({ id, name: `user ${id * 7}` })).join())

describe.each(names)('%s', (name) => {
  const compressor = make(name)

  test('gives back what went in, however long it is', async () => {
    for (const length of [0, 1, 15, 16, 1_000, 16_383, 16_384, 70_000, 3 * MiB]) {
      expect(Buffer.from(await roundTrip(compressor, Buffer.alloc(length, 'abc'))).equals(Buffer.alloc(length, 'abc'))).toBe(true) // prettier-ignore
    }
  })

  test('gives back whatever went in', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), async (bytes) => {
        expect(Buffer.from(await roundTrip(compressor, bytes)).equals(bytes)).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  test('gives back what cannot be compressed', async () => {
    for (const length of [69_999, 100_000, 400_000]) {
      const bytes = randomBytes(length)
      expect(Buffer.from(await roundTrip(compressor, bytes)).equals(bytes)).toBe(true)
    }
  })

  test('lets as much come out as may, and no byte more', async () => {
    for (const length of [100, 300_000]) {
      const packed = await compress(compressor, Buffer.alloc(length))
      expect(await decompress(compressor, packed, length)).toHaveLength(length)
      expect(await failure(async () => decompress(compressor, packed, length - 1))).toSatisfy(isTooLarge)
    }
  })

  test('is not taken down by a bomb', async () => {
    const bomb = await compress(compressor, Buffer.alloc(32 * MiB))
    const error = await failure(async () => decompress(compressor, bomb, MiB))
    expect(error).toMatchObject({ code: 'E_CODEC', stage: 'decompress' })
    expect(error.message).toMatch(/^decompress: more than 1048576 bytes come out of \d+; raise maxDecodedBytes/)
  }, 30_000)

  test('sees when bytes are cut off', async () => {
    for (const length of [64, 5_000, 100_000]) {
      const packed = await compress(compressor, rows(length))
      for (const cut of [1, 2, 4, 5, 8, packed.length >> 1, packed.length - 1, packed.length]) {
        const error = await failure(async () => decompress(compressor, packed.subarray(0, packed.length - cut), MiB))
        expect(error).toMatchObject({ code: 'E_CODEC', stage: 'decompress', cause: expect.any(Error) as Error })
      }
    }
  })

  test('refuses what it has not written', async () => {
    for (const bytes of ['', 'x', '{"a":1}', 'x'.repeat(1_000)]) {
      const error = await failure(async () => decompress(compressor, Buffer.from(bytes), MiB))
      expect(error.message).toMatch(/^decompress: these \d+ bytes are not what '\w+' writes, or they are damaged/)
    }
  })

  test('survives any damage: an error, or bytes of the bounded length', async () => {
    const packed = Buffer.from(await compress(compressor, rows(500)))
    const change = fc.tuple(fc.nat(packed.length - 1), fc.integer({ min: 1, max: 255 }))
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const damaged = Buffer.from(packed)
        for (const [at, flip] of changes) damaged[at] = (damaged[at] as number) ^ flip
        const outcome = await Promise.resolve()
          .then(() => decompress(compressor, damaged, 100_000))
          .catch((error: unknown) => error)
        if (outcome instanceof Uint8Array) expect(outcome.length).toBeLessThanOrEqual(100_000)
        else expect(outcome).toBeInstanceOf(CodecError)
      }),
      { numRuns: 300 },
    )
  })

  test('works on small values at once', async () => {
    if (name === 'zstd') await roundTrip(compressor, Buffer.from('the module has started'))
    const bytes = rows(1_000)
    if (name !== 'brotli') expect(compressor.compress(bytes)).toBeInstanceOf(Uint8Array)
    expect(compressor.decompress(await compressor.compress(bytes), MiB)).toBeInstanceOf(Uint8Array)
  })

  test('begins with its mark, where it has one, and nothing else does', async () => {
    const packed = await compressor.compress(rows(100))
    if (name === 'brotli') return expect(compressor.marks).toBeUndefined()
    expect(compressor.marks?.(packed)).toBe(true)
    for (const form of ['', '{"a":1}', '[1]', '"x"', 'true', 'null']) expect(compressor.marks?.(Buffer.from(form))).toBe(false) // prettier-ignore
  })
})

test.for(['zlib', 'gzip', 'brotli'] as const)('%s works on large values off the event loop', async (name) => {
  const compressor = make(name, name === 'brotli' ? 5 : undefined)
  const bytes = rows(8 * MiB)
  const packed = compressor.compress(bytes)
  expect(packed).toBeInstanceOf(Promise)
  expect(await isElsewhere(packed)).toBe(true)
  const plain = compressor.decompress(await packed, 64 * MiB)
  expect(plain).toBeInstanceOf(Promise)
  expect(await isElsewhere(plain)).toBe(true)
})

test('brotli at its highest levels takes long for little, so it always works off the event loop', () => {
  expect(make('brotli').compress(Buffer.alloc(100))).toBeInstanceOf(Promise)
  expect(make('brotli', 9).compress(Buffer.alloc(100))).toBeInstanceOf(Buffer)
})

test('what is small and grows large is decompressed off the event loop', async () => {
  const packed = gzipSync(Buffer.alloc(MiB))
  expect(packed.length).toBeLessThan(2_000)
  const plain = make('gzip').decompress(packed, 64 * MiB)
  expect(plain).toBeInstanceOf(Promise)
  expect(await plain).toHaveLength(MiB)
})

test.for<[name: CompressorName, low: number, high: number]>([
  ['zlib', 1, 9],
  ['gzip', 1, 9],
  ['brotli', 0, 11],
  ['zstd', 1, 19],
])('%s writes less at a higher level', async ([name, low, high]) => {
  const words = Array.from({ length: 20_000 }, (_, index) => `word${(index * index * 7_919) % 1_009}`)
  const bytes = Buffer.from(words.join(' '))
  const [large, small] = await Promise.all([low, high].map(async (level) => make(name, level).compress(bytes)))
  expect(small?.length).toBeLessThan(large?.length ?? 0)
})

describe('what Python wrote', () => {
  const foo = Buffer.from('foo')
  test.for<[what: string, name: keyof typeof compressors, bytes: string, plain: Buffer]>([
    ['as one frame', 'zstd', '28b52ffd 2003 190000 666f6f', foo],
    ['with its length in two bytes', 'zstd', '28b52ffd 602c00 4d0000 10 6161 0100272ac002', Buffer.alloc(300, 'a')],
    ['with a checksum', 'zstd', '28b52ffd 642c00 550000 18 666f6f 010026aa6e08 dfdfaa1d', Buffer.alloc(300, 'foo')],
    ['as a stream, without its length', 'zstd', '28b52ffd 0048 190000 666f6f', foo],
    ['with its length', 'lz4', '04224d18 6840 1e00000000000000 89 0d000000 3f666f6f030003506f6f666f6f 00000000', Buffer.alloc(30, 'foo')], // prettier-ignore
    ['with checksums', 'lz4', '04224d18 7440 bd 0d000000 3f666f6f030003506f6f666f6f 2cb9f3c9 00000000 8d07f65e', Buffer.alloc(30, 'foo')], // prettier-ignore
    ['', 'bz2', '425a6839 314159265359 49fec4a5 00000001000100a0002100822c5dc914e1424127fb1294', foo],
    ['', 'xz', 'fd377a585a00 0004e6d6b446 0200210114000000ffe7ec09 010002666f6f0000 5815a97b2ce62c98 00011b030b2fb910 1fb6f37d 01000000 0004595a', foo], // prettier-ignore
  ])('%s is read: %s', async ([, name, hex, plain]) => {
    const compressor = compressors[name].make()
    const bytes = bytesOf(hex)
    expect(compressor.marks?.(bytes)).toBe(true)
    expect(Buffer.from(await decompress(compressor, bytes, 300))).toStrictEqual(plain)
    for (let cut = 1; cut <= bytes.length; cut++)
      expect(await failure(() => decompress(compressor, bytes.subarray(0, -cut), 300))).toBeInstanceOf(CodecError)
    expect(await failure(() => decompress(compressor, bytes, plain.length - 1))).toSatisfy(isTooLarge)
  })

  test.for<[name: 'zstd' | 'lz4', what: string, hex: string]>([
    ['zstd', 'announces 4 GiB', '28b52ffd a0ffffffff 190000 666f6f'],
    ['zstd', 'announces more than its blocks can hold', '28b52ffd 20ff 190000 666f6f'],
    ['zstd', 'announces less than it holds', '28b52ffd 2002 190000 666f6f'],
    ['zstd', 'is followed by something', '28b52ffd 2003 190000 666f6f 00'],
    ['lz4', 'is followed by something', '04224d18 6040 82 03000080 666f6f 00000000 00'],
    ['lz4', 'has a block that runs over its end', '04224d18 6040 82 04000000 f0ff6161 00000000'],
  ])('%s is refused when it %s', async ([name, , hex]) => {
    const error = await failure(() => decompress(make(name), bytesOf(hex), 300))
    expect(error).toMatchObject({ code: 'E_CODEC', stage: 'decompress' })
  })

  test('as a bomb of 100 MB in bzip2 or xz is refused', async () => {
    const bz2 = '425a68393141592653590e09e2df015f8e4000c0000008200030804d4642a025a90a8097'
    const error = await failure(() => decompress(compressors.bz2.make(), bytesOf(bz2), 100_000))
    expect(error.message).toMatch(/more than 100000 bytes/)
  })
})

describe('a zstd value of several frames', () => {
  const zstd = make('zstd')
  const foo = '28b52ffd 2003 190000 666f6f'
  const bar = '28b52ffd 0048 190000 626172'
  const nothing = '28b52ffd 0058 010000'
  const toSkip = '5f2a4d18 04000000 deadbeef'
  test.for<[what: string, hex: string, plain: string]>([
    ['one behind the other', `${foo}${bar}${foo}`, 'foobarfoo'],
    ['with an empty one behind, as streams are flushed', `${bar}${nothing}`, 'bar'],
    [
      'with frames to be skipped around and between',
      `${toSkip}502a4d18 00000000${foo}${toSkip}${bar}${toSkip}`,
      'foobar',
    ],
    ['that are all empty', `${nothing}${toSkip}${nothing}`, ''],
  ])('%s is read', async ([, hex, plain]) => {
    const bytes = bytesOf(hex)
    expect(zstd.marks?.(bytes)).toBe(true)
    expect(Buffer.from(await decompress(zstd, bytes, plain.length)).toString()).toBe(plain)
    if (plain !== '') expect(await failure(() => decompress(zstd, bytes, plain.length - 1))).toSatisfy(isTooLarge)
  })

  test('in several blocks that are not compressed is read', async () => {
    const parts = [70_000, 131_072, 5].map((length) => randomBytes(length))
    const blocks = parts.flatMap((part, index) => [uint24((part.length << 3) | (index === 2 ? 1 : 0)), part])
    const bytes = Buffer.concat([bytesOf('28b52ffd 0058'), ...blocks, bytesOf(nothing)])
    expect(Buffer.from(await decompress(zstd, bytes, MiB)).equals(Buffer.concat(parts))).toBe(true)
  })

  test('is read whatever the size of its frames is', async () => {
    const parts = [rows(100_000), randomBytes(100_000), rows(100)]
    const bytes = Buffer.concat(await Promise.all(parts.map(async (part) => zstd.compress(part))))
    expect(Buffer.from(await decompress(zstd, bytes, MiB)).equals(Buffer.concat(parts))).toBe(true)
    expect(await failure(() => decompress(zstd, bytes, 150_000))).toSatisfy(isTooLarge)
  })

  test.for<[what: string, hex: string]>([
    ['something else follows', `${foo}00`],
    ['the second is cut off', `${foo}${bar.slice(0, -2)}`],
    ['what is to be skipped is cut off', `${foo}502a4d18 05000000 deadbeef`],
    ['the header of what is to be skipped is cut off', `${foo}502a4d18 0500`],
    ['there is nothing but what is to be skipped', toSkip],
    ['there are more than 4096 of them', foo.repeat(4_097)],
  ])('is refused when %s', async ([, hex]) => {
    const error = await failure(() => decompress(zstd, bytesOf(hex), MiB))
    expect(error).toMatchObject({ code: 'E_CODEC', stage: 'decompress', cause: expect.any(RangeError) as Error })
  })
})

test.for(['bz2', 'xz'] as const)('%s is for reading only', async (name) => {
  expect(await failure(() => compress(compressors[name].make(), Buffer.alloc(9)))).toMatchObject({ stage: 'compress' })
})

async function failure(work: () => unknown): Promise<Error> {
  return (await rejection(Promise.resolve().then(work))).error as Error
}

/** Whether the event loop went on while it was worked on. */
async function isElsewhere(work: Uint8Array | Promise<Uint8Array>): Promise<boolean> {
  let turned = false
  setImmediate(() => (turned = true))
  await work
  return turned
}

function uint24(value: number): Buffer {
  const bytes = Buffer.alloc(3)
  bytes.writeUIntLE(value, 0, 3)
  return bytes
}

const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex')
