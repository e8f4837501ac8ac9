import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isDue } from '../../src/codec/herd.js'
import { HerdCodec, type HerdCodecParts } from '../../src/codec/herd-codec.js'
import { resolveCodec, type CodecOptions } from '../../src/codec/options.js'
import { PlainCodec } from '../../src/codec/plain-codec.js'
import { PyHerdMarker, PyTuple, pickleSerializer } from '../../src/codec/serializers/pickle/index.js'
import herdVectors from '../interop/herd-vectors.json' with { type: 'json' }

const second = 1_000
const herdTimeout = 60 * second

describe('a value is due', () => {
  const timeout = fc.integer({ min: 1, max: 2 ** 40 })
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

  test('never up to its soft deadline', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 40 }), timeout, random, (early, ms, chance) => {
        expect(isDue(-early, ms, chance)).toBe(false)
      }),
    )
  })

  test('always once the herd timeout is over', () => {
    fc.assert(
      fc.property(timeout, random, (ms, chance) => {
        expect(isDue(ms, ms, chance)).toBe(true)
      }),
    )
  })

  test('as often as the share of the herd timeout that has gone by', () => {
    const chances = Array.from({ length: 1_000 }, (_, at) => at / 1_000)
    fc.assert(
      fc.property(timeout, fc.double({ min: 0, max: 1, noNaN: true }), (ms, share) => {
        const due = chances.filter((chance) => isDue(share * ms, ms, chance))
        expect(Math.abs(due.length - share * 1_000)).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('the more probably, the later it is', () => {
    fc.assert(
      fc.property(timeout, timeout, timeout, random, (ms, one, other, chance) => {
        const [earlier, later] = [Math.min(one, other), Math.max(one, other)]
        if (isDue(earlier, ms, chance)) expect(isDue(later, ms, chance)).toBe(true)
      }),
    )
  })

  test('at once where nothing is kept past its ttl', () => {
    expect([isDue(-1, 0, 0), isDue(0, 0, 0), isDue(1, 0, 0.999)]).toStrictEqual([false, false, true])
  })
})

describe('the tuple of django-valkey', () => {
  test('the vectors are there', () => {
    expect(herdVectors).toHaveLength(23)
  })

  const writable = herdVectors.filter(({ protocol, compressor }) => protocol >= 4 && compressor === 'none')
  test.for(writable)('has the bytes of HerdClient: $value by protocol $protocol', async (vector) => {
    const { value, protocol, now, timeout, bytes } = vector
    const codec = herdCodec({ pickleProtocol: protocol as 4 | 5 }, { now })
    const written = await codec.encode(value, 'k', undefined, { until: 0, ttl: timeout * second })
    expect(Buffer.from(written)).toStrictEqual(Buffer.from(bytes, 'base64'))
  })

  test('is compressed as a whole', async () => {
    const written = await herdCodec({ compressor: 'zlib' }).encode(7, 'k', undefined, { until: 0, ttl: second })
    expect(Buffer.from(written).readUInt16BE(0)).toBe(0x789c)
    expect(await herdCodec({ compressor: 'zlib' }).decode(written)).toBe(7)
  })

  test.for(herdVectors)(
    'is read from the bytes of HerdClient: $value by protocol $protocol, $compressor compressed',
    async (vector) => {
      const { value, compressor, now, timeout, bytes } = vector
      const stored = Buffer.from(bytes, 'base64')
      const readAt = (at: number, chance = 0.5): unknown =>
        herdCodec({ compressor: compressor as 'zlib' }, { now: at, chance }).decode(stored)
      const deadline = Math.floor(now / second) * second + timeout * second
      expect(await readAt(now)).toStrictEqual(value)
      expect(await readAt(deadline)).toStrictEqual(value)
      expect(await readAt(deadline + herdTimeout / 2)).toStrictEqual(value)
      expect(await readAt(deadline + herdTimeout / 2 + 1)).toBeUndefined()
      expect(await readAt(deadline + herdTimeout, 0.999)).toBeUndefined()
    },
  )

  test.for(['django_valkey.base_client', 'django_valkey.client.herd', 'django_redis.client.herd'])(
    'is read with the marker of %s, and written with that of the first',
    async (module) => {
      const bytes = pickleSerializer.serialize(PyTuple.of(new PyHerdMarker(), 'v', 2_000_000_000))
      const [from, to] = [named('django_valkey.base_client'), named(module)]
      const renamed = Buffer.from(bytes.toString('latin1').replace(from, to), 'latin1')
      const frame = renamed.subarray(0, 2)
      const unframed = Buffer.concat([frame, renamed.subarray(11)])
      expect(await herdCodec().decode(unframed)).toBe('v')
    },
  )

  test('has the deadline in whole seconds, as Python counts them, and a second for a part of one', async () => {
    const deadlineOf = async (now: number, ttl: number): Promise<unknown> => {
      const written = await herdCodec({}, { now }).encode('v', 'k', undefined, { until: 0, ttl })
      return (pickleSerializer.deserialize(Buffer.from(written)) as PyTuple)[2]
    }
    expect(await deadlineOf(1_700_000_000_000, 5_000)).toBe(1_700_000_005)
    expect(await deadlineOf(1_700_000_000_999, 5_000)).toBe(1_700_000_005)
    expect(await deadlineOf(1_700_000_000_000, 1)).toBe(1_700_000_001)
    expect(await deadlineOf(1_700_000_000_000, 1_001)).toBe(1_700_000_002)
    expect(await deadlineOf(1_700_000_000_000, 1e12)).toBe(2_700_000_000)
  })
})

describe('what is no tuple of a herd', () => {
  test.for<[what: string, value: unknown]>([
    ['a number', 7],
    ['text', 'text'],
    ['null', null],
    ['a tuple of three', PyTuple.of(1, 2, 3)],
    ['a marker alone', PyTuple.of(new PyHerdMarker(), 'v')],
    ['a deadline that is no number', PyTuple.of(new PyHerdMarker(), 'v', 'soon')],
  ])('is as any codec has it: %s', async ([, value]) => {
    const codec = herdCodec({}, { now: 0, chance: 0 })
    const plain = plainCodec()
    expect(await codec.encode(value, 'k')).toStrictEqual(await plain.encode(value))
    expect(await codec.decode(await plain.encode(value))).toStrictEqual(value)
  })

  test('is a value that is kept for ever, and a member of a set', async () => {
    const codec = herdCodec()
    expect(await codec.encode('v', 'k', undefined, { until: 0, ttl: 0 })).toStrictEqual(await plainCodec().encode('v'))
    expect(await codec.encodeMember('v')).toStrictEqual(await plainCodec().encodeMember('v'))
  })
})

test.for([undefined, (): void => {}, Symbol('s')])('what is no value is a TypeError: %s', (value) => {
  expect(() => herdCodec().encode(value, 'k', undefined, { until: 0, ttl: 1 })).toThrow(TypeError)
})

test('what is due is still given to whoever opens it', async () => {
  const written = await herdCodec({}, { now: 0 }).encode([1], 'k', undefined, { until: 0, ttl: 1 })
  const late = herdCodec({}, { now: 2 * herdTimeout })
  expect(await late.decode(written)).toBeUndefined()
  expect(await late.open(written).read()).toStrictEqual([1])
})

function plainCodec(options: CodecOptions = {}): PlainCodec {
  return new PlainCodec(resolveCodec({ serializer: 'pickle', ...options }, String))
}

function herdCodec(options: CodecOptions = {}, at: { now?: number; chance?: number } = {}): HerdCodec {
  const { now = 1_700_000_000_000, chance = 0.5 } = at
  const parts: HerdCodecParts = { herdTimeout, clock: { now: () => now }, random: () => chance }
  return new HerdCodec(plainCodec(options), parts)
}

/** The name of a module as a pickle has it. */
function named(module: string): string {
  return `${String.fromCharCode(module.length)}${module}`
}
