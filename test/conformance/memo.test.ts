import { describe, expect } from 'vitest'
import * as z from 'zod'
import type { Cache } from '../../src/index.js'
import { eventually } from '../../src/lab/index.js'
import { callsOf, test as base } from '../support/caches.js'
import { describeDeployments } from '../support/conformance.js'
import { controlledLoader } from '../support/controlled-loader.js'
import { rejection } from '../support/rejection.js'

const unwanted = (): never => {
  throw new Error('this loader is not wanted')
}

describeDeployments((test) => {
  test('a memo keeps what it has read, whatever others write meanwhile', async ({ cache }) => {
    await cache.setMany({ a: { n: 1 }, b: { n: 1 } })
    const memo = cache.memo()
    expect(await memo.get('a')).toStrictEqual({ n: 1 })
    expect(await memo.getOrSet('b', unwanted)).toStrictEqual({ n: 1 })
    expect(await memo.get('none')).toBeUndefined()
    await cache.setMany({ a: { n: 2 }, b: { n: 2 }, none: { n: 2 }, c: { n: 2 } })
    expect(await memo.get('a')).toStrictEqual({ n: 1 })
    expect(await memo.get('b')).toStrictEqual({ n: 1 })
    expect(await memo.get('none')).toBeUndefined()
    expect(await memo.getMany(['c', 'none', 'b', 'a'])).toStrictEqual(
      new Map([
        ['c', { n: 2 }],
        ['b', { n: 1 }],
        ['a', { n: 1 }],
      ]),
    )
    await cache.delete('c')
    expect(await memo.getOrSet('c', unwanted)).toStrictEqual({ n: 2 })
    expect(await cache.memo().get('a')).toStrictEqual({ n: 2 })
  })

  test('each reader gets an object of its own, which it may change', async ({ cache }) => {
    await cache.set('k', { list: [1] })
    const memo = cache.memo()
    const load = async (): Promise<{ list: number[] }> => ({ list: [1] })
    const read = (): Promise<{ list: number[] }>[] => [
      memo.get<{ list: number[] }>('k').then((value) => value as { list: number[] }),
      memo.getMany<{ list: number[] }>(['k']).then((found) => found.get('k') as { list: number[] }),
      memo.getOrSet('k', unwanted),
      memo.getOrSet('loaded', load),
    ]
    for (let round = 0; round < 3; round++) {
      for (const value of await Promise.all(read())) {
        expect(value).toStrictEqual({ list: [1] })
        value.list.push(2)
      }
    }
  })

  const writes: readonly [what: string, write: (memo: Cache) => Promise<unknown>, found: unknown][] = [
    ['set', (memo) => memo.set('k', 'new'), 'new'],
    ['setMany', (memo) => memo.setMany({ j: 1, k: 'new' }), 'new'],
    ['delete', (memo) => memo.delete('k'), undefined],
    ['deleteMany', (memo) => memo.deleteMany(['j', 'k']), undefined],
    ['deletePattern', (memo) => memo.deletePattern('k*'), undefined],
    ['clear', (memo) => memo.clear(), undefined],
    ['flushDb', (memo) => memo.flushDb(), undefined],
    ['expire', (memo) => memo.expire('k', 0), undefined],
    ['a pipeline', (memo) => memo.pipeline((p) => [p.set('k', 'new')]), 'new'],
    ['a command', (memo) => memo.command(['SET', 'k', '"new"'], { key: 1 }), 'new'],
    ['a typed cache', (memo) => memo.typed({ key: () => 'k', schema: z.string() }).set(0, 'new'), 'new'],
  ]
  test.for(writes)('what is written through a memo is seen at once: %s', async ([, write, found], { cache }) => {
    await cache.set('k', 'old')
    const memo = cache.memo()
    expect([await memo.get('k'), await memo.getOrSet('k', unwanted)]).toStrictEqual(['old', 'old'])
    await write(memo)
    expect(await memo.get('k')).toBe(found)
    expect(await memo.getOrSet('k', () => 'loaded')).toBe(found ?? 'loaded')
  })

  test('a read behind a write that is still being encoded waits for it', async ({ cacheWith }) => {
    const cache = cacheWith({ compressor: 'gzip' })
    const memo = cache.memo()
    await memo.get('k')
    const large = 'x'.repeat(100_000)
    const [, read] = await Promise.all([memo.set('k', large), memo.get('k')])
    expect(read === large).toBe(true)
  })

  test('what one memo has loaded is what it reads, and one loader runs for all memos', async ({ cache }) => {
    const [one, other] = [cache.memo(), cache.memo()]
    const load = controlledLoader()
    expect(await one.get('k')).toBeUndefined()
    const asked = [one, one, other, cache].map((each) => each.getOrSet('k', load.loader))
    await eventually(() => load.begun > 0)
    expect(await one.get('k')).toBeUndefined()
    load.finish({ loaded: true })
    expect(await Promise.all(asked)).toStrictEqual(asked.map(() => ({ loaded: true })))
    expect(load.begun).toBe(1)
    await cache.delete('k')
    expect(await one.get('k')).toStrictEqual({ loaded: true })
    expect(await one.getOrSet('k', unwanted)).toStrictEqual({ loaded: true })
    expect(await cache.get('k')).toBeUndefined()
  })

  test('errors are not remembered, and a caller who leaves takes nobody with him', async ({ cache }) => {
    const memo = cache.memo()
    await expect(memo.getOrSet('k', unwanted)).rejects.toThrow('not wanted')
    const load = controlledLoader()
    const { signal, abort } = leaving()
    const left = rejection(memo.getOrSet('k', load.loader, { signal }))
    await eventually(() => load.begun === 1)
    const stayed = memo.getOrSet('k', load.loader)
    abort()
    expect((await left).error).toBe(signal.reason)
    load.finish('loaded')
    expect(await stayed).toBe('loaded')
    await expect(memo.get('k', { signal })).rejects.toBe(signal.reason)
  })

  test('closing a memo ends nothing', async ({ cache }) => {
    await cache.set('k', 1)
    const memo = cache.memo()
    await memo.get('k')
    await cache.set('k', 2)
    await memo.close()
    memo.destroy()
    expect([await memo.get('k'), await cache.get('k')]).toStrictEqual([2, 2])
  })

  test('versions and keys that are alike are told apart', async ({ cache }) => {
    await cache.set(1, 'one')
    await cache.set('1', 'two', { version: 2 })
    const memo = cache.memo()
    expect(await memo.get('1', { version: 2 })).toBe('two')
    expect(await memo.getMany([1, '1'])).toStrictEqual(
      new Map<string | number, string>([
        [1, 'one'],
        ['1', 'one'],
      ]),
    )
    expect(await memo.getMany([])).toStrictEqual(new Map())
  })

  test('what is fresh once is so for all of a memo, and what is stale is given to who asks for it', async ({
    cacheWith,
  }) => {
    const cache = cacheWith({ grace: '1h' })
    await cache.set('short', 'value', { ttl: 300 })
    const memo = cache.memo()
    const first = await memo.get('short')
    await eventually(async () => (await cache.get('short')) === undefined)
    expect([await memo.get('short'), (await memo.getMany(['short'])).get('short')]).toStrictEqual([first, first])
    const late = cache.memo()
    expect([await late.get('short'), await late.get('short', { stale: true })]).toStrictEqual([undefined, 'value'])
    expect(await late.get('short')).toBeUndefined()
    let loads = 0
    const load = (): string => `load ${++loads}`
    const served = await late.getOrSet('short', load)
    expect(served).toBe('value')
    await eventually(async () => (await cache.get('short')) === 'load 1')
    expect([await late.getOrSet('short', load), await late.get('short'), loads]).toStrictEqual([served, served, 1])
  })

  test('a memo of a typed cache reads what the schema makes, once', async ({ cache }) => {
    const users = cache.typed({ key: (id: number) => `user:${id}`, schema: z.object({ since: z.coerce.date() }) })
    const memo = users.memo()
    const [first, same] = await Promise.all([1, 1].map((id) => memo.getOrSet(id, () => ({ since: 0 }))))
    expect([first, same]).toStrictEqual([{ since: new Date(0) }, { since: new Date(0) }])
    expect(first).not.toBe(same)
    await users.set(1, { since: 1 })
    expect(await memo.get(1)).toStrictEqual({ since: new Date(0) })
    await memo.set(1, { since: 2 })
    expect(await memo.getMany([1, 2])).toStrictEqual(new Map([[1, { since: new Date(2) }]]))
  })
})

