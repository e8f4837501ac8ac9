import { getEventListeners } from 'node:events'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Request } from '../../src/clients/command.js'
import { CallQueue, writeLane, type LaneKey } from '../../src/clients/routing/call-queue.js'
import type { CallContext } from '../../src/clients/routing/router.js'
import type { Node } from '../../src/connection/node.js'
import { OverflowError } from '../../src/errors.js'
import { manualQueue, queueTimers } from '../support/manual-queue.js'
import { nodeUp } from '../support/nodes.js'

let node: Node

beforeAll(async () => {
  node = await nodeUp(1, 'primary')
})
beforeEach(() => {
  vi.useFakeTimers(queueTimers)
})
afterEach(() => {
  vi.useRealTimers()
})

describe('calls that wait', () => {
  test('leave in the order in which they were made, with the node that was found for them', async () => {
    const { queue, wait, open } = waiting()
    const waits = ['a', 'b', 'c'].map((key) => outcome(wait(key)))
    open('a', 'b', 'c')
    queue.wake()
    await settle()
    expect(waits).toMatchObject([
      { state: 'fulfilled', value: node },
      { state: 'fulfilled', value: node },
      { state: 'fulfilled', value: node },
    ])
    expect(left).toStrictEqual(['a', 'b', 'c'])
  })

  test('leave oldest first across lanes', () => {
    const { queue, wait, open } = waiting()
    const order = ['write:1', 'any:2', 'write:3', 'primary:4', 'any:5']
    for (const name of order) void wait(name, { lane: name.split(':')[0] as string })
    open(...order)
    queue.wake()
    expect(left).toStrictEqual(order)
  })

  test('keep their lane in line, and no other lane, while there is no node for the first', () => {
    const { queue, wait, open } = waiting()
    void wait('first', { lane: 'write' })
    void wait('second', { lane: 'write' })
    void wait('other', { lane: 'any' })
    open('second', 'other')
    queue.wake()
    expect(left).toStrictEqual(['other'])
    open('first')
    queue.wake()
    expect(left).toStrictEqual(['other', 'first', 'second'])
  })

  test('leave when waiting is in vain, and keep nobody else', async () => {
    const { queue, wait, open } = waiting()
    const [refused, free] = [outcome(wait('refused')), outcome(wait('free'))]
    open('free')
    queue.wake()
    await settle()
    expect([refused.state, free.state]).toStrictEqual(['rejected', 'fulfilled'])
    expect(String(refused.reason)).toContain('in vain')
  })

  test('leave 64 per turn when they are many, in order, with those that come meanwhile behind them', () => {
    const { queue, wait, open } = waiting({ commands: 2_000 })
    const keys = Array.from({ length: 150 }, (_, n) => `k${n}`)
    for (const key of keys) void wait(key)
    open(...keys, 'late')
    queue.wake()
    expect(left).toHaveLength(64)
    void wait('late')
    vi.advanceTimersToNextTimer()
    expect(left).toHaveLength(128)
    vi.advanceTimersToNextTimer()
    expect(left).toStrictEqual([...keys, 'late'])
  })

  test('leave once, however often the queue is woken', () => {
    const { queue, wait, open } = waiting()
    void wait('a')
    open('a')
    queue.wake()
    queue.wake()
    expect(left).toStrictEqual(['a'])
  })

  test('that come back find their place before those that were made later', () => {
    const { queue, wait, open } = waiting()
    for (const sequence of [4, 5, 1, 2]) void wait(String(sequence), { sequence, lane: writeLane })
    open('1', '2', '4', '5')
    queue.wake()
    expect(left).toStrictEqual(['1', '2', '4', '5'])
  })
})

