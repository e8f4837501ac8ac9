import { expect } from 'vitest'
import type { Cache } from '../../src/index.js'
import { at } from '../support/caches.js'
import { test as base, type Python } from '../support/python.js'

const test = base.extend('shop', ({ server, make }): Cache => {
  return make({ shop: { location: at(server), prefix: 'shop', version: 2 } }).shop
})

/** The same lock there, under the name `lock`. */
async function pythonLock(python: Python, options: string): Promise<void> {
  await python(`lock = cache(prefix='shop', version=2).lock('job', ${options}); 0`)
}

test('held by Python it excludes us, until Python releases it', async ({ python, shop }) => {
  await pythonLock(python, 'timeout=30')
  expect(await python('lock.acquire(blocking=False)')).toBe('True')
  const lock = shop.lock('job', { wait: '20s' })
  expect(await lock.tryAcquire()).toBe(false)
  expect(await lock.locked()).toBe(true)
  expect(await lock.owned()).toBe(false)
  const acquiring = lock.acquire()
  await python('lock.release()')
  await acquiring
  expect(await lock.owned()).toBe(true)
  expect(await python('lock.owned(), lock.locked()')).toBe('(False, True)')
})

test('held by us it excludes Python, until we release it', async ({ python, shop }) => {
  await pythonLock(python, 'timeout=30, sleep=0.01')
  const lock = await shop.lock('job').acquire()
  expect(await python('lock.acquire(blocking=False)')).toBe('False')
  const acquiring = python('lock.acquire(blocking_timeout=20)')
  await lock.release()
  expect(await acquiring).toBe('True')
  expect(await shop.lock('job').tryAcquire()).toBe(false)
})

test('is not released by the other side', async ({ python, shop }) => {
  await pythonLock(python, 'timeout=30')
  const lock = await shop.lock('job').acquire()
  await expect(python(`lock.local.token = b'not ours'; lock.release()`)).rejects.toThrow('LockNotOwnedError')
  expect(await lock.owned()).toBe(true)
  await shop.delete('job')
  await python('lock.acquire(blocking=False)')
  await expect(lock.release()).rejects.toMatchObject({ code: 'E_LOCK_NOT_OWNED' })
  expect(await python('lock.owned()')).toBe('True')
})

test('of Python that ran out is ours, and Python learns it', async ({ python, shop }) => {
  await pythonLock(python, 'timeout=0.05')
  await python('lock.acquire(blocking=False)')
  await using lock = await shop.lock('job', { wait: '20s' }).acquire()
  await expect(python('lock.extend(30)')).rejects.toThrow('LockNotOwnedError')
  await expect(python('lock.release()')).rejects.toThrow('LockNotOwnedError')
  expect(await lock.owned()).toBe(true)
})

test('keeps its time, as seconds there and milliseconds here', async ({ python, shop }) => {
  await pythonLock(python, 'timeout=30')
  await python('lock.acquire(blocking=False)')
  expect(await shop.ttl('job')).toBeLessThanOrEqual(30_000)
  await python('lock.extend(60), lock.release()')
  const lock = await shop.lock('job', { ttl: '30s' }).acquire()
  await lock.extend('60s')
  expect(Number(await python(`cache(prefix='shop', version=2).pttl('job')`))).toBeGreaterThan(80_000)
})

test('is that of django-redis', async ({ python, shop }) => {
  const lock = await shop.lock('job').acquire()
  expect(await python(`caches['json'].lock('job', timeout=30).acquire(blocking=False)`)).toBe('False')
  await lock.release()
  expect(await python(`caches['json'].lock('job', timeout=30).acquire(blocking=False)`)).toBe('True')
  expect(await lock.tryAcquire()).toBe(false)
})

test('lets one in at a time, whoever comes', async ({ python, shop }) => {
  await pythonLock(python, 'timeout=30, sleep=0.001')
  await shop.set('n', 0, { ttl: null })
  const theirs = python(`
def step():
    with lock:
        seen = cache(prefix='shop', version=2).get('n')
        cache(prefix='shop', version=2).set('n', seen + 1)
[step() for _ in range(50)][-1]`)
  const ours = Array.from({ length: 50 }, () =>
    shop.lock('job', { wait: '30s' }).run(async () => shop.set('n', Number(await shop.get('n')) + 1)),
  )
  await Promise.all([theirs, ...ours])
  expect(await shop.get('n')).toBe(100)
})
