import { getEventListeners } from 'node:events'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Request } from '../../src/clients/command.js'
import type { CallContext } from '../../src/clients/routing/router.js'
import { WaitingRoom } from '../../src/clients/routing/waiting-room.js'
import type { Node } from '../../src/connection/node.js'
import { OverflowError } from '../../src/errors.js'
import { nodeUp } from '../support/nodes.js'

let node: Node

beforeAll(async () => {
  node = await nodeUp(1, 'primary')
})
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('those who wait', () => {
  test('are sent off in the order they came', async () => {
    const { room, wait, open } = waiting()
    const order: string[] = []
    const waits = ['a', 'b', 'c'].map((key) => wait(key).then(() => order.push(key)))
    open('a', 'b', 'c')
    room.wake()
    await Promise.all(waits)
    expect(order).toStrictEqual(['a', 'b', 'c'])
  })

  test('get the node that was found for them', async () => {
    const { room, wait, open } = waiting()
    const waited = wait('a')
    open('a')
    room.wake()
    expect(await waited).toBe(node)
  })

  test('go on waiting while there is no node for them, and keep nobody else', async () => {
    const { room, wait, open } = waiting()
    const [blocked, free] = [outcome(wait('blocked')), outcome(wait('free'))]
    open('free')
    room.wake()
    await settle()
    expect([blocked.state, free.state]).toStrictEqual(['pending', 'fulfilled'])
    open('blocked')
    room.wake()
    await settle()
    expect(blocked.state).toBe('fulfilled')
  })

  test('leave when waiting is in vain, and keep nobody else', async () => {
    const { room, wait, open } = waiting()
    const [refused, free] = [outcome(wait('refused')), outcome(wait('free'))]
    open('free')
    room.wake()
    await settle()
    expect([refused.state, free.state]).toStrictEqual(['rejected', 'fulfilled'])
    expect(String(refused.reason)).toContain('in vain')
  })

  test('leave in groups when they are many, and in order: the room says so until the last has left', async () => {
    const { room, wait, open, asked } = waiting({ commands: 2_000 })
    const keys = Array.from({ length: 1_200 }, (_, n) => `k${n}`)
    const waits = keys.map((key) => wait(key))
    open(...keys, 'late')
    room.wake()
    expect([asked.length, room.isLeaving]).toStrictEqual([500, true])
    const late = wait('late')
    vi.advanceTimersToNextTimer()
    expect([asked.length, room.isLeaving]).toStrictEqual([1_000, true])
    vi.advanceTimersToNextTimer()
    expect(room.isLeaving).toBe(false)
    expect(asked).toStrictEqual([...keys, 'late'])
    await Promise.all([...waits, late])
  })

  test('are served once', async () => {
    const { room, wait, open, asked } = waiting()
    const waited = wait('a')
    open('a')
    room.wake()
    room.wake()
    await waited
    expect(asked).toStrictEqual(['a'])
  })
})

describe('who waits in vain', () => {
  test('is told why when the deadline is over, and not before', async () => {
    const { wait, pass } = waiting()
    const waited = outcome(wait('a', { deadline: 100 }))
    pass(99)
    await settle()
    expect(waited.state).toBe('pending')
    pass(25)
    await settle()
    expect(waited).toMatchObject({ state: 'rejected', reason: { message: 'no node for a' } })
  })

  test('is told at their own deadline, not at that of others', async () => {
    const { wait, pass } = waiting()
    const [long, short] = [outcome(wait('long', { deadline: 1_000 })), outcome(wait('short', { deadline: 100 }))]
    pass(150)
    await settle()
    expect([long.state, short.state]).toStrictEqual(['pending', 'rejected'])
    pass(1_000)
    await settle()
    expect(long).toMatchObject({ state: 'rejected', reason: { message: 'no node for long' } })
  })

  test('is told at once when everybody is refused', async () => {
    const { room, wait, pass } = waiting()
    const waits = [outcome(wait('a')), outcome(wait('b'))]
    pass(5)
    const reason = new Error('over')
    room.fail(() => reason, 0)
    await settle()
    for (const waited of waits) expect(waited).toMatchObject({ state: 'rejected', reason })
  })

  test('is told in groups when they are many, each within a few ms of the one before', async () => {
    const { room, wait, pass } = waiting({ commands: 2_000 })
    const waits = Array.from({ length: 1_200 }, (_, n) => outcome(wait(`k${n}`)))
    const told = async (): Promise<number> => {
      await settle()
      return waits.filter(({ state }) => state === 'rejected').length
    }
    room.fail(() => new Error('over'), 0)
    expect(await told()).toBe(500)
    pass(10)
    expect(await told()).toBe(1_000)
    pass(10)
    expect(await told()).toBe(1_200)
  })

  test('is refused only once they have waited for as long as is said', async () => {
    const { room, wait, pass } = waiting()
    const early = outcome(wait('early'))
    pass(60)
    const late = outcome(wait('late'))
    pass(40)
    const reason = new Error('over')
    room.fail(() => reason, 100)
    await settle()
    expect([early.state, late.state]).toStrictEqual(['rejected', 'pending'])
    pass(85)
    await settle()
    expect(late).toMatchObject({ state: 'rejected', reason })
  })

  test('is refused no more when something changed meanwhile', async () => {
    const { room, wait, pass } = waiting()
    const waited = outcome(wait('a'))
    room.fail(() => new Error('over'), 100)
    room.wake()
    pass(500)
    await settle()
    expect(waited.state).toBe('pending')
  })
})

