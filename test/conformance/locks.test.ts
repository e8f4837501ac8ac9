import { describe, expect } from 'vitest'
import {
  ConfigurationError,
  createCaches,
  KeyError,
  LockNotAcquiredError,
  LockNotOwnedError,
  type Cache,
  type CacheOptions,
  type LockOptions,
} from '../../src/index.js'
import { eventually } from '../../src/lab/index.js'
import { test as base } from '../support/caches.js'
import { deployments } from '../support/deployments.js'
import { Stopwatch } from '../support/stopwatch.js'

/** Each deployment is made once, by the first test that needs it. */
const deployed = new Map<string, Promise<CacheOptions>>()

describe.each(deployments)('a lock on %s', (name, deploy) => {
  const test = base.extend('cache', async ({ lab }, { onCleanup }): Promise<Cache> => {
    if (!deployed.has(name)) deployed.set(name, deploy(lab))
    const { cache } = createCaches({ cache: { ...(await deployed.get(name)), ttl: '1m' } })
    onCleanup(async () => {
      await cache.deleteMany(['job', 'other', 7])
      await cache.close()
    })
    return cache
  })

  test('excludes others until it is released', async ({ cache }) => {
    const [mine, yours] = [cache.lock('job'), cache.lock('job', { wait: 0 })]
    expect(await mine.acquire()).toBe(mine)
    expect([await mine.owned(), await yours.owned(), await yours.locked()]).toStrictEqual([true, false, true])
    await expect(yours.acquire()).rejects.toMatchObject({
      name: 'LockNotAcquiredError',
      code: 'E_LOCK_NOT_ACQUIRED',
      key: 'job',
      retryable: true,
    })
    expect(await yours.tryAcquire()).toBe(false)
    await mine.release()
    expect([await mine.owned(), await mine.locked()]).toStrictEqual([false, false])
    expect(await yours.tryAcquire()).toBe(true)
    await yours.release()
  })

  test('lets one in at a time, and everybody in the end', async ({ cache }) => {
    let [inside, most, count] = [0, 0, 0]
    const enter = async (): Promise<void> => {
      await using lock = await cache.lock('job', { wait: '30s' }).acquire()
      expect(lock.signal.aborted).toBe(false)
      most = Math.max(most, ++inside)
      await new Promise((resolve) => setImmediate(resolve))
      inside--
      count++
    }
    await Promise.all(Array.from({ length: 20 }, enter))
    expect([most, count]).toStrictEqual([1, 20])
    expect(await cache.lock('job').locked()).toBe(false)
  })

  test('ends by its ttl, and says so', async ({ cache }) => {
    const short = cache.lock('job', { ttl: 50 })
    await short.acquire()
    await cache.lock('job').acquire()
    await eventually(() => short.signal.aborted)
    expect(short.signal.reason).toBeInstanceOf(LockNotOwnedError)
    expect(await short.owned()).toBe(false)
    for (const call of [short.extend(50), short.reacquire(), short.release()])
      await expect(call).rejects.toBeInstanceOf(LockNotOwnedError)
    expect(await cache.lock('job').locked()).toBe(true)
  })

  test('is held for 30 s, for as long as it says, or until it is released', async ({ cache }) => {
    const options: readonly LockOptions[] = [{}, { ttl: '1m' }, { ttl: 20_000.5 }, { ttl: null }]
    const left: (number | null | undefined)[] = []
    for (const one of options) {
      await using _ = await cache.lock('job', one).acquire()
      left.push(await cache.ttl('job', { readFrom: 'primary' }))
    }
    expectWithin(left[0], 30_000)
    expectWithin(left[1], 60_000)
    expectWithin(left[2], 20_001)
    expect(left[3]).toBeNull()
  })

  test('is extended by a time, to a time, or to its ttl', async ({ cache }) => {
    const ttl = (): Promise<number | null | undefined> => cache.ttl('job', { readFrom: 'primary' })
    await using lock = await cache.lock('job', { ttl: '10s' }).acquire()
    await lock.extend('20s')
    expectWithin(await ttl(), 30_000)
    await lock.extend('5s', { replace: true })
    expectWithin(await ttl(), 5_000)
    await lock.reacquire()
    expectWithin(await ttl(), 10_000)
  })

  test('that has no ttl cannot be extended, and is held all the same', async ({ cache }) => {
    await using lock = await cache.lock('job', { ttl: null }).acquire()
    await expect(lock.extend('1s')).rejects.toMatchObject({ name: 'LockError', code: 'E_LOCK' })
    await expect(lock.reacquire()).rejects.toMatchObject({ name: 'LockError', code: 'E_LOCK' })
    expect([await lock.owned(), lock.signal.aborted]).toStrictEqual([true, false])
  })

  test('is not held before acquire and after release, and can be taken again', async ({ cache }) => {
    const lock = cache.lock('job')
    for (let time = 1; time <= 2; time++) {
      for (const call of [lock.release(), lock.extend(1), lock.reacquire()])
        await expect(call).rejects.toBeInstanceOf(LockNotOwnedError)
      await lock.acquire()
      await lock.release()
      expect(lock.signal.aborted).toBe(false)
    }
    expect(cache.lock('job').signal).toMatchObject({ aborted: true, reason: { code: 'E_LOCK_NOT_OWNED' } })
  })

  test('is one holder: the same object cannot be taken twice', async ({ cache }) => {
    const lock = cache.lock('job')
    const first = lock.acquire()
    await expect(lock.acquire()).rejects.toMatchObject({ name: 'LockError', code: 'E_LOCK' })
    await first
    await expect(lock.tryAcquire()).rejects.toMatchObject({ name: 'LockError', code: 'E_LOCK' })
    await lock.release()
  })

  test('that was released while others wait goes to one of them', async ({ cache }) => {
    const mine = await cache.lock('job').acquire()
    const waiting = cache.lock('job').acquire()
    await mine.release()
    await (await waiting).release()
  })

  test('is waited for no longer than wait', async ({ cache }) => {
    await using _ = await cache.lock('job').acquire()
    using watch = new Stopwatch()
    const startedAt = performance.now()
    await expect(cache.lock('job', { wait: 100 }).acquire()).rejects.toBeInstanceOf(LockNotAcquiredError)
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(99)
    expect(watch.elapsed()).toBeLessThan(1_000)
  })

  test('leaves nothing behind when who waits for it gives up', async ({ cache }) => {
    const reason = new Error('had enough')
    const mine = await cache.lock('job').acquire()
    const leaves = new AbortController()
    const waiting = cache.lock('job', { wait: '1m', signal: leaves.signal }).acquire()
    leaves.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await mine.release()
    await expect(cache.lock('job', { signal: AbortSignal.abort(reason) }).acquire()).rejects.toBe(reason)
    expect(await mine.locked()).toBe(false)
  })

  test('gives numbers that grow from holder to holder', async ({ cache }) => {
    const fences: number[] = []
    for (let time = 0; time < 5; time++) {
      const lock = await cache.lock('job', { fence: true }).acquire()
      fences.push(lock.fence ?? NaN)
      expect(await cache.lock('job', { fence: true }).tryAcquire()).toBe(false)
      await lock.release()
      expect(lock.fence).toBeUndefined()
    }
    expect(fences.every((fence, index) => Number.isSafeInteger(fence) && fence > (fences[index - 1] ?? 0))).toBe(true)
    await using plain = await cache.lock('job').acquire()
    expect(plain.fence).toBeUndefined()
  })

  test('runs work, and is released however that ends', async ({ cache }) => {
    const lock = cache.lock('job', { fence: true })
    const seen = await lock.run(async ({ signal, fence }) => [signal.aborted, typeof fence, await lock.owned()])
    expect(seen).toStrictEqual([false, 'number', true])
    const failed = new Error('as it happens')
    const failing = lock.run(() => {
      throw failed
    })
    await expect(failing).rejects.toBe(failed)
    expect(await lock.locked()).toBe(false)
    expect(await lock.run((held) => held.release())).toBeUndefined()
  })

  test('that was lost while work went on is an error, and not in the place of its own', async ({ cache }) => {
    const steal = (): Promise<boolean> => cache.delete('job')
    await expect(cache.lock('job').run(steal)).rejects.toBeInstanceOf(LockNotOwnedError)
    const failed = new Error('as it happens')
    const failing = cache.lock('job').run(async () => {
      await steal()
      throw failed
    })
    await expect(failing).rejects.toBe(failed)
    const disposing = async (): Promise<void> => {
      await using _ = await cache.lock('job').acquire()
      await steal()
    }
    await expect(disposing()).rejects.toBeInstanceOf(LockNotOwnedError)
  })

  test('is told from others by its key and its version', async ({ cache }) => {
    await using _job = await cache.lock('job').acquire()
    await using _other = await cache.lock('other', { wait: 0 }).acquire()
    await using _second = await cache.lock('job', { wait: 0, version: 2 }).acquire()
    await using _seven = await cache.lock(7, { wait: 0 }).acquire()
    expect(await cache.has(7, { readFrom: 'primary' })).toBe(true)
  })

  test('keeps itself for as long as it is told to', async ({ cache }) => {
    // A machine that stands still for two thirds of the ttl loses the lock.
    await using lock = await cache.lock('job', { ttl: '2s', autoExtend: true }).acquire()
    const stolen = cache.lock('job', { wait: '2.5s' }).acquire()
    await expect(stolen).rejects.toBeInstanceOf(LockNotAcquiredError)
    expect([await lock.owned(), lock.signal.aborted]).toStrictEqual([true, false])
  })

  test('that was extended is not shortened when it renews itself', async ({ cache }) => {
    await using lock = await cache.lock('job', { ttl: '2s', autoExtend: true }).acquire()
    await lock.extend('1h')
    // It ends after the time in which the other renews itself.
    const control = await cache.lock('other', { ttl: '1s' }).acquire()
    await eventually(() => control.signal.aborted)
    expect(await cache.ttl('job', { readFrom: 'primary' })).toBeGreaterThan(3_000_000)
    expect([await lock.owned(), lock.signal.aborted]).toStrictEqual([true, false])
  })

  test('is refused with a clear error where it cannot be', async ({ cache }) => {
    const bad: readonly LockOptions[] = [
      { ttl: 0 },
      { ttl: -1 },
      { ttl: NaN },
      { ttl: '5 minutes' as '5m' },
      { wait: -1 },
      { wait: Infinity },
      { wait: null as unknown as number },
      { ttl: null, autoExtend: true },
      { deadline: '1' as '1s' },
    ]
    for (const options of bad) expect(() => cache.lock('job', options)).toThrow(ConfigurationError)
    expect(() => cache.lock('')).toThrow(KeyError)
    expect(() => cache.lock('job', { version: 1.5 })).toThrow(KeyError)
    await using lock = await cache.lock('job').acquire()
    for (const by of [0, -1, NaN, null as unknown as number])
      await expect(lock.extend(by)).rejects.toBeInstanceOf(ConfigurationError)
    expect(await lock.owned()).toBe(true)
  })
})

/** It is what was asked for, less the moment that has passed since: more than half of it is left, however busy the machine. */
function expectWithin(left: number | null | undefined, asked: number): void {
  expect(left).toBeLessThanOrEqual(asked)
  expect(left).toBeGreaterThan(asked / 2)
}
