import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { createCaches, type Cache, type CacheOptions, type LoaderContext } from '../../src/index.js'

/** What the parent asks for: as many interleavings, from these numbers on. */
export interface Round {
  readonly options: CacheOptions
  readonly seed: number
  readonly first: number
  readonly count: number
}

/** One step, which the next does not wait for, and for how many turns of the loop the next one waits. */
interface Step {
  readonly what: 'load' | 'load named' | 'get' | 'get named' | 'getMany' | 'set' | 'delete' | 'invalidate' | 'soften'
  readonly takes: number
  readonly pause: number
}

const turns = fc.constantFrom(0, 0, 1, 2, 5)
const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom<Step['what'][]>(
    'load',
    'load named',
    'load named',
    'get',
    'get named',
    'getMany',
    'set',
    'delete',
    'invalidate',
    'invalidate',
    'soften',
  ),
  takes: turns,
  pause: turns,
})
const program = fc.array(step, { minLength: 2, maxLength: 8 })

/**
 * What is cached under one key, and where it comes from: a count on the server that each invalidation counts up before it
 * begins, as an application changes its database. What was acknowledged is kept there too, so that every process knows it.
 */
class Subject {
  readonly #cache: Cache
  readonly #source: Cache
  readonly #name: string
  readonly stale: string[] = []

  constructor(cache: Cache, source: Cache, name: string) {
    this.#cache = cache
    this.#source = source
    this.#name = name
  }

  async run({ what, takes }: Step): Promise<void> {
    const [cache, key, tags] = [this.#cache, this.#name, [this.#name]]
    if (what === 'load') return void (await cache.getOrSet(key, (context) => this.#load(takes, context)))
    if (what === 'load named') return this.#check(what, () => cache.getOrSet(key, () => this.#load(takes), { tags }))
    if (what === 'get') return this.#check(what, () => cache.get<number>(key))
    if (what === 'get named') return this.#check(what, () => cache.get<number>(key, { tags }))
    if (what === 'getMany') return this.#check(what, async () => (await cache.getMany<number>([key])).get(key))
    if (what === 'set') return void (await cache.set(key, Infinity.toString(), { tags }))
    if (what === 'delete') return void (await cache.delete(key))
    const version = Number(await this.#source.incr(key, 1, { create: true }))
    await cache.invalidateTags(tags, { soft: what === 'soften' })
    await this.#source.command(['EVAL', raise, 1, `${key}:done`, version], { key: 3, intent: 'write' })
  }

  /** What is read is never older than the last invalidation that was acknowledged before. */
  async #check(what: string, read: () => Promise<number | undefined>): Promise<void> {
    const acknowledged = (await this.#source.get<number>(`${this.#name}:done`)) ?? 0
    const value = await read()
    if (typeof value === 'number' && value < acknowledged)
      this.stale.push(`${what} of ${this.#name} gave ${value}, and ${acknowledged} was acknowledged`)
  }

  async #load(takes: number, context?: LoaderContext): Promise<number> {
    const version = (await this.#source.get<number>(this.#name)) ?? 0
    for (let n = 0; n < takes; n++) await turn()
    context?.setTags([this.#name])
    return version
  }
}

const raise = `local done = tonumber(redis.call('GET', KEYS[1]) or '0')
if tonumber(ARGV[1]) > done then redis.call('SET', KEYS[1], ARGV[1]) end`

/** The caches of one deployment. */
interface Caches {
  readonly cache: Cache
  readonly source: Cache
}

let current: { readonly place: string; readonly caches: Caches } | undefined

/** Those of the deployment before are ended: it is gone. */
function cachesOf(options: CacheOptions): Caches {
  const place = JSON.stringify(options)
  if (current?.place !== place) {
    for (const cache of Object.values(current?.caches ?? {})) (cache as Cache).destroy()
    current = { place, caches: open(options) }
  }
  return current.caches
}

function open(options: CacheOptions): Caches {
  const read = { readFrom: 'primary', ...options } as const
  const { cache, source } = createCaches({
    cache: { ...read, format: 'framed' },
    source: { ...read, prefix: 's', ttl: null },
  })
  return { cache, source }
}

async function play({ options, seed, first, count }: Round): Promise<readonly string[]> {
  const { cache, source } = cachesOf(options)
  const programs = fc.sample(program, { seed, numRuns: count })
  const subjects = programs.map((_, index) => new Subject(cache, source, `k${first + index}`))
  await Promise.all(programs.map((steps, index) => replay(subjects[index]!, steps)))
  return subjects.flatMap(({ stale }) => stale)
}

async function replay(subject: Subject, steps: readonly Step[]): Promise<void> {
  const running: Promise<void>[] = []
  for (const one of steps) {
    running.push(subject.run(one))
    for (let n = 0; n < one.pause; n++) await turn()
  }
  await Promise.all(running)
}

// One of several processes that work with the same keys and tags at the same time.
process.on('message', (round: Round) => {
  play(round).then(
    (stale) => process.send?.(stale),
    (error: unknown) => process.send?.([String(error)]),
  )
})
process.send?.([])
