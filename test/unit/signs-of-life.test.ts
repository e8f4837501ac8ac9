import { describe, expect, test } from 'vitest'
import { SignsOfLife } from '../../src/connection/signs-of-life.js'

const KiB = 1024

describe('silence', () => {
  test('counts from the last byte that came', () => {
    const signs = new SignsOfLife(1_000)
    expect(signs.silence(1_300, 0)).toBe(300)
    signs.heard(1_250)
    expect(signs.silence(1_300, 0)).toBe(50)
    expect(signs.heardAt).toBe(1_250)
  })

  test('is never less than nothing', () => {
    const signs = new SignsOfLife(1_000)
    expect(signs.silence(1_000, 0)).toBe(0)
    expect(signs.silence(1_100, 10_000_000)).toBe(0)
  })

  test('begins after the time that the bytes of the oldest command need, at 1 MB/s while nothing else was seen', () => {
    const signs = new SignsOfLife(0)
    expect(signs.silence(3_000, 3_000_000)).toBe(0)
    expect(signs.silence(3_400, 3_000_000)).toBe(400)
  })

  test('ends when the system takes more of what is to be sent', () => {
    const signs = new SignsOfLife(0)
    signs.drained(900, 64 * KiB, 10)
    expect(signs.silence(1_000, 0)).toBe(100)
  })
})

describe('the rate on the way out', () => {
  test('is learnt from what the system took, so that a large command has less time on a fast way', () => {
    const signs = new SignsOfLife(0)
    for (let time = 10; time <= 1_000; time += 10) signs.drained(time, 1_000_000, 10)
    const silence = signs.silence(2_000, 3_000_000)
    expect(silence).toBeGreaterThan(960)
    expect(silence).toBeLessThanOrEqual(1_000)
  })

  test('follows a way that becomes slow', () => {
    const signs = new SignsOfLife(0)
    for (let time = 10; time <= 1_000; time += 10) signs.drained(time, 1_000_000, 10)
    for (let time = 2_000; time <= 40_000; time += 1_000) signs.drained(time, 2_000_000, 1_000)
    expect(signs.silence(41_400, 3_000_000)).toBeLessThan(1)
  })

  test('is never taken for less than 1 MB/s, also when it is, or when nothing took any time', () => {
    const signs = new SignsOfLife(0)
    signs.drained(60_000, 1_000, 60_000)
    expect(signs.silence(62_000, 1_000_000)).toBe(1_000)
    signs.drained(70_000, 1_000, 0)
    expect(signs.silence(72_000, 1_000_000)).toBe(1_000)
  })
})
