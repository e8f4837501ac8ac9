import { createHook } from 'node:async_hooks'
import { describe, expect, test } from 'vitest'
import { MemoryClient } from '../../src/clients/memory/client.js'
import { jsonSerializer } from '../../src/codec/serializers/json.js'
import { TextCodec } from '../../src/codec/text-codec.js'
import { isPromise, mapAll, settleAll } from '../../src/promises.js'
import { cacheOver } from '../support/cache-over.js'

const client = new MemoryClient()
const cache = cacheOver({ client, codec: new TextCodec(jsonSerializer, []), ttl: 60_000 })

/** How many promises are made while it runs; nothing else runs meanwhile. */
function promisesOf(work: () => Promise<unknown>): number {
  let made = 0
  const hook = createHook({ init: (_, type) => void (type === 'PROMISE' && made++) })
  hook.enable()
  const outcome = work()
  hook.disable()
  outcome.catch(() => {})
  return made
}

describe('over what its client makes, the cache makes', () => {
  const read = promisesOf(() => client.execute({ ...call('GET'), intent: 'read' }))

  test('one promise for a get', () => {
    expect(promisesOf(() => cache.get('k')) - read).toBeLessThanOrEqual(1)
  })

  test('none for a set, with options and without', () => {
    expect(promisesOf(() => cache.set('k', { a: 1 })) - read).toBeLessThanOrEqual(0)
    expect(promisesOf(() => cache.set('k', { a: 1 }, { ttl: '1m' })) - read).toBeLessThanOrEqual(0)
  })
})

function call(name: string): Parameters<typeof client.execute>[0] {
  return {
    name,
    intent: 'read',
    idempotent: true,
    keys: [':1:k'],
    args: [name, ':1:k'],
    decode: 'text',
    reply: (raw) => raw,
  }
}

describe('what is made together is settled together', () => {
  const later = (reason: string): Promise<never> =>
    new Promise((_, reject) => setImmediate(() => reject(new Error(reason))))

  test('the first error in order is thrown when all have settled', async () => {
    let settled = 0
    const slow = new Promise((resolve) => setImmediate(() => resolve(++settled)))
    await expect(settleAll([later('first'), Promise.reject(new Error('second')), slow])).rejects.toThrow('first')
    expect(settled).toBe(1)
  })

  test('what throws while others are made waits for them', async () => {
    const make = (one: number): Promise<never> => {
      if (one === 2) throw new Error('second')
      return later('first')
    }
    await expect(mapAll([1, 2, 3], make)).rejects.toThrow('first')
    expect(() => mapAll([2], make)).toThrow('second')
  })

  test('nothing is promised where nothing is awaited', () => {
    expect(mapAll([1, 2], (one) => one * 2)).toStrictEqual([2, 4])
    // oxlint-disable-next-line unicorn/no-thenable -- what users give may be one
    expect([isPromise({ then: () => {} }), isPromise({ then: 1 }), isPromise(null)]).toStrictEqual([true, false, false])
  })
})
