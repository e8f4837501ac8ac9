import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import * as v from 'valibot'
import type { Cache } from '../../src/cache/cache.js'
import { MemoryClient } from '../../src/clients/memory/client.js'
import type { Codec, Opened } from '../../src/codec/codec.js'
import { jsonSerializer } from '../../src/codec/serializers/json.js'
import { TextCodec } from '../../src/codec/text-codec.js'
import { CacheError, CodecError, createCaches, type CacheOptions } from '../../src/index.js'
import { Reporter } from '../../src/telemetry/reporter.js'
import { cacheOver } from '../support/cache-over.js'
import { methods } from '../support/methods.js'

const unhandled: unknown[] = []
const note = (reason: unknown): void => void unhandled.push(reason)
beforeAll(() => void process.on('unhandledRejection', note))
beforeEach(() => void (unhandled.length = 0))
afterAll(() => void process.off('unhandledRejection', note))

/** Rejections that nobody took care of are told after the microtasks, and before the next turn but one. */
async function expectNothingUnhandled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
  expect(unhandled).toStrictEqual([])
}

/** Answers at once, later, or as a thenable, and fails in each of these ways, as its dice say. */
class MoodyCodec implements Codec {
  readonly reads = 'text'
  readonly bareNumbers = true
  readonly framed = false
  readonly #codec = new TextCodec(jsonSerializer, [])
  readonly #roll: () => number

  constructor(roll: () => number) {
    this.#roll = roll
  }

  encode(value: unknown): string {
    return this.#somehow(() => this.#codec.encode(value)) as string
  }

  encodeAbsence(): never {
    return this.#codec.encodeAbsence()
  }

  encodeMember(value: unknown): string {
    return this.#somehow(() => this.#codec.encodeMember(value)) as string
  }

  decode(stored: string): unknown {
    return this.#somehow(() => this.#codec.decode(stored))
  }

  open(stored: string): Opened {
    return { fields: {}, read: () => this.decode(stored), isAbsence: () => false }
  }

