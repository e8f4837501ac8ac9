import { expect, test } from 'vitest'
import { pollPause } from '../../src/cache/lock-acquisition.js'

test('who waits for a lock asks after 10 ms at most, then less and less often, up to every 250 ms', () => {
  expect([1, 2, 3, 4, 5, 6, 100].map((tries) => pollPause(tries, 1))).toStrictEqual([10, 20, 40, 80, 160, 250, 250])
})

test('half of a pause is chance, so that those who began together do not ask together', () => {
  expect([pollPause(1, 0), pollPause(100, 0), pollPause(100, 0.5)]).toStrictEqual([5, 125, 187.5])
})
