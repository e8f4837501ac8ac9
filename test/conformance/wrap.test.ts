import { expect } from 'vitest'
import * as z from 'zod'
import { ConfigurationError, SchemaError, type Cache } from '../../src/index.js'
import { describeDeployments } from '../support/conformance.js'

describeDeployments((test) => {
  test('a wrapped function runs once for arguments that make the same key', async ({ cache }) => {
    let calls = 0
    const add = async (a: number, b = 0): Promise<object> => ({ sum: a + b, call: ++calls })
    const sum = cache.wrap(add, { key: (a, b = 0) => `sum:${a}:${b}`, ttl: '1m' })
    expect(await Promise.all([sum(1, 2), sum(1, 2), sum(1)])).toStrictEqual([
      { sum: 3, call: expect.any(Number) as number },
      { sum: 3, call: expect.any(Number) as number },
      { sum: 1, call: expect.any(Number) as number },
    ])
    await sum(1, 2)
    expect(calls).toBe(2)
    expect(await cache.get('sum:1:2')).toMatchObject({ sum: 3 })
    expect(await cache.ttl('sum:1:2')).toBeLessThanOrEqual(60_000)
    await cache.delete('sum:1:2')
    await sum(1, 2)
    expect(calls).toBe(3)
  })

  test('this is passed on, to the key as well', async ({ cache }) => {
    class Shop {
      readonly name: string
      constructor(name: string) {
        this.name = name
      }
      readonly price = cache.wrap(priceIn, { key: keyIn })
    }
    function priceIn(this: Shop, item: string): string {
      return `${item} at ${this.name}`
    }
    function keyIn(this: Shop, item: string): string {
      return `${this.name}:${item}`
    }
    const [main, side] = [new Shop('main'), new Shop('side')]
    expect([await main.price('tea'), await side.price('tea')]).toStrictEqual(['tea at main', 'tea at side'])
    expect(await cache.get('side:tea')).toBe('tea at side')
  })

  test('errors reach the caller, and the next call tries again', async ({ cache }) => {
    let calls = 0
    const flaky = cache.wrap(
      () => {
        if (++calls === 1) throw new Error('not yet')
        return 'there'
      },
      { key: () => 'k' },
    )
    await expect(flaky()).rejects.toThrow('not yet')
    expect(await flaky()).toBe('there')
    const lost = cache.wrap((id: number) => id, { key: () => '' })
    await expect(lost(1)).rejects.toMatchObject({ code: 'E_KEY' })
    const broken = cache.wrap((id: number) => id, {
      key: () => {
        throw new Error('no key')
      },
    })
    await expect(broken(1)).rejects.toThrow('no key')
  })

  test('what cannot be wrapped is refused at once', ({ cache }) => {
    const key = (): string => 'k'
    const wrapAny = cache.wrap.bind(cache) as (...given: unknown[]) => unknown
    for (const options of [
      undefined,
      {},
      { key: 'k' },
      { key: null },
      { key, tll: 5 },
      { key, ttl: 'soon' },
      { key, grace: 'soon' },
      { key, signal: AbortSignal.abort() },
    ])
      expect(() => wrapAny(() => 1, options)).toThrow(ConfigurationError)
    expect(() => wrapAny(() => 1, {})).toThrow(/^wrap\(\)\.key: /)
    for (const fn of [undefined, null, 'text', {}]) expect(() => wrapAny(fn, { key })).toThrow(TypeError)
  })

  test('of a typed cache: the argument makes the key, and the schema the result', async ({ cache }) => {
    const users = usersOf(cache)
    let calls = 0
    const find = users.wrap(async (id: number) => (id === 0 ? undefined : { since: id, call: ++calls }), { ttl: '1m' })
    expect(await Promise.all([find(1), find(1)])).toStrictEqual([{ since: new Date(1) }, { since: new Date(1) }])
    expect([await find(1), calls]).toStrictEqual([{ since: new Date(1) }, 1])
    expect(await find(0)).toBeUndefined()
    expect(await cache.get('user:1')).toMatchObject({ since: 1 })
    const wrong = users.wrap(async (): Promise<{ since: number }> => ({ since: 'never' }) as never)
    await expect(wrong(2)).rejects.toBeInstanceOf(SchemaError)
    expect(() => users.wrap(find, { key: () => 'k' } as never)).toThrow(ConfigurationError)
    expect(() => users.wrap('text' as never)).toThrow(TypeError)
  })

  test('through a memo: the function is asked for once, also when the value is not kept', async ({ cache }) => {
    let calls = 0
    const memo = cache.memo()
    const once = memo.wrap(() => ({ call: ++calls }), { key: () => 'k', ttl: 0 })
    expect([await once(), await once(), await cache.get('k')]).toStrictEqual([{ call: 1 }, { call: 1 }, undefined])
  })
})

// oxlint-disable-next-line typescript/explicit-function-return-type -- the schema's types are inferred
function usersOf(cache: Cache) {
  return cache.typed({ key: (id: number) => `user:${id}`, schema: z.object({ since: z.coerce.date() }) })
}