describe('on a server', () => {
  const test = base.extend('reads', ({ server }) => async (): Promise<number> => {
    const calls = await Promise.all(['get', 'mget'].map((command) => callsOf(server, command)))
    return calls.reduce((sum, one) => sum + one)
  })

  test('a key is read once, by however many at a time', async ({ cache, reads }) => {
    await cache.setMany({ a: 1, b: { n: 2 } })
    const memo = cache.memo()
    const before = await reads()
    const readAll = (): Promise<unknown[]> =>
      Promise.all([memo.get('a'), memo.get('a'), memo.getMany(['a', 'b', 'none']), memo.get('b'), memo.get('none')])
    const expected = [1, 1, new Map<string, unknown>(Object.entries({ a: 1, b: { n: 2 } })), { n: 2 }, undefined]
    expect(await readAll()).toStrictEqual(expected)
    expect((await reads()) - before).toBe(2)
    expect(await readAll()).toStrictEqual(expected)
    expect([await memo.getOrSet('a', unwanted), await memo.getOrSet('b', unwanted)]).toStrictEqual([1, { n: 2 }])
    expect((await reads()) - before).toBe(2)
  })

  test('a write through a memo keeps what the cache was loading from being stored', async ({ cache }) => {
    const load = controlledLoader()
    const asked = cache.getOrSet('k', load.loader)
    await eventually(() => load.begun === 1)
    await cache.memo().delete('k')
    load.finish('old')
    expect(await asked).toBe('old')
    expect(await cache.get('k')).toBeUndefined()
  })

  test('takes no bad input', async ({ cache }) => {
    const memo = cache.memo()
    await memo.set('k', 1)
    await memo.get('k')
    for (const options of [{ tll: 5 }, { deadline: 'soon' }, 5] as never[])
      for (const call of [memo.get('k', options), memo.getMany(['k'], options), memo.getOrSet('k', unwanted, options)])
        await expect(call).rejects.toMatchObject({ code: 'E_CONFIG' })
    await expect(memo.get('')).rejects.toMatchObject({ code: 'E_KEY' })
    await expect(memo.getMany('k' as never)).rejects.toBeInstanceOf(TypeError)
  })
})

function leaving(): { readonly signal: AbortSignal; readonly abort: () => void } {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort(new Error('left')) }
}
