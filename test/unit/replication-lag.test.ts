import { describe, expect, test } from 'vitest'
import { ReplicationLag } from '../../src/clients/routing/replication-lag.js'

/** A primary that writes 100 bytes between two heartbeats of 250 ms. */
function written(beats: number): ReplicationLag {
  const lag = new ReplicationLag()
  for (let beat = 0; beat <= beats; beat++) lag.note(beat * 100, beat * 250)
  return lag
}

describe('a replica is behind', () => {
  test('by nothing when it has all that the primary had at its last heartbeat', () => {
    expect(written(10).of(1_000, 2_600)).toBe(0)
    expect(written(10).of(1_050, 2_600)).toBe(0)
  })

  test('by the time since the primary passed the place where the replica is', () => {
    expect(written(10).of(400, 2_600)).toBe(2_600 - 5 * 250)
    expect(written(10).of(401, 2_600)).toBe(2_600 - 5 * 250)
  })

  test('by what is unknown before the first heartbeat of the primary', () => {
    expect(new ReplicationLag().of(5, 10)).toBeUndefined()
  })

  test('by no less, the longer its link is down', () => {
    const lags = [10, 20, 100, 300].map((beats) => written(beats).of(50, beats * 250) ?? 0)
    expect(lags).toStrictEqual(lags.toSorted((one, other) => one - other))
    expect(lags[0]).toBeGreaterThan(2_000)
  })

  test('by nothing of another primary: offsets that step back begin anew', () => {
    const lag = written(10)
    lag.note(300, 3_000)
    expect(lag.of(300, 3_100)).toBe(0)
    expect(lag.of(299, 3_100)).toBe(100)
  })
})
