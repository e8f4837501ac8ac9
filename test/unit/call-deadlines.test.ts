import { describe, expect } from 'vitest'
import type { CallOptions } from '../../src/clients/client.js'
import type { Call } from '../../src/clients/command.js'
import { loopClock } from '../../src/connection/deadlines.js'
import type { ErrorReply, Reply } from '../../src/connection/connection.js'
import type { Cache } from '../../src/index.js'
import { SwitchedClient } from '../support/switched-client.js'
import { test as base } from '../support/switched-caches.js'

/** The options of a call to the servers, and when it began. */
interface Noted {
  readonly options: CallOptions | undefined
  readonly begun: number
}

/** Notes the options of every call, and answers when the clock has moved on. It does not tell the servers' time unasked. */
class TimedClient extends SwitchedClient {
  /** What was asked when no reply had come yet, and what was asked later. */
  readonly first: Noted[] = []
  readonly later: Noted[] = []
  #replied = false

  override async execute<Out>(call: Call<Out>, options?: CallOptions): Promise<Out> {
    return this.#timed(options, () => super.execute(call, options))
  }

  override async batch(
    calls: readonly Call<unknown>[],
    options?: CallOptions,
  ): Promise<readonly (Reply | ErrorReply)[]> {
    return this.#timed(options, () => super.batch(calls, options))
  }

  forget(): void {
    this.#replied = false
    for (const noted of [this.first, this.later]) noted.length = 0
  }

  async #timed<Out>(options: CallOptions | undefined, run: () => Promise<Out>): Promise<Out> {
    const notes = this.#replied ? this.later : this.first
    const begun = loopClock.now()
    notes.push({ options, begun })
    while (loopClock.now() <= begun) await new Promise((resolve) => setImmediate(resolve))
    this.#replied = true
    return run()
  }
}

const deadline = 60_000
const { signal } = new AbortController()
const limits = { deadline, signal } as const

const test = base
  .extend('timed', () => new TimedClient())
  .extend('cache', ({ open, timed }) => open({ format: 'framed', ttl: '1h' }, timed))

describe('the deadline of a call is that of all that it asks, and so is its signal', () => {
  test.for<[what: string, call: (cache: Cache) => Promise<unknown>]>([
    ['get', (cache) => cache.get('k', limits)],
    ['get that names the tags', (cache) => cache.get('k', { tags: ['x'], ...limits })],
    ['get that names another', (cache) => cache.get('k', { tags: ['y'], ...limits })],
    ['get of a value without tags', (cache) => cache.get('untagged', limits)],
    ['getMany', (cache) => cache.getMany(['k', 'untagged'], limits)],
    ['getMany that names the tags', (cache) => cache.getMany(['k'], { tags: ['x'], ...limits })],
    ['pull', (cache) => cache.pull('k', limits)],
    ['set', (cache) => cache.set('k', 2, { tags: ['x'], ...limits })],
    ['has', (cache) => cache.has('k', limits)],
    ['touch', (cache) => cache.touch('k', limits)],
    ['xx', (cache) => cache.set('k', 2, { xx: true, ...limits })],
    ['add', (cache) => cache.add('k', 2, limits)],
    ['incrVersion', (cache) => cache.incrVersion('k', 1, limits)],
    ['incr of what has a fraction', (cache) => cache.incr('n', 1, { create: true, ...limits })],
    ['a pipeline', (cache) => cache.pipeline((line) => [line.get('k'), line.has('k'), line.getMany(['k'])], limits)],
    ['a pipeline that writes tags', (cache) => cache.pipeline((line) => [line.set('k', 2, { tags: ['x'] })], limits)],
  ])('%s', async ([, call], { cache, timed }) => {
    await cache.set('k', { n: 1 }, { tags: ['x'] })
    await cache.set('untagged', { n: 1 }, { grace: '1h' })
    await cache.set('n', 0.5)
    await cache.invalidateTags(['y'], { soft: '1h' })
    await expectLimited(timed, () => call(cache))
  })

  test('expire in a herd cache of compressed pickles', async ({ open, timed }) => {
    const cache = open({ herd: true, serializer: 'pickle', compressor: 'zlib' }, timed)
    await cache.set('k', 'text', { ttl: '1h' })
    await expectLimited(timed, () => cache.expire('k', '2h', limits))
  })
})

/** Every call has the signal of the first, and once a reply has come what is left of its time, neither more nor less. */
async function expectLimited(timed: TimedClient, call: () => Promise<unknown>): Promise<void> {
  timed.forget()
  const end = loopClock.now() + deadline
  await call()
  expect([timed.first, timed.later].map(({ length }) => length > 0)).toStrictEqual([true, true])
  for (const { options } of [...timed.first, ...timed.later]) expect(options?.signal).toBe(signal)
  for (const { options, begun } of timed.later) {
    expect(options?.deadline).toBeLessThan(deadline)
    expect(begun + Number(options?.deadline)).toBeGreaterThanOrEqual(end)
  }
}
