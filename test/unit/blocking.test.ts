import { expect, test } from 'vitest'
import { blockingTime } from '../../src/clients/blocking.js'

test.for<[ms: number, command: string]>([
  [1_500, 'BLPOP a b 1.5'],
  [2_000, 'brpop a 2'],
  [3_000, 'BLMOVE a b LEFT RIGHT 3'],
  [4_000, 'BLMPOP 4 2 a b LEFT'],
  [5_000, 'BZPOPMIN a 5'],
  [250, 'XREAD COUNT 2 BLOCK 250 STREAMS a $'],
  [250, 'XREADGROUP GROUP g c block 250 STREAMS a >'],
  [700, 'WAIT 1 700'],
  [0, 'XREAD STREAMS a 0'],
  [0, 'BLPOP a 0'],
  [0, 'BLPOP a soon'],
  [0, 'GET 5'],
])('%i ms for %s', ([ms, command]) => {
  expect(blockingTime(command.split(' '))).toBe(ms)
})
