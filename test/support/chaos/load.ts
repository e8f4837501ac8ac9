import type { Cache } from '../../../src/index.js'
import type { Calls } from './calls.js'
import { Count, judgeCounter } from './counters.js'
import { KeyHistory, type Weakness } from './order.js'
import { Random } from './random.js'
import type { SurgeKind } from './schedule.js'

/** A cache under load. */
export interface LoadParts {
  readonly name: string
  readonly cache: Cache
  /** Whether replicas may answer it. */
  readonly readsReplicas: boolean
  readonly calls: Calls
  readonly report: (problem: string) => void
  readonly seed: number
}

/** What one cache is asked all the while: writes and reads of the same keys without a wait, and increments. */
export class Load {
  readonly #parts: LoadParts
  readonly #random: Random
  readonly #keys: readonly [KeyHistory, ...KeyHistory[]]
  readonly #timer: NodeJS.Timeout
  #counts = 0
  #count: Count

  constructor(parts: LoadParts) {
    this.#parts = parts
    this.#random = new Random(parts.seed)
    this.#keys = [this.#history(0), ...Array.from({ length: keyCount - 1 }, (_, n) => this.#history(n + 1))]
    this.#count = this.#nextCount()
    this.#timer = setInterval(() => this.#tick(), period)
  }

  get readsReplicas(): boolean {
    return this.#parts.readsReplicas
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** What callers do once, beside all that. */
  surge(kind: SurgeKind): void {
    if (kind === 'burst') for (let call = 0; call < burstSize; call++) this.#writeAndRead()
    if (kind === 'aborts') for (let call = 0; call < abortCount; call++) this.#writeAndRead(this.#abortsSoon())
    if (kind === 'big values') for (let call = 0; call < bigCount; call++) void this.#bigValue(call)
  }

  /** Judges the reads of which everything is known by now. */
  judgeOrder(weakness: Weakness): void {
    for (const key of this.#keys) key.judge(weakness).forEach(this.#parts.report)
  }

  /** Judges what was counted since the last time; goes on with another counter. */
  async judgeCount(lossy: boolean): Promise<void> {
    const { cache, report } = this.#parts
    const count = this.#count
    this.#count = this.#nextCount()
    const tally = await count.tally()
    const value = (await cache.get<number>(count.key, { readFrom: 'primary', deadline: 5_000 })) ?? 0
    const problem = judgeCounter(value, { ...tally, lossy })
    if (problem !== undefined) report(`${count.key} ${problem}`)
  }

  #history(n: number): KeyHistory {
    return new KeyHistory(`${this.#parts.name}:${n}`)
  }

  #nextCount(): Count {
    return new Count(`${this.#parts.name}:count:${this.#counts++}`)
  }

  #tick(): void {
    this.#writeAndRead()
    this.#increment()
  }

  #writeAndRead(signal?: AbortSignal): void {
    const key = this.#random.pick(this.#keys)
    void this.#write(key, signal)
    void this.#read(key, signal)
  }

  async #write(history: KeyHistory, signal: AbortSignal | undefined): Promise<void> {
    const { cache, calls } = this.#parts
    const { key } = history
    const n = history.write()
    const deadline = this.#random.pick([300, 1_000, 5_000])
    const call = (): Promise<boolean> => cache.set(key, n, { deadline, signal })
    const settled = await calls.run({ what: `set ${key} to ${n}`, deadline, signal, call })
    history.settled(n, settled.ok ? 'done' : 'failed', settled.at)
  }

  async #read(history: KeyHistory, signal: AbortSignal | undefined): Promise<void> {
    const { cache, calls } = this.#parts
    const { key, made: after } = history
    const deadline = this.#random.pick([300, 1_000])
    const madeAt = performance.now()
    const call = async (): Promise<number> => (await cache.get<number>(key, { deadline, signal })) ?? 0
    const settled = await calls.run({ what: `get ${key}`, deadline, signal, call })
    if (settled.ok) history.read({ value: settled.value, after, before: history.made, madeAt, at: settled.at })
  }

  #increment(): void {
    const { cache, calls } = this.#parts
    const { key } = this.#count
    const call = (): Promise<number | bigint> => cache.incr(key, 1, { create: true, deadline: 2_000 })
    this.#count.add(calls.run({ what: `incr ${key}`, deadline: 2_000, call }))
  }

  async #bigValue(call: number): Promise<void> {
    const { name, cache, calls, report } = this.#parts
    const [key, text] = [`${name}:big:${call}`, String(call).repeat(this.#random.between(1, 2_000_000))]
    const deadline = 2_000
    const write = await calls.run({ what: `set ${key}`, deadline, call: () => cache.set(key, text, { deadline }) })
    const read = await calls.run({
      what: `get ${key}`,
      deadline,
      call: () => cache.get<string>(key, { deadline, readFrom: 'primary' }),
    })
    const isRight = !write.ok || !read.ok || read.value === undefined || isOf(read.value, String(call))
    if (!isRight) report(`${key} was read as something that nobody wrote`)
  }

  #abortsSoon(): AbortSignal {
    const controller = new AbortController()
    setTimeout(() => controller.abort(new Error('no longer wanted')), this.#random.between(0, 20))
    return controller.signal
  }
}

function isOf(text: string, digit: string): boolean {
  return text.length > 0 && text.replaceAll(digit, '') === ''
}

/** How often a cache writes, reads and counts, in ms. */
const period = 25
const keyCount = 6
const burstSize = 500
const abortCount = 50
const bigCount = 3
