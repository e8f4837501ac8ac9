import { expect } from 'vitest'
import { ConnectionInterruptedError } from '../../src/index.js'
import { startStallProbe } from '../../src/lab/index.js'
import { expectReadsWent, test } from '../support/failover.js'

test('no command outlives the switch on a frozen primary: it ends at once, with an error that says it was sent', async ({
  drill,
}) => {
  // So long that no time but that of the switch ends anything: a second election comes 10 s after the first.
  const run = await drill({
    cache: { attemptTimeout: '40s', readDeadline: '40s', writeDeadline: '40s', readYourWrites: 0 },
  })
  const probe = startStallProbe()
  let switchedAt = Infinity
  run.cache.on('primary-changed', () => (switchedAt = performance.now()))
  await run.strike(() => run.primary.pause())
  const endings = Array.from({ length: 100 }, (_, n) => ending(run.cache.set(`stuck:${n}`, n)))
  const reads = Array.from({ length: 100 }, (_, n) => ending(run.cache.get(`settled:${n}`, { readFrom: 'primary' })))
  const writes = await Promise.all(endings)
  const latest = Math.max(...writes.map(({ at }) => at))
  expect(latest - switchedAt - probe.longestStallSince(switchedAt)).toBeLessThanOrEqual(50)
  for (const { outcome } of writes) {
    expect(outcome).toBeInstanceOf(ConnectionInterruptedError)
    expect(outcome).toMatchObject({ sent: true, address: run.primary.address })
  }
  expect((await Promise.all(reads)).map(({ outcome }) => (outcome as { n: number }).n)).toEqual(reads.map((_, n) => n))
  await run.switched()
  probe.stop()
  expectReadsWent(await run.finish())
})

interface Ending {
  /** What it resolved or was rejected with. */
  readonly outcome: unknown
  readonly at: number
}

async function ending(promise: Promise<unknown>): Promise<Ending> {
  const outcome = await promise.catch((error: unknown) => error)
  return { outcome, at: performance.now() }
}