describe('a call that waits in vain', () => {
  test('is told why within 30 ms of its own deadline, and not before', async () => {
    const { wait, pass } = waiting()
    const [long, short] = [outcome(wait('long', { deadline: 1_000 })), outcome(wait('short', { deadline: 100 }))]
    pass(99)
    await settle()
    expect([long.state, short.state]).toStrictEqual(['pending', 'pending'])
    pass(31)
    await settle()
    expect(short).toMatchObject({ state: 'rejected', reason: { message: 'no node for short' } })
    expect(long.state).toBe('pending')
    pass(1_000)
    await settle()
    expect(long).toMatchObject({ state: 'rejected', reason: { message: 'no node for long' } })
  })

  test('is told at once when all are refused, and so is who comes later, until something changes', async () => {
    const { queue, wait } = waiting()
    const waits = [outcome(wait('a')), outcome(wait('b', { lane: 'any' }))]
    const reason = new Error('over')
    queue.fail(() => reason)
    await settle()
    expect(waits).toMatchObject([
      { state: 'rejected', reason },
      { state: 'rejected', reason },
    ])
    await expect(wait('c')).rejects.toBe(reason)
    queue.wake()
    const later = outcome(wait('d'))
    await settle()
    expect(later.state).toBe('pending')
  })

  test('is told in groups when they are many, oldest first; no more once something changed', async () => {
    const { queue, wait } = waiting({ commands: 2_000 })
    const waits = Array.from({ length: 800 }, (_, n) => outcome(wait(`k${n}`)))
    const told = async (): Promise<number> => {
      await settle()
      return waits.filter(({ state }) => state === 'rejected').length
    }
    queue.fail(() => new Error('over'))
    const first = await told()
    expect(first).toBeLessThan(300)
    expect(waits.findIndex(({ state }) => state === 'pending')).toBe(first)
    vi.advanceTimersToNextTimer()
    const second = await told()
    expect(second).toBeGreaterThan(first)
    queue.wake()
    vi.advanceTimersToNextTimer()
    expect(await told()).toBe(second)
  })
})

