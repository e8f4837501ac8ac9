import { afterEach, expect, test } from 'vitest'
import { jsonSerializer } from '../../src/codec/serializers/json.js'
import { TextCodec } from '../../src/codec/text-codec.js'
import { CodecError } from '../../src/errors.js'
import { cacheOver } from '../support/cache-over.js'

/** Takes its time with texts, as with large values that are compressed elsewhere. */
class SlowCodec extends TextCodec {
  override encode(value: unknown): string {
    return (typeof value === 'string' ? this.#later(value) : super.encode(value)) as string
  }

  override encodeMember(value: unknown): string {
    return (typeof value === 'string' ? this.#later(value) : super.encodeMember(value)) as string
  }

  override decode(stored: string): unknown {
    return stored.startsWith('"')
      ? new Promise((resolve) => setImmediate(() => resolve(super.decode(stored))))
      : super.decode(stored)
  }

  #later(value: string): Promise<string> {
    return new Promise((resolve, reject) =>
      setImmediate(() => (value === 'bad' ? reject(new CodecError('encode', 'no')) : resolve(super.encode(value)))),
    )
  }
}

const cache = cacheOver({ codec: new SlowCodec(jsonSerializer, []) })
afterEach(() => cache.clear())

test('a pipeline keeps its order while values are still being encoded', async () => {
  const results = await cache.pipeline((pipeline) => [
    pipeline.set('k', 1),
    pipeline.set('k', 'two'),
    pipeline.get('k'),
    pipeline.setMany({ k: 'three', j: 4 }),
    pipeline.getMany(['k', 'j']),
    pipeline.set('k', 5),
    pipeline.get('k'),
    pipeline.sadd('s', ['a', 1]),
    pipeline.scard('s'),
    pipeline.hset('h', { a: 'x', b: 2 }),
    pipeline.hgetall('h'),
    pipeline.add('k', 'six'),
    pipeline.set('k', 'seven', { ttl: 0 }),
    pipeline.has('k'),
  ])
  expect(results).toStrictEqual([
    true,
    true,
    'two',
    [],
    new Map<string, unknown>([
      ['k', 'three'],
      ['j', 4],
    ]),
    true,
    5,
    2,
    2,
    2,
    new Map<string, unknown>([
      ['a', 'x'],
      ['b', 2],
    ]),
    false,
    true,
    false,
  ])
})

test('a pipeline sends nothing when a value turns out to be none later', async () => {
  const run = cache.pipeline((pipeline) => [pipeline.set('a', 1), pipeline.set('b', 'bad'), pipeline.sadd('s', ['x'])])
  await expect(run).rejects.toBeInstanceOf(CodecError)
  await expect(cache.setMany({ a: 1, b: 'bad' })).rejects.toBeInstanceOf(CodecError)
  expect(await cache.keys('*')).toStrictEqual([])
})

test('values that take their time come as others do', async () => {
  await cache.setMany({ a: 'x', b: 1 })
  expect(await cache.get('a')).toBe('x')
  expect(await cache.getMany(['a', 'b'])).toStrictEqual(
    new Map<string, unknown>([
      ['a', 'x'],
      ['b', 1],
    ]),
  )
  await cache.sadd('s', ['x', 2])
  expect(new Set(await cache.smembers('s'))).toStrictEqual(new Set(['x', 2]))
  expect(await cache.smismember('s', ['x', 'y'])).toStrictEqual([true, false])
})