  #somehow<T>(work: () => T): unknown {
    const fail = (): never => {
      throw new CodecError('test', 'the dice say so')
    }
    const later = (then: () => T): Promise<T> =>
      new Promise((resolve, reject) => setImmediate(() => void Promise.resolve().then(then).then(resolve, reject)))
    const ways = [
      work,
      work,
      fail,
      () => later(work),
      () => later(fail),
      () => Promise.reject(new CodecError('test', 'at once')),
      // oxlint-disable-next-line unicorn/no-thenable -- codecs of users may give thenables
      () => ({ then: (kept: (value: T) => void, failed: (reason: unknown) => void) => later(fail).then(kept, failed) }),
    ]
    return (ways[this.#roll() % ways.length] as () => unknown)()
  }
}

describe.each([false, true])('with a codec that fails at random, and failSafe: %s', (failSafe) => {
  test('every method settles, with a typed error or a value, and nothing is left unhandled', async () => {
    const calls = Object.entries(methods).filter(([name]) => name !== 'use')
    const rounds = fc.array(fc.tuple(fc.nat(calls.length - 1), fc.infiniteStream(fc.nat(100))), { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(rounds, async (asked) => {
        unhandled.length = 0
        let dice: Iterator<number> = [][Symbol.iterator]()
        const cache = cacheOver({
          codec: new MoodyCodec(() => Number(dice.next().value ?? 0)),
          reporter: new Reporter({ now: () => 0 }, { onError: () => {} }),
          failSafe,
        })
        const outcomes = asked.map(async ([index, rolls]) => {
          dice = rolls[Symbol.iterator]()
          const [name, kinds] = calls[index] as (typeof calls)[number]
          return settle(
            cache,
            name,
            kinds.flatMap(({ good }) => widened(good)),
          )
        })
        for (const outcome of await Promise.all(outcomes))
          if (outcome instanceof Error)
            expect([CacheError, TypeError].some((kind) => outcome instanceof kind)).toBe(true)
        await expectNothingUnhandled()
        await cache.close()
      }),
      { numRuns: 60 },
    )
  })
})

/** Many of what stands alone, so that one of them can fail while others are on their way. */
function widened(good: unknown): [unknown] {
  if (!Array.isArray(good) || good.length !== 1) return [good]
  return [Array.isArray(good[0]) ? ['k', 'j', 'i'].map((key) => [key, key]) : ['k', 'j', 'i']]
}

async function settle(cache: Cache, name: string, args: readonly unknown[]): Promise<unknown> {
  const method = Reflect.get(cache, name) as (...given: readonly unknown[]) => unknown
  try {
    const result = Reflect.apply(method, cache, args)
    const walk = result as AsyncIterable<unknown>
    if (Symbol.asyncIterator in walk) for await (const one of walk) void one
    else return await result
  } catch (error) {
    return error
  }
  return undefined
}

test('one value that cannot be read among large ones that still are is one rejection', async () => {
  const client = new MemoryClient()
  const cacheOf = (codec: TextCodec): Cache => cacheOver({ client, codec })
  const writes = cacheOf(new TextCodec(jsonSerializer, []))
  await writes.setMany({ large: 'a', small: 'b' })
  await writes.hset('h', { large: 'a', small: 'b' })
  const reads = cacheOf(new FailsTwice())
  for (const read of [
    () => reads.getMany(['large', 'small']),
    () => reads.hmget('h', ['large', 'small']),
    () => reads.hvals('h'),
  ])
    await expect(read()).rejects.toBeInstanceOf(CodecError)
  await expectNothingUnhandled()
})

/** The first value is still on its way when the second fails. */
class FailsTwice extends TextCodec {
  constructor() {
    super(jsonSerializer, [])
  }

  override decode(stored: string): unknown {
    if (stored.includes('a'))
      return new Promise((_, reject) => setImmediate(() => reject(new CodecError('test', 'late'))))
    throw new CodecError('test', 'at once')
  }
}

test('a serializer that is async where it must not be is refused, and its rejection ends no process', async () => {
  const serialize = (): Promise<never> => Promise.reject(new Error('late'))
  const serializer = { name: 'late', serialize: serialize as never, deserialize: String }
  await using caches = createCaches({ cache: { location: 'memory://', serializer } })
  await expect(caches.cache.set('k', { a: 1 })).rejects.toBeInstanceOf(CodecError)
  await expectNothingUnhandled()
})

describe('a function that must answer at once and is async is refused, and its rejection ends no process', () => {
  const late = (() => Promise.reject(new Error('late'))) as never
  const way = { keyFunction: (key: string): string => `x${key}`, reverseKeyFunction: late }
  const key = (part: string): string => `a${part}`
  const asText = { name: 'text', serialize: () => 'text', deserialize: late }

  test.each<[name: string, options: CacheOptions, work: (cache: Cache) => unknown, code: string | undefined]>([
    ['keyFunction', { keyFunction: late }, (cache) => cache.get('k'), 'E_KEY'],
    ['keyFunction of a pattern', { keyFunction: late }, (cache) => cache.deletePattern('k*'), 'E_KEY'],
    ['keyFunction in a pipeline', { keyFunction: late }, (cache) => cache.pipeline((p) => [p.get('k')]), 'E_KEY'],
    ['keyFunction of a lock', { keyFunction: late }, (cache) => cache.lock('k').acquire(), 'E_KEY'],
    ['reverseKeyFunction', way, (cache) => cache.keys('*'), 'E_KEY'],
    ['a key of typed', {}, (cache) => cache.typed({ key: late, schema: v.number() }).getMany(['a', 'b']), 'E_KEY'],
    ['tags of typed', {}, (cache) => cache.typed({ key, schema: v.number(), tags: late }).set('a', 1), 'E_CONFIG'],
    ['a key of wrap', {}, (cache) => cache.wrap(String, { key: late })('a'), 'E_KEY'],
    ['tags of wrap', {}, (cache) => cache.wrap(String, { key: () => 'k', tags: late })('a'), 'E_CONFIG'],
    ['tags of setMany', {}, (cache) => cache.setMany({ a: 1, b: 2 }, { tags: late }), undefined],
    [
      'a ttl of a loader',
      {},
      (cache) => cache.getOrSet('b', ({ setTtl }) => setTtl((late as () => never)())),
      'E_CONFIG',
    ],
    ['deserialize', { serializer: asText }, (cache) => cache.get('k'), 'E_CODEC'],
    ['a ClientFactory', { client: late }, (cache) => cache.get('k'), 'E_CONFIG'],
    ['a PoolFactory', { location: 'valkey://127.0.0.1:1', pool: late }, (cache) => cache.get('k'), 'E_CONFIG'],
  ])('%s', async (_name, options, work, code) => {
    const run = async (): Promise<void> => {
      await using caches = createCaches({ cache: { location: 'memory://', format: 'framed', ...options } })
      await caches.cache.set('k', { a: 1 })
      await work(caches.cache)
    }
    const error: unknown = await run().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(code === undefined ? TypeError : CacheError)
    expect((error as Partial<CacheError>).code).toBe(code)
    await expectNothingUnhandled()
  })
})

test('what an async deserialize rejects with is loaded anew, as what a plain one throws', async () => {
  const serializer = { name: 'late', serialize: () => 'text', deserialize: () => Promise.reject(new Error('late')) }
  const onError = (): void => {}
  await using caches = createCaches({ cache: { location: 'memory://', serializer, onError } })
  await caches.cache.set('k', { a: 1 })
  expect(await caches.cache.getOrSet('k', () => 'new')).toBe('new')
  await expectNothingUnhandled()
})

test('typed.setMany refuses a bad key beside a bad value, once', async () => {
  await using caches = createCaches({ cache: { location: 'memory://' } })
  const typed = caches.cache.typed({ key: (part: string) => part, schema: v.number() })
  await expect(
    typed.setMany([
      ['ok', 'not a number' as never],
      ['', 2],
    ]),
  ).rejects.toMatchObject({ code: 'E_KEY' })
  await expectNothingUnhandled()
})

test('a memo that knows all keys refuses what the cache would refuse, once', async () => {
  await using caches = createCaches({ cache: { location: 'memory://' } })
  await caches.cache.set('a', 1)
  const memo = caches.cache.memo()
  await memo.get('a')
  await expect(memo.getOrSetMany(['a'], 'no loader' as never)).rejects.toBeInstanceOf(TypeError)
  await expect(memo.getOrSetMany(['a'], () => [], { singleFlight: 'fleet' })).rejects.toMatchObject({
    code: 'E_CONFIG',
  })
  await expectNothingUnhandled()
})

test('listeners, onError and loggers may be async and reject', async () => {
  const broken = (): unknown => Promise.reject(new Error('mine'))
  const warnings: Error[] = []
  const watch = (warning: Error): void => void warnings.push(warning)
  process.on('warning', watch)
  const reporter = new Reporter({ now: () => 0 }, { onError: broken, logger: { warn: broken, error: broken } })
  reporter.report('It failed', new Error('gone'), { kind: 'OUTAGE', cache: 'c', operation: 'get' })
  reporter.advise('SPLIT_BRAIN', 'look')
  await expectNothingUnhandled()
  process.off('warning', watch)
  expect(warnings).toHaveLength(3)
})
