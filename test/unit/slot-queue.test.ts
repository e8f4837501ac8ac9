import { describe, expect, test } from 'vitest'
import { SlotQueue, type SlotCall } from '../../src/clients/cluster/slot-queue.js'
import { deadlines } from '../../src/connection/deadlines.js'

const most = { commands: 4, bytes: 100 }

describe('calls that wait for their slot', () => {
  test('go in their order when the slot is served', () => {
    const { queue, went, wait, serve } = setUp()
    for (const name of ['a', 'b']) wait(name, 1)
    wait('c', 2)
    expect(went).toEqual([])
    serve(1)
    expect(went).toEqual(['a', 'b'])
    expect([queue.holds(1), queue.holds(2), queue.idle]).toEqual([false, true, false])
    serve(2)
    expect(queue.idle).toBe(true)
  })

  test('wait for as long as somebody holds the slot', () => {
    const { queue, went, wait, serve } = setUp()
    serve(1)
    const releases = [queue.hold(1), queue.hold(1)]
    wait('a', 1)
    releases[0]?.()
    releases[0]?.()
    expect(went).toEqual([])
    releases[1]?.()
    expect(went).toEqual(['a'])
  })

  test('stand behind those that were sent before, which keep the order of their sender', async () => {
    const { queue, went, wait } = setUp()
    const release = queue.hold(1)
    const by = {}
    let first!: () => void
    const over = new Promise<void>((resolve) => (first = resolve))
    wait('new', 1)
    wait('second', 1, { by, sequence: 7, after: [over] })
    wait('first', 1, { by, sequence: 5, after: [over] })
    wait('third', 1, { by: {}, sequence: 1, after: [] })
    expect(went).toEqual([])
    first()
    await over
    await Promise.resolve()
    expect(went).toEqual(['first', 'second', 'third'])
    release()
    expect(went).toEqual(['first', 'second', 'third'])
  })

  test('are refused at their deadline, by their signal, and when there are too many', async () => {
    const { queue, refused, wait } = setUp()
    wait('aborted', 1, undefined, { signal: AbortSignal.abort('enough') })
    expect(refused).toEqual([['aborted', 'enough']])
    for (const name of ['a', 'b', 'c', 'd', 'e']) wait(name, 1)
    expect(refused[1]).toEqual(['e', expect.objectContaining({ code: 'E_OVERFLOW' })])
    queue.fail(() => 'over')
    expect(refused.slice(2)).toEqual(['a', 'b', 'c', 'd'].map((name) => [name, 'over']))
    expect(queue.idle).toBe(true)
    await queue.emptied()
  })
})

interface SetUp {
  readonly queue: SlotQueue
  /** Who went, in that order. */
  readonly went: string[]
  readonly refused: [name: string, reason: unknown][]
  readonly wait: (name: string, slot: number, sent?: SlotCall['sent'], more?: Partial<SlotCall>) => void
  readonly serve: (slot: number) => void
}

function setUp(): SetUp {
  const served = new Set<number>()
  const went: string[] = []
  const refused: [string, unknown][] = []
  const queue = new SlotQueue(
    'cluster',
    most,
    (slot) => served.has(slot),
    (slot) => `nobody serves ${slot}`,
  )
  const wait: SetUp['wait'] = (name, slot, sent, more = {}) =>
    queue.wait({
      slot,
      deadline: deadlines.clock.now() + 60_000,
      signal: undefined,
      bytes: 10,
      sent,
      go: () => went.push(name),
      fail: (reason) => refused.push([name, reason]),
      ...more,
    })
  const serve = (slot: number): void => {
    served.add(slot)
    queue.serve(slot)
  }
  return { queue, went, refused, wait, serve }
}
