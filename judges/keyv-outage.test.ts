import { createCache } from 'cache-manager'
import Keyv from 'keyv'
import Keyv6 from 'keyv-6'
import { expect } from 'vitest'
import { keyvStore } from '../src/adapters/keyv/index.js'
import { at, test as base } from '../test/support/caches.js'
import { rejection } from '../test/support/rejection.js'
import { unusable } from './support/unusable.js'

/** A cache whose server has gone silent. */
const test = base.extend('silent', async ({ ownServer, make }) => {
  const { cache } = make({
    cache: { location: at(ownServer), failSafe: true, readDeadline: 300, writeDeadline: 300, onError: () => {} },
  })
  await cache.get('key', { deadline: '30s' })
  ownServer.pause()
  return cache
})

test('an outage over Keyv 5: get is a miss without an event, a write gives false and the event, all else rejects', async ({
  silent,
}) => {
  const keyv = new Keyv({ store: keyvStore(silent) })
  const heard = errorsOf(keyv)
  expect([await keyv.get('key'), heard]).toEqual([undefined, []])
  for (const call of [() => keyv.get(['key']), () => keyv.has('key')])
    expect((await rejection(call())).error).toMatchObject({ code: unusable })
  expect([await keyv.set('key', 1), heard]).toEqual([false, [unusable]])
  expect([await keyv.delete('key'), heard]).toEqual([false, [unusable, unusable]])
})

test('an outage over Keyv 5 with throwOnErrors: each call rejects', async ({ silent }) => {
  const keyv = new Keyv({ store: keyvStore(silent), throwOnErrors: true })
  errorsOf(keyv)
  for (const call of [() => keyv.get('key'), () => keyv.set('key', 1), () => keyv.delete('key')])
    expect((await rejection(call())).error).toMatchObject({ code: unusable })
})

test('an outage over Keyv 6 with a listener: a read is a miss and an event', async ({ silent }) => {
  const keyv = new Keyv6({ store: keyvStore(silent, { keyv: 6 }) })
  const heard = errorsOf(keyv)
  expect([await keyv.get('key'), heard]).toEqual([undefined, [unusable]])
  expect([await keyv.set('key', 1), heard]).toEqual([false, [unusable, unusable]])
})

test('an outage over cache-manager: a read is a miss, a write looks as if it had worked', async ({ silent }) => {
  const manager = createCache({ stores: [new Keyv({ store: keyvStore(silent) })] })
  const entries = [{ key: 'key', value: 1 }]
  expect([await manager.get('key'), await manager.mget(['key', 'other'])]).toEqual([undefined, [undefined, undefined]])
  expect([await manager.set('key', 1), await manager.mset(entries)]).toEqual([1, entries])
  expect(await manager.del('key')).toBe(true)
})

/** The codes of the errors that a Keyv tells of. */
function errorsOf(keyv: { on(event: 'error', listener: (error: { code?: string }) => void): unknown }): unknown[] {
  const codes: unknown[] = []
  keyv.on('error', ({ code }) => codes.push(code))
  return codes
}
