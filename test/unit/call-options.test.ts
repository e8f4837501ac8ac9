import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { ConfigurationError, createCaches, UnsupportedError, type Cache } from '../../src/index.js'
import { rejection } from '../support/rejection.js'

const caches = createCaches({
  plain: { location: 'memory://' },
  safe: { location: 'memory://', failSafe: true },
  bare: { location: 'memory://', keyFunction: (key: string) => key },
  tagged: { location: 'memory://', keyFunction: (key: string) => `app:${key}` },
  unprefixed: { location: 'memory://', prefix: 'app', keyFunction: (key: string) => `x:${key}` },
  prefixed: { location: 'memory://', prefix: '*app', keyFunction: (key: string, prefix: string) => `${prefix}:${key}` },
})
const cache = caches.plain
beforeEach(() => cache.flushDb())
afterAll(() => caches.close())

/** What a caller without types may write, with the path and a part of the message that refuse it. */
const mistakes: readonly [code: string, call: (cache: Cache) => unknown, path: string, advice: string][] = [
  ["set('k', 1, 60_000)", (one) => one.set('k', 1, 60_000 as never), 'set()', '{ ttl: 60000 }'],
  ["set('k', 1, '1s')", (one) => one.set('k', 1, '1s' as never), 'set()', "{ ttl: '1s' }"],
  ["set('k', 1, null)", (one) => one.set('k', 1, null as never), 'set()', 'an object of options'],
  ['set: a Date', (one) => one.set('k', 1, new Date() as never), 'set()', 'an object of options, got a Date'],
  ['get: a Map', (one) => one.get('k', new Map() as never), 'get()', 'an object of options, got a Map'],
  ['set: tll', (one) => one.set('k', 1, { tll: 5 } as never), 'set().tll', 'did you mean ttl?'],
  ['set: timeout', (one) => one.set('k', 1, { timeout: 60 } as never), 'set().timeout', 'did you mean ttl?'],
  ['get: timeout', (one) => one.get('k', { timeout: 60 } as never), 'get().timeout', 'did you mean deadline?'],
  ['set: readFrom', (one) => one.set('k', 1, { readFrom: 'primary' } as never), 'set().readFrom', 'unknown option'],
  ['set: nx', (one) => one.set('k', 1, { nx: 1 as never }), 'set().nx', 'true or false'],
  ['add: nx', (one) => one.add('k', 1, { nx: true } as never), 'add().nx', 'unknown option'],
  ['get: readFrom', (one) => one.get('k', { readFrom: 'slave' as never }), 'get().readFrom', "'replica'"],
  ['get: readform', (one) => one.get('k', { readform: 'any' } as never), 'get().readform', 'did you mean readFrom?'],
  ['getMany: []', (one) => one.getMany([], { wrong: 1 } as never), 'getMany().wrong', 'unknown option'],
  ['getMany: signal', (one) => one.getMany(['k'], { signal: 1 as never }), 'getMany().signal', 'an AbortSignal'],
  ['incr: ttl', (one) => one.incr('k', 1, { ttl: '10s' }), 'incr().ttl', 'create'],
  ['keys: count', (one) => one.keys('*', { count: 5 } as never), 'keys().count', 'did you mean batch?'],
  ['iterKeys: batch', (one) => one.iterKeys('*', { batch: '5' as never }).next(), 'iterKeys().batch', 'whole number'],
  ['zrevrange: rev', (one) => one.zrevrange('k', 0, 1, { rev: true } as never), 'zrevrange().rev', 'unknown option'],
  ['attemptTimeout', (one) => one.ttl('k', { attemptTimeout: 0 }), 'ttl().attemptTimeout', 'more than 0'],
  ['ping: version', (one) => one.ping({ deadlin: 5 } as never), 'ping().deadlin', 'did you mean deadline?'],
  ['flushDb', (one) => one.flushDb('now' as never), 'flushDb()', 'an object of options'],
  ['clear', (one) => one.clear({ prefix: 'x' } as never), 'clear().prefix', 'unknown option'],
  ['command', (one) => one.command(['GET', 'k'], { decode: 'json' as never }), 'command().decode', "'buffer'"],
  ['get: a signal', (one) => one.get('k', AbortSignal.timeout(1) as never), 'get().aborted', 'unknown option'],
  ['pipeline', (one) => one.pipeline((p) => [p.set('k', 1, 5 as never)]), 'set()', '{ ttl: 5 }'],
]

describe.each(['plain', 'safe'] as const)('a %s cache refuses an option that its method does not take', (name) => {
  test.for(mistakes)('%s', async ([, call, path, advice]) => {
    const { error } = await rejection(call(caches[name]) as Promise<unknown>)
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error).toMatchObject({ path })
    expect((error as Error).message).toContain(advice)
  })
})