describe('a caller who has had enough', () => {
  test('leaves at once with the reason of the signal', async () => {
    const { queue, wait, open } = waiting()
    const controller = new AbortController()
    const waited = outcome(wait('a', { signal: controller.signal }))
    const reason = new Error('had enough')
    controller.abort(reason)
    await settle()
    expect(waited).toMatchObject({ state: 'rejected', reason })
    open('a')
    queue.wake()
    expect(left).toStrictEqual([])
  })

  test('before the call came does not wait', async () => {
    const { wait } = waiting()
    const reason = new Error('too late')
    await expect(wait('a', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('has no listener left on the signal, however the call ends', async () => {
    const { queue, wait, open, pass } = waiting()
    const { signal } = new AbortController()
    const waits = [wait('served', { signal }), wait('late', { signal, deadline: 10 }), wait('refused', { signal })]
    const outcomes = Promise.allSettled(waits)
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    open('served')
    queue.wake()
    pass(50)
    queue.fail(() => new Error('over'))
    await outcomes
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })
})

describe('a write that waits', () => {
  const write = { intent: 'write', lane: writeLane } as const

  test('is known by its keys as long as it waits', async () => {
    const { queue, wait, open } = waiting()
    expect([queue.hasWrites, holdsOlderWrite(queue, ['a']), holdsOlderWrite(queue, [])]).toStrictEqual([
      false,
      false,
      false,
    ])
    void wait('a', write)
    void wait('a', write)
    expect([queue.hasWrites, holdsOlderWrite(queue, ['b', 'a'])]).toStrictEqual([true, true])
    expect([holdsOlderWrite(queue, ['b']), holdsOlderWrite(queue, [])]).toStrictEqual([false, true])
    open('a')
    queue.wake()
    expect([queue.hasWrites, holdsOlderWrite(queue, ['a'])]).toStrictEqual([false, false])
  })

  test('without keys touches all of them, and one whose place means nothing touches none', () => {
    const { queue, wait } = waiting()
    void wait('a', { ...write, lane: 'leases', unordered: true })
    expect(holdsOlderWrite(queue, ['a'])).toBe(false)
    void wait('', write)
    expect(holdsOlderWrite(queue, ['a'])).toBe(true)
  })

  test('is older than the calls that were made after it, and no older than those before', () => {
    const { queue, wait, open } = waiting()
    void wait('a', { ...write, sequence: 7 })
    void wait('a', { ...write, sequence: 9 })
    void wait('a', { ...write, sequence: 4 })
    const olderThan = (sequence: number): boolean[] =>
      [['a'], []].map((keys) => queue.holdsOlderWrite({ keys }, { sequence }))
    expect([olderThan(4), olderThan(5), olderThan(8)]).toStrictEqual([none, both, both])
    open('a')
    queue.wake()
    expect(olderThan(99)).toStrictEqual(none)
  })

  test('lets the reads of its key go as soon as it has left, in the same turn', () => {
    const { queue, wait, open } = waiting()
    void wait('k read', { lane: 'late', sequence: 1 })
    void wait('k', { ...write, sequence: 2 })
    leaving = (key) => key === 'k' && open('k read')
    open('k')
    queue.wake()
    expect(left).toStrictEqual(['k', 'k read'])
  })

  test('leaves in the turn after a read behind it lost its turn, if it can leave by then', async () => {
    const { queue, wait, open, pass } = waiting()
    void wait('k', write)
    const read = outcome(wait('k read', { lane: writeLane, patience: 50 }))
    leaving = (key) => key === 'k' && open('k read')
    open('k')
    pass(40)
    await settle()
    expect([left, read.state]).toStrictEqual([[], 'pending'])
    pass(50)
    vi.advanceTimersToNextTimer()
    await settle()
    expect([left, read.state]).toStrictEqual([['k', 'k read'], 'fulfilled'])
    expect(queue.hasWrites).toBe(false)
  })

  test('of a read that stands behind it is served first; the read loses its turn after its patience', async () => {
    const { queue, wait, open, pass } = waiting()
    void wait('k', write)
    const read = outcome(wait('k read', { lane: writeLane, patience: 50 }))
    open('k read')
    queue.wake()
    pass(40)
    await settle()
    expect(read.state).toBe('pending')
    pass(50)
    await settle()
    expect(read).toMatchObject({ state: 'fulfilled', value: node })
    expect(holdsOlderWrite(queue, ['k'])).toBe(true)
  })

  test('keeps a read behind it until its deadline when nothing else may serve the read', async () => {
    const { queue, wait, open, pass } = waiting()
    void wait('k', write)
    const [late, served] = [
      outcome(wait('late', { lane: writeLane, patience: 50, deadline: 200 })),
      outcome(wait('served', { lane: writeLane, patience: 50 })),
    ]
    pass(150)
    await settle()
    expect([late.state, served.state]).toStrictEqual(['pending', 'pending'])
    pass(100)
    await settle()
    expect(late).toMatchObject({ state: 'rejected', reason: { message: 'no node for late' } })
    open('served')
    queue.wake()
    await settle()
    expect(served.state).toBe('fulfilled')
  })

  test('and was refused rejects with the refusal once a later write of its keys has run', async () => {
    const { queue, wait } = waiting()
    const refusal = new Error('READONLY')
    const waits = [
      wait('a', { ...write, sequence: 1, refusal }),
      wait('b', { ...write, sequence: 2, refusal }),
      wait('a', { ...write, sequence: 3 }),
      wait('a', { ...write, sequence: 9, refusal }),
    ].map(outcome)
    queue.overtake(['a'], 5)
    await settle()
    expect(waits.map(({ state }) => state)).toStrictEqual(['rejected', 'pending', 'pending', 'pending'])
    expect(waits[0]?.reason).toBe(refusal)
    queue.overtake([], 5)
    await settle()
    expect(waits.map(({ state }) => state)).toStrictEqual(['rejected', 'rejected', 'pending', 'pending'])
  })
})

describe('the queue', () => {
  test('is bounded by count: a call that comes when it is full is an OverflowError that names the servers', async () => {
    const { queue, wait, open } = waiting({ commands: 2 })
    void wait('a')
    const second = outcome(wait('b'))
    await expect(wait('c')).rejects.toBeInstanceOf(OverflowError)
    await expect(wait('c')).rejects.toThrow(/^mymaster: 2 calls \(\d+ bytes\) wait/)
    open('a')
    queue.wake()
    const late = outcome(wait('d'))
    await settle()
    expect([second.state, late.state]).toStrictEqual(['pending', 'pending'])
  })

  test('is bounded by bytes, and has room again when some left, however they did', async () => {
    const { queue, wait, open, pass } = waiting({ bytes: 2_500 })
    const controller = new AbortController()
    const waits = [
      outcome(wait('served', { bytes: 1_000 })),
      outcome(wait('gone', { signal: controller.signal, bytes: 500 })),
      outcome(wait('late', { deadline: 20, bytes: 500 })),
    ]
    await expect(wait('x', { bytes: 1_000 })).rejects.toBeInstanceOf(OverflowError)
    open('served')
    queue.wake()
    controller.abort()
    pass(50)
    await settle()
    expect(waits.map(({ state }) => state)).toStrictEqual(['fulfilled', 'rejected', 'rejected'])
    const next = [outcome(wait('x', { bytes: 1_000 })), outcome(wait('y', { bytes: 1_000 }))]
    await settle()
    expect(next.map(({ state }) => state)).toStrictEqual(['pending', 'pending'])
  })

  test('takes a call of any size, which leaves half of the room to others', async () => {
    const { queue, wait, open } = waiting({ bytes: 1_000 })
    const large = outcome(wait('large', { bytes: 100_000 }))
    const small = outcome(wait('small', { bytes: 300 }))
    await expect(wait('too much', { bytes: 300 })).rejects.toBeInstanceOf(OverflowError)
    open('large', 'small')
    queue.wake()
    await settle()
    expect([large.state, small.state]).toStrictEqual(['fulfilled', 'fulfilled'])
  })

  test('has a timer only while a call is in it', async () => {
    const { queue, wait, open, pass } = waiting()
    expect(vi.getTimerCount()).toBe(0)
    const waited = wait('a')
    expect(vi.getTimerCount()).toBe(1)
    open('a')
    queue.wake()
    await waited
    pass(25)
    expect(vi.getTimerCount()).toBe(0)
  })
})

/** A call of the test; its key says whether a node is found for it. */
interface Wish extends Partial<Pick<CallContext, 'sequence' | 'deadline' | 'signal' | 'refusal'>> {
  readonly intent?: 'read' | 'write'
  readonly unordered?: boolean
  readonly bytes?: number
  readonly lane?: LaneKey
  readonly patience?: number
}

interface Waiting {
  readonly queue: CallQueue
  readonly wait: (key: string, wish?: Wish) => Promise<Node>
  /** There is a node for these keys now. */
  readonly open: (...keys: string[]) => void
  readonly pass: (ms: number) => void
}

/** The keys of those that a node was given for, in their order. */
let left: string[]

/** Called with the key of each that leaves. */
let leaving: (key: string) => unknown

/** A queue on a clock that is turned by hand, in front of a node that serves the keys that are open. */
function waiting({ commands = 10, bytes: mostBytes = 1_000_000 } = {}): Waiting {
  const served = new Set<string>()
  const { queue: deadlines, pass } = manualQueue()
  left = []
  leaving = () => {}
  const choose = ({ keys }: Request): Node | undefined => {
    const key = keys.join()
    if (key === 'refused') throw new Error('in vain')
    if (!served.has(key)) return undefined
    left.push(key)
    leaving(key)
    return node
  }
  const explain = ({ keys }: Request): Error => new Error(`no node for ${keys.join()}`)
  const queue = new CallQueue('mymaster', { commands, bytes: mostBytes }, choose, explain, deadlines)
  let made = 0
  const wait = (key: string, { intent = 'read', unordered, bytes = 0, lane = 'primary', ...wish }: Wish = {}) => {
    const { patience, ...own } = wish
    const request = { name: 'X', intent, keys: key === '' ? [] : [key], args: ['x'.repeat(bytes)] }
    const context = { ...usual, started: deadlines.clock.now(), sequence: ++made, ...own }
    return queue.wait(unordered === undefined ? request : { ...request, unordered }, context, lane, patience)
  }
  return { queue, wait, open: (...keys) => keys.forEach((key) => served.add(key)), pass }
}

/** Whether a write waits that is of these keys, or of any. */
function holdsOlderWrite(queue: CallQueue, keys: readonly string[]): boolean {
  return queue.holdsOlderWrite({ keys }, { sequence: Infinity })
}

const [none, both] = [
  [false, false],
  [true, true],
]

const usual: CallContext = {
  sequence: 0,
  started: 0,
  deadline: 10_000,
  attemptTimeout: undefined,
  signal: undefined,
  readFrom: 'primary',
  own: false,
  tried: new Set(),
  refusal: undefined,
}

interface Outcome {
  state: 'pending' | 'fulfilled' | 'rejected'
  value?: Node
  reason?: unknown
}

/** What became of a promise so far. */
function outcome(promise: Promise<Node>): Outcome {
  const seen: Outcome = { state: 'pending' }
  promise.then(
    (value) => Object.assign(seen, { state: 'fulfilled', value }),
    (reason: unknown) => Object.assign(seen, { state: 'rejected', reason }),
  )
  return seen
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve()
}
