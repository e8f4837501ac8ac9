import { getEventListeners } from 'node:events'
import { describe, expect, test } from 'vitest'
import { SingleFlight } from '../../src/cache/single-flight.js'

describe('those who want the same at the same time', () => {
  test('share one run and its outcome', async () => {
    const { flights, run, runs } = flying()
    const passengers = Array.from({ length: 100 }, () => flights.join('k', run))
    expect(runs).toHaveLength(1)
    runs[0]?.resolve('value')
    expect(new Set(await Promise.all(passengers))).toStrictEqual(new Set(['value']))
  })

  test('share its error', async () => {
    const { flights, run, runs } = flying()
    const passengers = Array.from({ length: 3 }, () => flights.join('k', run))
    const error = new Error('as it happens')
    runs[0]?.reject(error)
    for (const outcome of await Promise.allSettled(passengers))
      expect(outcome).toStrictEqual({ status: 'rejected', reason: error })
  })

  test('may come while it runs, however late', async () => {
    const { flights, run, runs } = flying()
    const first = flights.join('k', run)
    await turnOfTheLoop()
    const second = flights.join('k', run)
    runs[0]?.resolve(1)
    expect(await Promise.all([first, second])).toStrictEqual([1, 1])
    expect(runs).toHaveLength(1)
  })

  test('run on their own when they want something else', async () => {
    const { flights, run, runs } = flying()
    const passengers = [flights.join('a', run), flights.join('b', run)]
    runs[0]?.resolve('a')
    runs[1]?.resolve('b')
    expect(await Promise.all(passengers)).toStrictEqual(['a', 'b'])
  })
})

describe('a run that is over', () => {
  test('is not shared any more', async () => {
    const { flights, run, runs } = flying()
    const first = flights.join('k', run)
    runs[0]?.resolve(1)
    expect(await first).toBe(1)
    const second = flights.join('k', run)
    runs[1]?.resolve(2)
    expect(await second).toBe(2)
  })

  test('is not shared any more when it failed', async () => {
    const { flights, run, runs } = flying()
    const first = flights.join('k', run)
    runs[0]?.reject(new Error('as it happens'))
    await expect(first).rejects.toThrow('as it happens')
    const second = flights.join('k', run)
    runs[1]?.resolve(2)
    expect(await second).toBe(2)
  })

  test('is forgotten when it throws before it begins', async () => {
    const { flights, run, runs } = flying()
    const broken = (): never => {
      throw new Error('at once')
    }
    await expect(flights.join('k', broken)).rejects.toThrow('at once')
    const next = flights.join('k', run)
    runs[0]?.resolve('fine')
    expect(await next).toBe('fine')
  })

  test('was not aborted', async () => {
    const { flights, run, runs } = flying()
    const passenger = flights.join('k', run, new AbortController().signal)
    runs[0]?.resolve(1)
    await passenger
    expect(runs[0]?.signal.aborted).toBe(false)
  })

  test("leaves no listener on its passengers' signals", async () => {
    const { flights, run, runs } = flying()
    const [stays, leaves] = [new AbortController(), new AbortController()]
    const passengers = [flights.join('k', run, stays.signal), flights.join('k', run, leaves.signal)]
    expect(getEventListeners(stays.signal, 'abort')).toHaveLength(1)
    leaves.abort()
    runs[0]?.resolve(1)
    await Promise.allSettled(passengers)
    expect(getEventListeners(stays.signal, 'abort')).toHaveLength(0)
    expect(getEventListeners(leaves.signal, 'abort')).toHaveLength(0)
  })
})

describe('who leaves', () => {
  test('is told so by the reason of their own signal, and the others get the value', async () => {
    const { flights, run, runs } = flying()
    const leaves = new AbortController()
    const [gone, stays] = [flights.join('k', run, leaves.signal), flights.join('k', run)]
    const reason = new Error('had enough')
    leaves.abort(reason)
    await expect(gone).rejects.toBe(reason)
    expect(runs[0]?.signal.aborted).toBe(false)
    runs[0]?.resolve(1)
    expect(await stays).toBe(1)
  })

  test('aborts the work when nobody is left, and not before', async () => {
    const { flights, run, runs } = flying()
    const controllers = [1, 2, 3].map(() => new AbortController())
    const outcomes = Promise.allSettled(controllers.map(({ signal }) => flights.join('k', run, signal)))
    for (const controller of controllers) {
      expect(runs[0]?.signal.aborted).toBe(false)
      controller.abort()
      await turnOfTheLoop()
    }
    expect(runs[0]?.signal.aborted).toBe(true)
    expect(runs[0]?.signal.reason).toMatchObject({ name: 'AbortError' })
    expect((await outcomes).map(({ status }) => status)).toStrictEqual(['rejected', 'rejected', 'rejected'])
  })

  test('before it begins does not begin it', async () => {
    const { flights, run, runs } = flying()
    const reason = new Error('too late')
    await expect(flights.join('k', run, AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(runs).toHaveLength(0)
  })

  test('makes room for a new run, which the end of the abandoned one does not touch', async () => {
    const { flights, run, runs } = flying()
    const leaves = new AbortController()
    const gone = flights.join('k', run, leaves.signal)
    leaves.abort()
    await expect(gone).rejects.toThrow('aborted')
    const next = flights.join('k', run)
    runs[0]?.resolve('late')
    await turnOfTheLoop()
    const another = flights.join('k', run)
    expect(runs).toHaveLength(2)
    runs[1]?.resolve('new')
    expect(await Promise.all([next, another])).toStrictEqual(['new', 'new'])
  })

  test('leaves no rejection behind that nobody handles', async () => {
    const unhandled: unknown[] = []
    const note = (reason: unknown): void => void unhandled.push(reason)
    process.on('unhandledRejection', note)
    const { flights, run, runs } = flying()
    const leaves = new AbortController()
    const gone = flights.join('k', run, leaves.signal)
    leaves.abort()
    await expect(gone).rejects.toThrow('aborted')
    runs[0]?.reject(new Error('nobody cares'))
    await turnOfTheLoop()
    process.off('unhandledRejection', note)
    expect(unhandled).toStrictEqual([])
  })
})

interface Run {
  readonly signal: AbortSignal
  readonly resolve: (value: unknown) => void
  readonly reject: (reason: unknown) => void
}

interface Flying {
  readonly flights: SingleFlight
  /** Work that ends when the test says so. */
  readonly run: (signal: AbortSignal) => Promise<unknown>
  /** The work that was begun. */
  readonly runs: Run[]
}

function flying(): Flying {
  const runs: Run[] = []
  const run = (signal: AbortSignal): Promise<unknown> =>
    new Promise((resolve, reject) => void runs.push({ signal, resolve, reject }))
  return { flights: new SingleFlight(), run, runs }
}

function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
