import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { addressOf, type NodeTarget } from '../../src/connection/connection.js'
import { candidates } from '../../src/topology/cluster/candidates.js'
import { HeirCheck } from '../../src/topology/cluster/heir-check.js'
import { LookSchedule } from '../../src/topology/cluster/look-schedule.js'
import { Look } from '../../src/topology/cluster/look.js'
import type { Answer } from '../../src/topology/cluster/question.js'
import type { ClusterView } from '../../src/topology/cluster/view.js'
import { vote } from '../../src/topology/cluster/vote.js'
import { monotonicClock } from '../../src/units.js'
import { addressAt, at, primary, replica, shard, twoShards } from '../support/cluster-views.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const failedOver = [shard([replica(1), primary(11)], [0, 8_191]), ...twoShards.slice(1)]

describe('a look', () => {
  test('that confirms what is known asks one node', async () => {
    const look = looking({ known: twoShards, answers: [twoShards, twoShards, twoShards] })
    await look.run()
    expect(look.asked.size).toBe(1)
  })

  test('believes one node which replicas are online', async () => {
    const without = [shard([primary(1)], [0, 8_191]), ...twoShards.slice(1)]
    const look = looking({ known: twoShards, answers: [without, twoShards, twoShards] })
    await look.run()
    expect(look.views).toStrictEqual([without])
  })

  test('that finds news asks a second node, which confirms it', async () => {
    const look = looking({ known: twoShards, answers: [failedOver, failedOver, failedOver] })
    await look.run()
    expect(look.asked.size).toBe(2)
    expect(vote(look.views)).toBe(failedOver)
  })

  test('asks a third where two differ, and what most say counts', async () => {
    const look = looking({ known: twoShards, answers: [failedOver, twoShards, twoShards, failedOver] })
    await look.run()
    expect(look.asked.size).toBe(3)
    expect(vote(look.views)).toBe(twoShards)
  })

  test('asks others in the place of nodes that fail', async () => {
    const look = looking({ known: twoShards, answers: [fails, fails, fails, failedOver, failedOver, failedOver] })
    await look.run()
    expect([...look.problems.keys()]).toStrictEqual([1, 2, 3].map(addressAt))
    expect(vote(look.views)).toBe(failedOver)
  })

  test('asks others when the first node is slow, and does not wait for it', async () => {
    const look = looking({ known: twoShards, answers: [hangs, failedOver, failedOver] })
    const ended = look.run()
    await vi.advanceTimersByTimeAsync(100)
    await ended
    expect(vote(look.views)).toBe(failedOver)
  })

  test('ends when nobody is left to ask', async () => {
    const look = looking({ known: twoShards, answers: [fails, fails] })
    await look.run()
    expect(look.views).toStrictEqual([])
    expect(look.problems.size).toBe(2)
  })

  test('ends in two seconds though nobody answers', async () => {
    const look = looking({ known: twoShards, answers: [hangs, hangs, hangs, hangs] })
    const ended = look.run()
    await vi.advanceTimersByTimeAsync(2_000)
    await ended
    expect(look.asked.size).toBe(3)
  })

  test('without a map asks three at once, and the first answer waits a moment for the others', async () => {
    const look = looking({ known: undefined, answers: [hangs, twoShards, hangs, twoShards] })
    const ended = look.run()
    expect(look.asked.size).toBe(3)
    await vi.advanceTimersByTimeAsync(50)
    await ended
    expect(look.views).toStrictEqual([twoShards])
  })

  test('without a map ends as soon as two agree', async () => {
    const look = looking({ known: undefined, answers: [hangs, twoShards, twoShards] })
    await look.run()
    expect(look.views).toHaveLength(2)
  })
})

describe('whom to ask', () => {
  const [a, b, c, seed] = [at(1), at(2), at(3), at(9)]
  const none = { last: new Set<string>(), failed: new Set<string>(), heirs: new Set<string>() }
  const order = (asked: typeof none, random = (): number => 0): readonly NodeTarget[] =>
    candidates([a, b, c], [a, seed], asked, random)

  test('nodes of the map go before seeds, and nobody is asked twice', () => {
    expect(new Set(order(none).slice(0, 3))).toStrictEqual(new Set([a, b, c]))
    expect(order(none)).toHaveLength(4)
    expect(order(none)[3]).toBe(seed)
  })

  test('those that the last look did not ask go first', () => {
    expect(order({ ...none, last: new Set([addressOf(a), addressOf(b)]) })[0]).toBe(c)
  })

  test('those that failed go last, after the seeds', () => {
    expect(order({ ...none, failed: new Set([a, b, c].map(addressOf)) })[0]).toBe(seed)
  })

  test('replicas that may be promoted go after the others, but before those that failed', () => {
    const asked = { ...none, heirs: new Set([addressOf(a)]), failed: new Set([addressOf(b)]) }
    expect(order(asked)).toStrictEqual([c, seed, a, b])
  })

  test('each comes first as often as the others', () => {
    const first = Array.from({ length: 3_000 }, () => order(none, Math.random)[0])
    for (const node of [a, b, c]) expect(first.filter((one) => one === node).length).toBeGreaterThan(800)
  })
})

