import type { LookupFunction } from 'node:net'
import { describe, expect, test, vi } from 'vitest'
import { firstOf, inTurns, lookupBy, pauseBetween } from '../../src/connection/resp/addresses.js'

const v4 = (address: string): { address: string; family: number } => ({ address, family: 4 })
const v6 = (address: string): { address: string; family: number } => ({ address, family: 6 })

test('addresses of the two families are tried in turns, the family of the first one first', () => {
  const [a, b, c] = [v4('10.0.0.1'), v4('10.0.0.2'), v4('10.0.0.3')]
  const [x, y] = [v6('::1'), v6('::2')]
  expect(inTurns([a, b, c, x, y])).toStrictEqual([a, x, b, y, c])
  expect(inTurns([x, y, a])).toStrictEqual([x, a, y])
  expect(inTurns([a, b])).toStrictEqual([a, b])
  expect(inTurns([])).toStrictEqual([])
})

test('all addresses are begun within half of the time, and none more than 250 ms after the one before', () => {
  expect(pauseBetween(2, 1_000)).toBe(250)
  expect(pauseBetween(2, 60_000)).toBe(250)
  expect(pauseBetween(10, 1_000) * 10).toBeLessThanOrEqual(500)
  expect(pauseBetween(2, 400) * 2).toBeLessThanOrEqual(200)
})

test("the lookup function of node:tls options gives one address or all, and its error is the look-up's", async () => {
  expect(await lookupBy((_host, _options, done) => done(null, '10.0.0.1', 4))('h')).toStrictEqual([v4('10.0.0.1')])
  expect(await lookupBy((_host, _options, done) => done(null, [v6('::1')]))('h')).toStrictEqual([v6('::1')])
  for (const nothing of [undefined, null]) {
    const call = (found: unknown): LookupFunction =>
      ((_host: string, _options: object, done: (...args: unknown[]) => void) => done(nothing, found)) as LookupFunction
    expect(await lookupBy(call('::1'))('h')).toStrictEqual([v6('::1')])
    expect(await lookupBy(call([v4('10.0.0.1')]))('h')).toStrictEqual([v4('10.0.0.1')])
    expect(await lookupBy(call(undefined))('h')).toStrictEqual([])
  }
  const error = Object.assign(new Error('no such host'), { code: 'ENOTFOUND' })
  await expect(lookupBy((_host, _options, done) => done(error, ''))('h')).rejects.toBe(error)
})

describe('of several attempts', () => {
  const never = new AbortController().signal
  const discard = vi.fn<() => void>()

  test('one that fails makes the next one start at once', async () => {
    const attempt = async (name: string): Promise<string> => {
      if (name === 'second') return name
      throw new Error(name)
    }
    expect(await firstOf(['first', 'second'], { pause: 60_000, signal: never, attempt, discard })).toBe('second')
  })

  test('one that takes long runs on beside the next, and may come in first', async () => {
    let finish!: () => void
    const slow = new Promise<void>((resolve) => (finish = resolve))
    const attempt = async (name: string, signal: AbortSignal): Promise<string> => {
      if (name === 'slow') return slow.then(() => name)
      finish()
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    }
    expect(await firstOf(['slow', 'hung'], { pause: 1, signal: never, attempt, discard })).toBe('slow')
  })

  test('the others are told when it is over, and what comes in later is discarded', async () => {
    const discarded: string[] = []
    let late!: Promise<string>
    const attempt = (name: string, signal: AbortSignal): Promise<string> => {
      if (name === 'winner') return Promise.resolve(name)
      late = new Promise((resolve) => signal.addEventListener('abort', () => resolve(name)))
      return late
    }
    const won = firstOf(['loser', 'winner'], {
      pause: 1,
      signal: never,
      attempt,
      discard: (name) => discarded.push(name),
    })
    expect(await won).toBe('winner')
    await late
    await Promise.resolve()
    expect(discarded).toStrictEqual(['loser'])
  })

  test('that nobody wins, the errors of all come together', async () => {
    const attempt = (name: string): Promise<never> => Promise.reject(new Error(name))
    await expect(firstOf(['a', 'b', 'c'], { pause: 1, signal: never, attempt, discard })).rejects.toMatchObject({
      errors: [{ message: 'a' }, { message: 'b' }, { message: 'c' }],
    })
  })

  test('of which there are none, it rejects, and where its caller had ended it, with the reason of that', async () => {
    const attempt = (name: string): Promise<string> => Promise.resolve(name)
    await expect(firstOf([], { pause: 1, signal: never, attempt, discard })).rejects.toMatchObject({ errors: [] })
    const signal = AbortSignal.abort('ended')
    await expect(firstOf(['a'], { pause: 1, signal, attempt, discard })).rejects.toBe('ended')
  })

  test('that its caller ends in the turn in which one succeeds, it rejects, and discards that one', async () => {
    const caller = new AbortController()
    const discarded: string[] = []
    const attempt = async (name: string): Promise<string> => {
      queueMicrotask(() => caller.abort('changed my mind'))
      await Promise.resolve()
      await Promise.resolve()
      return name
    }
    const racing = firstOf(['a'], {
      pause: 60_000,
      signal: caller.signal,
      attempt,
      discard: (name) => discarded.push(name),
    })
    await expect(racing).rejects.toBe('changed my mind')
    await vi.waitFor(() => expect(discarded).toStrictEqual(['a']))
  })

  test('that its caller ends, it rejects with the reason of that, and starts no other one', async () => {
    const caller = new AbortController()
    const started: string[] = []
    const attempt = (name: string, signal: AbortSignal): Promise<never> => {
      started.push(name)
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    }
    const racing = firstOf(['a', 'b'], { pause: 60_000, signal: caller.signal, attempt, discard })
    caller.abort('changed my mind')
    await expect(racing).rejects.toBe('changed my mind')
    expect(started).toStrictEqual(['a'])
  })
})
