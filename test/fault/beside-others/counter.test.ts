import { expect } from 'vitest'
import { ConnectionInterruptedError, CommandTimeoutError } from '../../../src/index.js'
import { startTraffic } from '../../../src/lab/index.js'
import { test, type Outcome } from '../../support/failover.js'
import { replicasHave } from '../../support/replicas-have.js'

test('a counter whose primary is killed: no increment runs twice, and those that may have run say so', async ({
  drill,
}) => {
  const run = await drill()
  const { cache, primary } = run
  await cache.set('counter', 0, { ttl: null })
  await replicasHave(primary, run.group.nodes)
  const acknowledged: number[] = []
  let maybe = 0
  // A second election comes 10 s after the first: what was not sent waits for it.
  const counting = startTraffic({
    rate: 500,
    operation: async () => {
      await cache.incr('counter', 1, { deadline: '40s' })
      acknowledged.push(performance.now())
    },
    onFailure: (error) => {
      if (mayHaveRun(error)) maybe += 1
    },
  })
  await run.goOn(20)
  await run.strike(() => primary.kill())
  await run.switched()
  const { failures, unsettled } = await counting.stop()
  const value = Number(await cache.get('counter', { readFrom: 'primary' }))
  const outcome = await run.finish()
  const isSafe = safety(outcome)
  const safe = acknowledged.filter(isSafe).length
  console.info(
    `value ${value}, acknowledged ${acknowledged.length}, may have run ${maybe}, ${JSON.stringify([...failures])}`,
  )
  expect(unsettled).toBe(0)
  expect(maybe, 'all that failed').toBe([...failures.values()].reduce((sum, count) => sum + count, 0))
  expect(value).toBeGreaterThanOrEqual(safe)
  expect(value).toBeLessThanOrEqual(acknowledged.length + maybe)
})

/**
 * Whether what was acknowledged at this time cannot be lost. Replication is asynchronous: the old primary takes with it
 * what it executed after the last write that its successor has. Until that one says that it is primary, late
 * acknowledgements of the old one may still come in.
 */
function safety({ faultAt, lostAt, writes, promotions }: Outcome): (at: number) => boolean {
  const keptUntil = writes.successTimes.findLast((at) => at < Math.min(faultAt, ...lostAt)) ?? 0
  const promotedAt = promotions.at(-1)?.at ?? Infinity
  return (at) => at < keptUntil || at > promotedAt
}

function mayHaveRun(error: unknown): boolean {
  return (error instanceof ConnectionInterruptedError || error instanceof CommandTimeoutError) && error.sent
}