describe('the schedule', () => {
  test('takes looks that are wanted at nearly the same time for one', async () => {
    const { schedule, looks } = scheduled()
    for (const delay of [40, 20, 30]) schedule.within(delay)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(looks).toStrictEqual([20])
  })

  test('keeps the least gap from the last question', async () => {
    const { schedule, looks } = scheduled()
    schedule.within(0)
    await vi.advanceTimersByTimeAsync(10)
    schedule.within(0)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(looks).toStrictEqual([0, 1_000])
  })

  test('puts off a look that was planned when another question leaves before', async () => {
    const { schedule, looks } = scheduled()
    schedule.within(100)
    await vi.advanceTimersByTimeAsync(50)
    schedule.keepGap(1_000)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(looks).toStrictEqual([1_050])
  })

  test('looks once more for those who wanted it while a look found nothing new', async () => {
    const { schedule, looks } = scheduled({ takes: 100 })
    schedule.within(0)
    await vi.advanceTimersByTimeAsync(50)
    schedule.within(0)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(looks).toStrictEqual([0, 1_000])
  })

  test('does not when it found what made them ask', async () => {
    const { schedule, looks } = scheduled({ takes: 100, news: true })
    schedule.within(0)
    await vi.advanceTimersByTimeAsync(50)
    schedule.within(0)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(looks).toStrictEqual([0])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(looks).toStrictEqual([0, 60_100])
  })

  test('tells who waits when a look that began later has ended', async () => {
    const { schedule, looks } = scheduled({ takes: 100 })
    schedule.within(0)
    await vi.advanceTimersByTimeAsync(50)
    let told = false
    void schedule.next().then(() => (told = true))
    schedule.within(0)
    await vi.advanceTimersByTimeAsync(1_000)
    expect([told, looks.length]).toStrictEqual([false, 2])
    await vi.advanceTimersByTimeAsync(100)
    expect(told).toBe(true)
  })

  test('leaves nobody waiting when it stops', async () => {
    const { schedule } = scheduled()
    const next = schedule.next()
    schedule.stop()
    await next
    expect(vi.getTimerCount()).toBe(0)
  })

  test('sets no timer below 0, of which Node warns, when time goes on meanwhile', () => {
    const delays = vi.spyOn(globalThis, 'setTimeout')
    let now = 0
    const schedule = new LookSchedule({ now: () => now++ }, () => Promise.resolve({ news: false, pause: 60_000 }))
    schedule.within(0)
    expect(delays.mock.calls.map(([, delay]) => delay)).toStrictEqual([0])
    schedule.stop()
  })
})

describe('an heir', () => {
  test('is believed once its own map says that it serves slots', async () => {
    const { check, promoted } = checking(true)
    await check.check(at(11))
    expect(promoted).toStrictEqual([at(11)])
  })

  test('is not when it was taken out of the cluster, or does not answer; it is asked again after a while', async () => {
    for (const answer of [false, fails] as const) {
      const { check, promoted, asked } = checking(answer)
      await check.check(at(11))
      await check.check(at(11))
      expect([promoted, asked()]).toStrictEqual([[], 1])
      vi.advanceTimersByTime(500)
      await check.check(at(11))
      expect(asked()).toBe(2)
    }
  })

  test('is asked one question at a time', async () => {
    const { check, asked } = checking(hangs)
    void check.check(at(11))
    await check.check(at(11))
    expect(asked()).toBe(1)
  })
})

const fails = 'fails'
const hangs = 'hangs'
type Script = ClusterView | typeof fails | typeof hangs

function answerOf(script: Script | undefined): Promise<Answer> {
  if (script === hangs) return new Promise(() => {})
  if (script === fails || script === undefined) return Promise.reject(new Error('down'))
  return Promise.resolve({ view: script, nodeTimeout: 2_000 })
}

/** The nodes are asked in the order of the answers, and called by their places. */
function looking({ known, answers }: { known: ClusterView | undefined; answers: readonly Script[] }): Look {
  const targets = answers.map((_, index) => at(index + 1))
  return new Look({ known, candidates: targets, ask: ({ port }) => answerOf(answers[port - 1]) })
}

/** A schedule whose looks take some time, with one question at their beginning. */
function scheduled({ takes = 0, news = false } = {}): { schedule: LookSchedule; looks: readonly number[] } {
  const looks: number[] = []
  const began = monotonicClock.now()
  const schedule = new LookSchedule(monotonicClock, async () => {
    looks.push(Math.round(monotonicClock.now() - began))
    schedule.keepGap(1_000)
    await new Promise((resolve) => setTimeout(resolve, takes))
    return { news, pause: 60_000 }
  })
  return { schedule, looks }
}

function checking(answer: boolean | typeof fails | typeof hangs): {
  check: HeirCheck
  promoted: readonly NodeTarget[]
  asked: () => number
} {
  const promoted: NodeTarget[] = []
  const ask = vi.fn<() => Promise<boolean>>(() => {
    if (answer === hangs) return new Promise(() => {})
    return answer === fails ? Promise.reject(new Error('down')) : Promise.resolve(answer)
  })
  const check = new HeirCheck(monotonicClock, ask, (heir) => promoted.push(heir))
  return { check, promoted, asked: () => ask.mock.calls.length }
}