test('lock() throws at once', () => {
  expect(() => cache.lock('k', { autoextend: true } as never)).toThrow(/lock\(\)\.autoextend: .*autoExtend/)
  expect(() => cache.makeKey('k', 2 as never)).toThrow(ConfigurationError)
})

test.for<[what: string, options: unknown, path: string]>([
  ['a name that there is not', { replac: true }, 'lock.extend().replac'],
  ["valkey-py's second argument", true, 'lock.extend()'],
  ['a value of a wrong kind', { replace: 1 }, 'lock.extend().replace'],
])('extend() of a lock refuses %s', async ([, options, path]) => {
  const lock = await cache.lock('extended').acquire()
  await expect(lock.extend(1_000, options as never)).rejects.toMatchObject({ code: 'E_CONFIG', path })
  await lock.release()
})

test.for<[what: string, call: () => unknown]>([
  ['pipeline', () => cache.pipeline(undefined as never)],
  ['run', () => cache.lock('unrun').run(undefined as never)],
  ['use', () => cache.use(undefined as never)],
])('%s says that it takes a function', async ([name, call]) => {
  const { error } = await rejection(call() as Promise<unknown>)
  expect(error).toStrictEqual(new TypeError(`${name} takes a function, got undefined.`))
  expect(await cache.lock('unrun').locked()).toBe(false)
})

test('an argument of a command is no half of a surrogate pair, which the server would take for any other half', async () => {
  const { error } = await rejection(cache.command(['SET', 'a\ud800', 1]))
  expect(String(error)).toBe('TypeError: Argument 1 of a command has half a surrogate pair.')
})

test('an option that is undefined is absent', async () => {
  const absent = { ttl: undefined, nx: undefined, signal: undefined, deadline: undefined, version: undefined }
  expect(await cache.set('k', 1, absent)).toBe(true)
  expect(await cache.ttl('k')).toBeGreaterThan(0)
})

describe('incr with create and a ttl', () => {
  test('starts the ttl with the number and never again', async () => {
    expect(await cache.incr('n', 2, { create: true, ttl: '1h' })).toBe(2)
    expect(await cache.expire('n', '1m')).toBe(true)
    expect(await cache.decr('n', 0.5, { create: true, ttl: '1h' })).toBe(1.5)
    expect(await cache.ttl('n')).toBeLessThanOrEqual(60_000)
  })

  test('keeps nothing when the ttl is over', async () => {
    expect(await cache.incr('n', 2, { create: true, ttl: 0 })).toBe(2)
    expect(await cache.has('n')).toBe(false)
  })
})

describe('clear', () => {
  test.for(['bare', 'unprefixed'] as const)('is refused where keys are made without a beginning: %s', async (name) => {
    await caches[name].set('k', 1)
    const { error } = await rejection(caches[name].clear())
    expect(error).toBeInstanceOf(UnsupportedError)
    expect((error as Error).message).toContain('deletePattern')
    expect(await caches[name].get('k')).toBe(1)
  })

  test.for(['tagged', 'prefixed'] as const)('works where they have one: %s', async (name) => {
    await caches[name].set('k', 1)
    expect(await caches[name].clear()).toBe(1)
  })
})

test.for([['WAIT', 1, 500] as const, ['waitaof', 1, 1, 500] as const])(
  'command(%s) says what to use',
  async (words) => {
    const { error } = await rejection(cache.command(words))
    expect(error).toBeInstanceOf(UnsupportedError)
    expect((error as Error).message).toMatch(/cache\.use\(\).*minReplicas/)
  },
)

describe('an async build of a pipeline', () => {
  test('is waited for', async () => {
    const [, name] = await cache.pipeline(async (pipeline) => {
      const value = await Promise.resolve('Ada')
      return [pipeline.set('name', value), pipeline.get<string>('name')]
    })
    expect(name).toBe('Ada')
  })

  test('that waits for an operation of its own ends at the deadline', async () => {
    const waiting = cache.pipeline(
      async (pipeline) => {
        await pipeline.set('k', 1)
        return []
      },
      { deadline: 20 },
    )
    await expect(waiting).rejects.toMatchObject({ code: 'E_TIMEOUT', sent: false })
    expect(await cache.has('k')).toBe(false)
  })

  test('that fails sends nothing, and leaves nothing unhandled', async () => {
    const failing = cache.pipeline(async (pipeline) => {
      void pipeline.set('k', 1)
      await Promise.resolve()
      throw new RangeError('mine')
    })
    await expect(failing).rejects.toThrow(RangeError)
    expect(await cache.has('k')).toBe(false)
  })
})
