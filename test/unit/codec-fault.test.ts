import { randomBytes } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { CodecError } from '../../src/errors.js'
import {
  createCaches,
  type CacheOptions,
  type CodecOptions,
  type Compressor,
  type Serializer,
} from '../../src/index.js'
import { codecOf, stored } from '../support/codecs.js'
import { rejection } from '../support/rejection.js'

const faultOf = async (options: CodecOptions, work: 'encode' | 'decode', value: unknown): Promise<string> => {
  const { error } = await rejection(Promise.resolve().then(() => codecOf(options)[work](value as never, 'k')))
  expect(error).toBeInstanceOf(CodecError)
  return (error as CodecError).fault
}
const missing = undefined as unknown as { name: string }
const own = (parts: Partial<Serializer>): Serializer => ({
  name: 'own',
  serialize: String,
  deserialize: String,
  ...parts,
})
const mistaken = own({ serialize: () => missing.name, deserialize: () => missing.name })
const strict = own({
  serialize: () => { throw new RangeError('no such value') }, // prettier-ignore
  deserialize: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as unknown,
})
const squeeze: Compressor = { name: 'squeeze', compress: () => missing.name as never, decompress: async () => missing.name as never } // prettier-ignore
const keys = ['old', 'new'].map((id) => ({ id, key: randomBytes(32) })) as [{ id: string; key: Buffer }, { id: string; key: Buffer }] // prettier-ignore

describe('a CodecError is the fault of', () => {
  test('the value where the value or its bytes are not what they have to be', async () => {
    const bad = [['json', '{'], ['msgpack', '\xc1'], ['pickle', 'x'], ['v8', 'x']] as const // prettier-ignore
    for (const [serializer, bytes] of bad)
      expect(await faultOf({ serializer }, 'decode', Buffer.from(bytes, 'latin1'))).toBe('value')
    for (const compressor of ['zlib', 'brotli', 'zstd', 'lz4'] as const)
      expect(await faultOf({ compressor }, 'decode', deflateSync('"x"').subarray(0, -1))).toBe('value')
    expect(await faultOf({ serializer: 'msgpack' }, 'encode', [() => 1])).toBe('value')
    expect(await faultOf({ serializer: strict }, 'encode', 'x')).toBe('value')
    expect(await faultOf({ serializer: strict }, 'decode', Buffer.from('{'))).toBe('value')
    expect(await faultOf({ encryption: { keys } }, 'decode', Buffer.from('"x"'))).toBe('value')
  })

  test('the setup where code of your own has a mistake in it', async () => {
    expect(await faultOf({ serializer: mistaken }, 'encode', 'x')).toBe('setup')
    expect(await faultOf({ serializer: mistaken }, 'decode', Buffer.from('x'))).toBe('setup')
    expect(await faultOf({ serializer: own({ serialize: () => 5 as never }) }, 'encode', 'x')).toBe('setup')
    expect(await faultOf({ compressor: squeeze, compressMinLength: 0 }, 'encode', 'x')).toBe('setup')
    const framed: CodecOptions = { format: 'framed', compressor: { ...squeeze, compress: (bytes) => bytes } }
    expect(await faultOf(framed, 'decode', await stored(codecOf(framed), 'x'.repeat(20)))).toBe('setup')
  })

  test('the setup where a key of the encryption is missing', async () => {
    const written = await stored(codecOf({ encryption: { keys: [keys[0]] } }), 'x')
    expect(await faultOf({ encryption: { keys: [keys[1]] } }, 'decode', written)).toBe('setup')
    expect(await faultOf({ format: 'framed' }, 'decode', written)).toBe('setup')
  })
})

describe('a fail-safe cache', () => {
  const read = async (options: CacheOptions, bytes: Buffer): Promise<unknown> => {
    await using caches = createCaches({ cache: { failSafe: true, onError: () => {}, ...options } })
    await caches.cache.command(['SET', ':1:k', bytes])
    return caches.cache.get('k')
  }

  test('takes what cannot be read for absent', async () => {
    expect(await read({}, Buffer.from('{'))).toBeUndefined()
    expect(await read({ encryption: { keys } }, Buffer.from('"plain"'))).toBeUndefined()
  })

  test('does not hide a mistake in a serializer of your own, nor a key that is missing', async () => {
    await expect(read({ serializer: mistaken }, Buffer.from('x'))).rejects.toMatchObject({ fault: 'setup', cause: expect.any(TypeError) as Error }) // prettier-ignore
    const written = await stored(codecOf({ encryption: { keys: [keys[0]] } }), 'x', ':1:k')
    await expect(read({ encryption: { keys: [keys[1]] } }, written)).rejects.toThrow(/with the key 'old'; add it to encryption.keys/) // prettier-ignore
  })
})