describe('who has had enough', () => {
  test('leaves at once with the reason of their signal', async () => {
    const { room, wait, open, asked } = waiting()
    const controller = new AbortController()
    const waited = outcome(wait('a', { signal: controller.signal }))
    const reason = new Error('had enough')
    controller.abort(reason)
    await settle()
    expect(waited).toMatchObject({ state: 'rejected', reason })
    open('a')
    room.wake()
    expect(asked).toStrictEqual([])
  })

  test('before they came does not wait', async () => {
    const { wait } = waiting()
    const reason = new Error('too late')
    await expect(wait('a', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('keeps no listener on their signal, however it ends', async () => {
    const { room, wait, open, pass } = waiting()
    const { signal } = new AbortController()
    const waits = [wait('served', { signal }), wait('late', { signal, deadline: 10 }), wait('refused', { signal })]
    const outcomes = Promise.allSettled(waits)
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    open('served')
    room.wake()
    pass(50)
    room.fail(() => new Error('over'), 0)
    await outcomes
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })
})

describe('the room', () => {
  test('is bounded by count: who comes when it is full is an OverflowError that names the servers', async () => {
    const { room, wait, open } = waiting({ commands: 2 })
    const waits = [wait('a'), wait('b')]
    await expect(wait('c')).rejects.toBeInstanceOf(OverflowError)
    await expect(wait('c')).rejects.toThrow(/^mymaster: 2 calls \(\d+ bytes\) wait/)
    open('a')
    room.wake()
    await waits[0]
    const late = outcome(wait('d'))
    await settle()
    expect(late.state).toBe('pending')
    room.fail(() => new Error('over'), 0)
    await expect(waits[1]).rejects.toThrow('over')
  })

  test('is bounded by bytes, and has room again when some left', async () => {
    const { room, wait, open, pass } = waiting({ bytes: 2_500 })
    const controller = new AbortController()
    const waits = [
      outcome(wait('served', {}, 1_000)),
      outcome(wait('gone', { signal: controller.signal }, 500)),
      outcome(wait('late', { deadline: 20 }, 500)),
    ]
    await expect(wait('x', {}, 1_000)).rejects.toBeInstanceOf(OverflowError)
    open('served')
    room.wake()
    controller.abort()
    pass(50)
    await settle()
    expect(waits.map(({ state }) => state)).toStrictEqual(['fulfilled', 'rejected', 'rejected'])
    const next = [outcome(wait('x', {}, 1_000)), outcome(wait('y', {}, 1_000))]
    await settle()
    expect(next.map(({ state }) => state)).toStrictEqual(['pending', 'pending'])
  })

  test('takes one of any size when it is empty, as a connection does', async () => {
    const { room, wait, open } = waiting({ bytes: 100 })
    const waited = outcome(wait('a', {}, 1_000))
    await expect(wait('b', {}, 1)).rejects.toBeInstanceOf(OverflowError)
    open('a')
    room.wake()
    await settle()
    expect(waited.state).toBe('fulfilled')
  })

  test('has a timer only while somebody is in it', async () => {
    const { room, wait, open, pass } = waiting()
    expect(vi.getTimerCount()).toBe(0)
    const waited = wait('a')
    expect(vi.getTimerCount()).toBe(1)
    open('a')
    room.wake()
    await waited
    pass(25)
    expect(vi.getTimerCount()).toBe(0)
  })
})

interface Waiting {
  readonly room: WaitingRoom
  readonly wait: (key: string, context?: Partial<CallContext>, bytes?: number) => Promise<Node>
  /** There is a node for these keys now. */
  readonly open: (...keys: string[]) => void
  readonly pass: (ms: number) => void
  /** Keys that a node was given for. */
  readonly asked: string[]
}

/** A room on a clock that is turned by hand, in front of a node that serves the keys that are open. */
function waiting({ commands = 10, bytes = 1_000_000 } = {}): Waiting {
  let now = 0
  const served = new Set<string>()
  const asked: string[] = []
  const choose = ({ keys }: Request): Node | undefined => {
    if (String(keys) === 'refused' && served.size > 0) throw new Error('in vain')
    if (!served.has(String(keys))) return undefined
    asked.push(String(keys))
    return node
  }
  const explain = ({ keys }: Request): Error => new Error(`no node for ${keys}`)
  const room = new WaitingRoom('mymaster', { commands, bytes }, { now: () => now }, choose, explain)
  const context: CallContext = { deadline: 10_000, signal: undefined, readFrom: 'primary', tried: new Set() }
  return {
    room,
    wait: (key, own, size = 0) =>
      room.wait({ intent: 'read', keys: [key], args: ['x'.repeat(size)] }, { ...context, ...own }),
    open: (...keys) => keys.forEach((key) => served.add(key)),
    asked,
    pass: (ms) => {
      for (let left = ms; left > 0; left--) {
        now += 1
        vi.advanceTimersByTime(1)
      }
    },
  }
}

interface Outcome {
  state: 'pending' | 'fulfilled' | 'rejected'
  reason?: unknown
}

/** What became of a promise so far. */
function outcome(promise: Promise<unknown>): Outcome {
  const seen: Outcome = { state: 'pending' }
  promise.then(
    () => (seen.state = 'fulfilled'),
    (reason: unknown) => Object.assign(seen, { state: 'rejected', reason }),
  )
  return seen
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve()
}
