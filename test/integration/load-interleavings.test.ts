import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { expect } from 'vitest'
import type { Cache, CacheOptions, Duration, GetOrSetOptions } from '../../src/index.js'
import { at, test } from '../support/caches.js'

/** Of all tests here. */
const interleavings = Number(process.env['VALKEY_CACHE_INTERLEAVINGS'] ?? 600)

/** One step, which the next does not wait for, and for how many turns of the loop the next one waits. */
interface Step {
  readonly what: 'load' | 'get' | 'set' | 'delete' | 'expire'
  readonly options: GetOrSetOptions
  /** How many turns the loader takes, and whether it fails then. */
  readonly takes: number
  readonly fails: boolean
  readonly pause: number
}

const turns = fc.constantFrom(0, 0, 1, 2, 5)
const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom('load', 'load', 'load', 'get', 'set', 'delete', 'expire'),
  options: fc.record(
    {
      ttl: fc.constantFrom<Duration[]>(1, '1m'),
      refresh: fc.boolean(),
      deadline: fc.constantFrom<Duration[]>(1, '1m'),
      onAbandon: fc.constantFrom('finish' as const, 'abort' as const),
      waitForWrite: fc.boolean(),
    },
    { requiredKeys: [] },
  ),
  takes: turns,
  fails: fc.constantFrom(false, false, false, true),
  pause: turns,
})

/**
 * The source of a key, and what was written of it. A write counts one up before it begins, as the database of an
 * application does; a loader gives the count that it finds when it begins.
 */
class Source {
  readonly #cache: Cache
  readonly #key: string
  #version = 0
  #acknowledged = 0

  constructor(cache: Cache, key: string) {
    this.#cache = cache
    this.#key = key
  }

  async run({ what, options, takes, fails }: Step): Promise<void> {
    const [cache, key] = [this.#cache, this.#key]
    if (what === 'load') return this.#check(cache.getOrSet(key, () => this.#load(takes, fails), options))
    if (what === 'get') return this.#check(cache.get<number>(key))
    if (what === 'expire') return void (await cache.expire(key, 1))
    const version = ++this.#version
    await (what === 'set' ? cache.set(key, version, { ttl: options.ttl }) : cache.delete(key))
    this.#acknowledged = Math.max(this.#acknowledged, version)
  }

  /** What is read is never older than the last write that was acknowledged before. */
  async #check(read: Promise<number | undefined>): Promise<void> {
    const acknowledged = this.#acknowledged
    const value = await read.catch(() => undefined)
    if (value !== undefined) expect(value).toBeGreaterThanOrEqual(acknowledged)
  }

  async #load(takes: number, fails: boolean): Promise<number> {
    const version = this.#version
    await pass(takes)
    if (fails) throw new Error('the source is away')
    return version
  }
}

async function pass(turns: number): Promise<void> {
  for (let n = 0; n < turns; n++) await turn()
}

async function replay(cache: Cache, key: string, steps: readonly Step[]): Promise<void> {
  const source = new Source(cache, key)
  const running: Promise<void>[] = []
  for (const one of steps) {
    running.push(source.run(one))
    await pass(one.pause)
  }
  await Promise.all(running)
  await source.run({ what: 'get', options: {}, takes: 0, fails: false, pause: 0 })
}

/** Each on a key of its own, side by side. */
const programs = fc.array(fc.array(step, { minLength: 2, maxLength: 10 }), { minLength: 100, maxLength: 100 })

test.for<[what: string, options: CacheOptions]>([
  ['values without frames', {}],
  ['values that are served while they are loaded anew', { grace: '1h', graceBackoff: 1 }],
  ['values that are loaded ahead, or waited for', { grace: '1h', graceBackoff: 1, refreshAt: 0, loaderTimeout: 1 }],
])(
  'in no interleaving is anything older than the last acknowledged write: %s',
  async ([, options], { server, make }) => {
    const { cache } = make({ cache: { location: at(server), onError: () => {}, ...options } })
    let keys = 0
    await fc.assert(
      fc.asyncProperty(programs, async (all) => {
        await Promise.all(all.map((steps) => replay(cache, `k${keys++}`, steps)))
      }),
      { numRuns: Math.ceil(interleavings / 300), endOnFailure: true },
    )
  },
)
