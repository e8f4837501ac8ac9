import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { refusalPause, RefusalPause } from '../../src/clients/routing/refusal-pause.js'
import { manualQueue, queueTimers } from '../support/manual-queue.js'

const done = Promise.resolve()
const nothing = (): Promise<void> => done

test('a pause is 5 to 10 ms at first, then grows up to 100 ms, and differs between processes', () => {
  expect([refusalPause(1, 0), refusalPause(1, 1)]).toStrictEqual([5, 10])
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (refusals, random) => {
      const pause = refusalPause(refusals, random)
      expect(pause).toBeGreaterThanOrEqual(5)
      expect(pause).toBeLessThanOrEqual(100)
      expect(pause).toBeLessThanOrEqual(refusalPause(refusals + 1, random))
    }),
  )
  expect(refusalPause(2_000, 1)).toBe(100)
})

describe('writes wait after a refusal', () => {
  test('until the pause is over, and then they are told', async () => {
    const { pause, over } = pausing()
    expect(pause.active).toBe(false)
    pause.begin(done, nothing)
    expect(pause.active).toBe(true)
    await over(1)
    expect(pause.active).toBe(false)
  })

  test.for(['the writes on their way have no answer', 'the other thing that must be over is not'] as const)(
    'as long as %s',
    async (what) => {
      const { pause, over, times } = pausing()
      const control = pausing()
      let resolve!: () => void
      const promise = new Promise<void>((settle) => (resolve = settle))
      if (what === 'the writes on their way have no answer') pause.begin(promise, nothing)
      else pause.begin(done, () => promise)
      control.pause.begin(done, nothing)
      await control.over(1)
      expect([pause.active, times()]).toStrictEqual([true, 0])
      resolve()
      await over(1)
      expect(pause.active).toBe(false)
    },
  )

  test('for one pause, however many are refused during it; a later refusal begins another', async () => {
    const { pause, over, times } = pausing()
    let connected = 0
    const connect = async (): Promise<void> => void connected++
    for (let refused = 0; refused < 100; refused++) pause.begin(done, connect)
    await over(1)
    expect([times(), connected]).toStrictEqual([1, 1])
    pause.begin(done, nothing)
    expect(pause.active).toBe(true)
    await over(2)
  })
})

describe('after a pause one write is tried', () => {
  test('and the others leave when it has run', async () => {
    const { pause, over } = await tried()
    expect(pause.active).toBe(true)
    pause.ran()
    await over(2)
    expect(pause.active).toBe(false)
    pause.leaves(patience)
    expect(pause.active).toBe(false)
  })

  test('and another pause begins when it is refused', async () => {
    const { pause, over } = await tried()
    pause.begin(done, nothing)
    await over(2)
    expect(pause.active).toBe(false)
    pause.leaves(patience)
    expect(pause.active).toBe(true)
  })

  test('and the others leave when it has no answer for as long as a refusal may take', () => {
    vi.useFakeTimers(queueTimers)
    try {
      const { queue, pass, stall } = manualQueue()
      let times = 0
      const pause = new RefusalPause(() => void times++, queue)
      pause.try()
      pause.leaves(50)
      stall(500)
      expect([pause.active, times]).toStrictEqual([true, 0])
      pass(80)
      expect([pause.active, times]).toStrictEqual([false, 1])
    } finally {
      vi.useRealTimers()
    }
  })
})

test('the first write to a new server is tried alone', () => {
  const { pause } = pausing()
  pause.try()
  expect(pause.active).toBe(false)
  pause.leaves(patience)
  expect(pause.active).toBe(true)
  pause.ran()
  expect(pause.active).toBe(false)
})

/** In ms; longer than a test takes. */
const patience = 60_000

/** A pause after which a write has left. */
async function tried(): Promise<Pausing> {
  const pausings = pausing()
  pausings.pause.begin(done, nothing)
  await pausings.over(1)
  pausings.pause.leaves(patience)
  return pausings
}

interface Pausing {
  readonly pause: RefusalPause
  /** Resolves when it was over so many times. */
  readonly over: (times: number) => Promise<void>
  readonly times: () => number
}

function pausing(): Pausing {
  let [count, tell] = [0, (): void => {}]
  const pause = new RefusalPause(() => {
    count++
    tell()
  })
  const over = async (times: number): Promise<void> => {
    while (count < times) await new Promise<void>((resolve) => (tell = resolve))
  }
  return { pause, over, times: () => count }
}
