import { describe, expect, test } from 'vitest'
import { CallQueue } from '../../src/clients/routing/call-queue.js'
import type { CallContext } from '../../src/clients/routing/router.js'
import { Alarm, DeadlineQueue } from '../../src/connection/deadlines.js'
import { LoopClock } from '../../src/connection/loop-clock.js'
import type { Node } from '../../src/connection/node.js'
import { blockLoop } from '../support/connection.js'
import { watchTurns } from '../support/longest-turn.js'

const many = 60_000
const request = { name: 'GET', intent: 'read', keys: ['k'], args: ['GET', 'k'] } as const

describe('60,000 calls that wait', () => {
  test('are refused at one deadline in short turns, and soon: beside a control that rejects as many promises', async () => {
    const before = await rejectAll()
    const { queue, pass } = waiting()
    const refusals = Array.from({ length: many }, (_, n) => queue.wait(request, contextOf(n, 100), 'primary'))
    const outcomes = Promise.all(refusals.map((refusal) => refusal.then(undefined, () => performance.now())))
    const turns = watchTurns()
    const stop = pass()
    const times = (await outcomes) as number[]
    stop()
    const longest = turns()
    const after = await rejectAll()
    expect(longest).toBeLessThan(Math.max(10, before.turn / 5, after.turn / 5))
    const spread = (times.at(-1) as number) - (times[0] as number)
    expect(spread).toBeLessThan(Math.max(400, 4 * before.took, 4 * after.took))
  })

  test('are not walked when something changes and none can be served: one of each lane is looked at', () => {
    const { queue, looks } = waiting()
    const context = contextOf(0, Infinity)
    for (let n = 0; n < many; n++)
      void queue.wait(request, { ...context, sequence: n }, n % 2 === 0 ? 'primary' : 'any')
    for (let wake = 0; wake < 10; wake++) queue.wake()
    expect(looks()).toBe(2 * 10)
  })
})

test('what is overdue together costs each turn of the loop one group, however long that takes', async () => {
  let now = 0
  const queue = new DeadlineQueue(new LoopClock({ now: () => now }))
  let [left, inThisTurn] = [640, 0]
  const groups: number[] = []
  const ring = (): void => {
    left--
    inThisTurn++
    blockLoop(0.2)
  }
  for (let n = left; n > 0; n--) new Alarm(ring, queue).set(100)
  const timer = setInterval(() => (now += 20), 5)
  while (left > 0) {
    await new Promise((resolve) => setImmediate(resolve))
    if (inThisTurn > 0) groups.push(inThisTurn)
    inThisTurn = 0
  }
  clearInterval(timer)
  expect(groups.length).toBeGreaterThan(5)
  expect(Math.max(...groups)).toBe(groups[0])
})

interface Waiting {
  readonly queue: CallQueue
  /** How often a node was looked for. */
  readonly looks: () => number
  /** From now on time goes by; returns how to stop it. */
  readonly pass: () => () => void
}

/** A queue in front of no node, whose time stands still until the test lets it pass. */
function waiting(): Waiting {
  let [now, looks] = [0, 0]
  const choose = (): Node | undefined => {
    looks++
    return undefined
  }
  const deadlines = new DeadlineQueue(new LoopClock({ now: () => now }))
  const most = { commands: many, bytes: Infinity }
  const queue = new CallQueue('mymaster', most, choose, () => new Error('no node'), deadlines)
  const pass = (): (() => void) => {
    const timer = setInterval(() => (now += 20), 5)
    return () => clearInterval(timer)
  }
  return { queue, looks: () => looks, pass }
}

function contextOf(sequence: number, deadline: number): CallContext {
  return {
    sequence,
    started: 0,
    deadline,
    attemptTimeout: undefined,
    signal: undefined,
    readFrom: 'primary',
    own: false,
    tried: new Set(),
    refusal: undefined,
  }
}

/** Rejects as many promises in one turn: how long that takes, and what it costs the turn. */
async function rejectAll(): Promise<{ readonly took: number; readonly turn: number }> {
  const rejects: ((reason: Error) => void)[] = []
  const promises = Array.from({ length: many }, () => new Promise<void>((_, reject) => rejects.push(reject)))
  const outcomes = Promise.all(promises.map((promise) => promise.catch(() => performance.now())))
  await new Promise((resolve) => setImmediate(resolve))
  const turns = watchTurns()
  const start = performance.now()
  for (const reject of rejects) reject(new Error('control'))
  await outcomes
  const took = performance.now() - start
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve))
  return { took, turn: turns() }
}
