import { expect, test } from 'vitest'
import { Disagreement, type ClaimBy } from '../../src/topology/sentinel/disagreement.js'

const clock = { time: 0, now: () => clock.time }
const claims = (primary: string, epoch: number, ...by: readonly string[]): readonly ClaimBy[] =>
  by.map((sentinel) => ({ primary: { host: primary, port: 1 }, epoch, by: sentinel }))
const parted = [...claims('a', 1, 's1'), ...claims('b', 2, 's3', 's2')]

test('is told once, when it has lasted longer than news takes: who claims what, the newest first', () => {
  clock.time = 0
  const disagreement = new Disagreement(clock)
  expect([disagreement.update(parted), disagreement.pending]).toStrictEqual([undefined, true])
  clock.time = 2_999
  expect(disagreement.update(parted)).toBeUndefined()
  clock.time = 3_000
  expect(disagreement.update(parted)).toStrictEqual([
    { primary: 'b:1', epoch: 2, sentinels: ['s2', 's3'] },
    { primary: 'a:1', epoch: 1, sentinels: ['s1'] },
  ])
  expect([disagreement.update(parted), disagreement.pending]).toStrictEqual([undefined, false])
})

test('is none when it was over in between, as in every failover', () => {
  clock.time = 0
  const disagreement = new Disagreement(clock)
  disagreement.update(parted)
  clock.time = 1_000
  disagreement.update(claims('b', 2, 's1', 's2', 's3'))
  clock.time = 3_500
  expect(disagreement.update(parted)).toBeUndefined()
})

test('is told again when it comes back', () => {
  clock.time = 0
  const disagreement = new Disagreement(clock)
  for (const round of [0, 10_000]) {
    clock.time = round
    disagreement.update(parted)
    clock.time = round + 3_000
    expect(disagreement.update(parted)).toBeDefined()
    disagreement.update(claims('b', 2, 's1', 's2', 's3'))
  }
})
