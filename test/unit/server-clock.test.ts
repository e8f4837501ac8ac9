import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ErrorReply } from '../../src/connection/connection.js'
import { better, readingOf, ServerClock, timeOf } from '../../src/connection/server-clock.js'

const minute = 60_000

describe('the reply to TIME', () => {
  test('is ms since 1970, with a fraction', () => {
    expect(timeOf(['1700000000', '123456'])).toBe(1_700_000_000_123.456)
  })

  test('that is none leaves the clock unknown', () => {
    for (const reply of [new ErrorReply('NOPERM'), null, 'OK', [], ['x', 'y']])
      expect(readingOf(reply, 0, 1)).toBeUndefined()
  })

  test('belongs to the middle of the round trip, whose half it may be wrong by', () => {
    expect(readingOf(['100', '0'], 40, 60)).toStrictEqual({ offset: 100_000 - 50, margin: 10, at: 60 })
  })
})

describe('of two readings of a clock', () => {
  const exact = { offset: 1_000, margin: 1, at: 0 }

  test('the newer counts when it is as exact', () => {
    const newer = { offset: 1_001, margin: 1, at: 10 }
    expect(better(exact, newer)).toBe(newer)
  })

  test('a slow answer does not replace an exact one that it agrees with', () => {
    expect(better(exact, { offset: 1_200, margin: 250, at: 10 })).toBe(exact)
  })

  test('a slow answer counts when it disagrees: the clock was set, or it is another server', () => {
    const disagreeing = { offset: 9_000, margin: 250, at: 10 }
    expect(better(exact, disagreeing)).toBe(disagreeing)
  })

  test('an old reading gives way to one that is less exact', () => {
    const later = { offset: 1_004, margin: 5, at: minute }
    expect(better(exact, later)).toBe(later)
  })

  test('whichever counts, it contains the time of the server, whose clock may drift', () => {
    const way = fc.record({ out: fc.integer({ min: 0, max: 500 }), back: fc.integer({ min: 0, max: 500 }) })
    const drift = fc.double({ min: -5e-5, max: 5e-5, noNaN: true })
    fc.assert(
      fc.property(fc.array(way, { minLength: 1, maxLength: 20 }), drift, (ways, speed) => {
        const server = (now: number): number => 50_000 + now * (1 + speed)
        let [now, known] = [0, undefined as ReturnType<typeof better> | undefined]
        for (const { out, back } of ways) {
          const time = server(now + out) * 1_000
          const reply = [String(Math.floor(time / 1e6)), String(time % 1e6)]
          const reading = readingOf(reply, now, now + out + back)
          if (reading !== undefined) known = better(known, reading)
          now += out + back + minute
        }
        const { offset, margin, at } = known as NonNullable<typeof known>
        expect(Math.abs(now + offset - server(now))).toBeLessThanOrEqual(margin + (now - at) * 1e-4 + 0.01)
      }),
    )
  })
})

describe('a clock', () => {
  test('is unknown and old until it is learned, and goes on by the monotonic clock', () => {
    let now = 5
    const clock = new ServerClock({ now: () => now })
    expect(clock.now).toBeUndefined()
    expect(clock.isOld).toBe(true)
    clock.learn(readingOf(['100', '0'], 5, 5))
    expect(clock.isOld).toBe(false)
    now += 250
    expect(clock.now).toBe(100_250)
  })

  test('is old after a minute, and what could not be learned changes nothing', () => {
    let now = 0
    const clock = new ServerClock({ now: () => now })
    clock.learn(readingOf(['100', '0'], 0, 0))
    clock.learn(undefined)
    now = minute - 1
    expect(clock.isOld).toBe(false)
    now = minute
    expect(clock.isOld).toBe(true)
    expect(clock.now).toBe(160_000)
  })
})
