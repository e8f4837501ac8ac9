import { expect, test } from 'vitest'
import { HedgeBudget } from '../../src/clients/hedge.js'

test('20 reads may be asked of a second node in a burst, and no more', () => {
  const budget = new HedgeBudget()
  expect(takenFrom(budget, 50)).toBe(20)
})

test('then one for every ten reads', () => {
  const budget = new HedgeBudget()
  takenFrom(budget, 20)
  for (let read = 0; read < 105; read++) budget.earn()
  expect(takenFrom(budget, 50)).toBe(10)
})

test('any number of reads in between saves up for 20', () => {
  const budget = new HedgeBudget()
  for (let read = 0; read < 100_000; read++) budget.earn()
  expect(takenFrom(budget, 50)).toBe(20)
})

test('in the long run they are a tenth of all reads, beside the burst', () => {
  const budget = new HedgeBudget()
  let taken = 0
  for (let read = 0; read < 100_000; read++) {
    budget.earn()
    if (budget.take()) taken++
  }
  expect(taken).toBeGreaterThan(9_990)
  expect(taken).toBeLessThanOrEqual(10_020)
})

function takenFrom(budget: HedgeBudget, tries: number): number {
  return Array.from({ length: tries }, () => budget.take()).filter(Boolean).length
}
