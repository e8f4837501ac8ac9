import { expect } from 'vitest'
import { downAfter, expectEager, test, type Drill, type Outcome } from '../support/failover.js'

const runs = 10
const patience = 300_000

/** Ten runs; those in which Sentinel failed over twice, or needed a second election, are reported and judged apart. */
async function medianOutage(drill: () => Promise<Drill>, fault: (drill: Drill) => unknown): Promise<number> {
  const outcomes: Outcome[] = []
  for (let run = 0; run < runs; run++) {
    const one = await drill()
    await one.strike(fault)
    await one.switched()
    const outcome = await one.finish()
    expectEager(outcome)
    outcomes.push(outcome)
  }
  const plain = outcomes.filter(({ changes }) => changes.length === 1 && changes[0]?.epoch === 1)
  const outages = plain.map(({ writeGap }) => writeGap).toSorted((one, other) => one - other)
  const median = outages[Math.floor(outages.length / 2)] ?? Infinity
  const texts = outages.map((ms) => Math.round(ms)).join(', ')
  console.info(`writes back after ${texts} ms; median ${Math.round(median)}; ${runs - plain.length} runs apart`)
  return median
}

test('a killed primary: the median of ten runs', { timeout: patience }, async ({ drill }) => {
  const median = await medianOutage(
    () => drill(),
    ({ primary }) => primary.kill(),
  )
  expect(median).toBeLessThanOrEqual(downAfter + 700)
})

test('a frozen primary: the median of ten runs', { timeout: patience }, async ({ drill }) => {
  const median = await medianOutage(
    () => drill(),
    ({ primary }) => primary.pause(),
  )
  expect(median).toBeLessThanOrEqual(downAfter + 1_250)
})

test(
  'a planned failover under 1,000 writes a second loses nothing in ten runs of ten',
  { timeout: patience },
  async ({ drill }) => {
    for (let run = 0; run < runs; run++) {
      const one = await drill({ group: { downAfter: 3_000 }, writeRate: 1_000 })
      await one.strike(({ group }) => group.failover())
      await one.switched()
      const { writes, reads, lostAt, writeGap, readGap } = await one.finish()
      expect(writes.succeeded).toBeGreaterThan(1_000)
      expect([lostAt.length, writes.failed, reads.failed]).toStrictEqual([0, 0, 0])
      expect(Math.max(writeGap - 1_000, readGap - 150)).toBeLessThanOrEqual(0)
    }
  },
)
