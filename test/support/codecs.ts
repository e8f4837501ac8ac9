import fc from 'fast-check'
import type { Codec } from '../../src/codec/codec.js'
import { createCodec } from '../../src/codec/create-codec.js'
import { resolveCodec, type CodecOptions } from '../../src/codec/options.js'

export function codecOf(options: CodecOptions = {}): Codec {
  return createCodec(resolveCodec(options, (option) => `caches.a.${option}`))
}

export const roundTrip = async (codec: Codec, value: unknown): Promise<unknown> =>
  codec.decode(await codec.encode(value, 'k'), 'k')

/** The bytes that are stored. */
export const stored = async (codec: Codec, value: unknown, key = 'k'): Promise<Buffer> =>
  Buffer.from(await codec.encode(value, key))

/** Whatever JSON can say: no -0 inside, but on its own it is one of our numbers. */
export const jsonValue: fc.Arbitrary<unknown> = fc
  .jsonValue()
  .map((value) => (typeof value === 'number' ? value : (JSON.parse(JSON.stringify(value)) as unknown)))
