import { expect } from 'vitest'
import { eventually, type LabGroup, type LabServer } from '../../src/lab/index.js'
import { expectReadsWent, test, type Drill, type Outcome } from '../support/failover.js'
import { hasten, SentinelLog } from '../support/sentinel-log.js'

const holdTimeout = 3_000

test('a failover whose candidate is frozen: writes are held for holdTimeout at most, then go to the old primary', async ({
  drill,
}) => {
  const run = await drill({ group: { downAfter: 3_000, failoverTimeout: 3_600 }, before: preferLast })
  const { namedAt, abortedAt } = await failOverToFrozen(run)
  const outcome = await run.finish()
  expect(abortedAt - outcome.faultAt, 'the abort, after the order').toBeGreaterThan(holdTimeout + 100)
  const { writes, faultAt } = outcome
  expect(writes.longestGapSince(faultAt), 'longest pause of writes').toBeGreaterThan(holdTimeout - 500)
  // The candidate is named some ticks of the leader's timer after the order, and writes are held anew then.
  const heldAnew = outcome.writeGap - (namedAt - faultAt)
  expect(heldAnew, 'longest pause of writes, less the time until the candidate was named').toBeLessThanOrEqual(
    holdTimeout + 150,
  )
  expectNothingChanged(outcome)
})

test('a failover that is given up within holdTimeout: writes go on at once', async ({ drill }) => {
  const run = await drill({ group: { downAfter: 3_000, failoverTimeout: 1_000 }, before: preferLast })
  const { abortedAt } = await failOverToFrozen(run)
  const outcome = await run.finish()
  expect(abortedAt - outcome.faultAt, 'the abort, after the order').toBeLessThan(holdTimeout - 500)
  expect(outcome.writes.gapAfter(abortedAt) - outcome.machine, 'writes after the abort').toBeLessThanOrEqual(150)
  expectNothingChanged(outcome)
})

test('a failover that is given up after its candidate was promoted: the cache returns to the primary that the sentinels name', async ({
  drill,
}) => {
  const run = await drill({
    group: { downAfter: 3_000, failoverTimeout: 2_000, proxied: true },
    before: preferLast,
  })
  const { group, cache, primary } = run
  const [leader, ...others] = group.sentinels as [LabServer, ...LabServer[]]
  const candidate = group.nodes.at(-1) as LabServer
  await hasten(others, { info: 100, publish: 250 })
  const log = await SentinelLog.start(group.sentinels)
  // While it leads a failover a sentinel asks replicas every second: it has just asked, and asks again after the promotion.
  await hasten([leader], { info: 100 })
  await eventually(async () => (await infoAge(leader, candidate, group.serviceName)) < 200)
  await run.strike(() => leader.command('SENTINEL', 'FAILOVER', group.serviceName))
  await eventually(() => saysPrimary(candidate), { interval: 1 })
  const promotedAt = performance.now()
  candidate.proxy.blackhole({ from: leader })
  await eventually(() => cache.topology().primary === candidate.address)
  expect(cache.topology().provisional).toBe(true)
  const { at: abortedAt } = await log.heard('-failover-abort-slave-timeout')
  await eventually(() => cache.topology().primary === primary.address, { interval: 1 })
  const returnedAt = performance.now()
  candidate.proxy.heal()
  await log.heard('+convert-to-slave')
  await eventually(() => cache.topology().nodes.filter(({ state }) => state === 'up').length === 3)
  await run.goOn(50)
  log.stop()
  const outcome = await run.finish()
  expect(outcome.writes.gapAfter(abortedAt) - outcome.machine, 'writes after the abort').toBeLessThanOrEqual(250)
  expect(returnedAt - abortedAt - outcome.machine, 'the return after the abort').toBeLessThanOrEqual(250)
  const odd = outcome.lostAt.filter((at) => at < promotedAt - 100 - outcome.machine || at > returnedAt)
  expect(odd, 'lost before the promotion or after the return').toEqual([])
  expect(outcome.epochs).toEqual([1, 0])
  expect(outcome.changes).toEqual([])
  expectReadsWent(outcome)
})

/** Orders a failover whose candidate has just frozen; resolves with when it was named, and when it was given up. */
async function failOverToFrozen(run: Drill): Promise<{ readonly namedAt: number; readonly abortedAt: number }> {
  const { nodes, sentinels, serviceName } = run.group
  const candidate = nodes.at(-1) as LabServer
  const log = await SentinelLog.start(sentinels)
  await run.strike(async () => {
    candidate.pause()
    await sentinels[0]?.command('SENTINEL', 'FAILOVER', serviceName)
  })
  const { at: namedAt } = await log.heard('+selected-slave')
  const { at: abortedAt } = await log.heard('-failover-abort-slave-timeout')
  await run.goOn(50)
  await candidate.kill()
  await run.goOn(50)
  log.stop()
  return { namedAt, abortedAt }
}

/** The last node is the one that a failover selects. */
async function preferLast({ nodes, sentinels, serviceName }: LabGroup): Promise<void> {
  await nodes.at(-1)?.command('CONFIG', 'SET', 'replica-priority', 1)
  await hasten(sentinels, { info: 100 })
  await eventually(async () => {
    const views = await Promise.all(sentinels.map((sentinel) => sentinel.command('SENTINEL', 'REPLICAS', serviceName)))
    return views.every((view) => (view as Map<string, string>[]).some((fields) => fields.get('slave-priority') === '1'))
  })
  await hasten(sentinels, {})
}

/** How long ago a sentinel had its last INFO from a node, in ms. */
async function infoAge(sentinel: LabServer, { port }: LabServer, serviceName: string): Promise<number> {
  const replicas = (await sentinel.command('SENTINEL', 'REPLICAS', serviceName)) as Map<string, string>[]
  return Number(replicas.find((fields) => fields.get('port') === String(port))?.get('info-refresh'))
}

async function saysPrimary(node: LabServer): Promise<boolean> {
  return ((await node.command('ROLE')) as unknown[])[0] === 'master'
}

function expectNothingChanged(outcome: Outcome): void {
  const { reads, ownReads, writes, changes, lostAt, missed, epochs } = outcome
  const failures = [reads, ownReads, writes].map((report) => Object.fromEntries(report.failures))
  expect(failures, 'failed reads, own reads and writes').toEqual([{}, {}, {}])
  expect({ changes, lostAt, missed, epochs }).toEqual({ changes: [], lostAt: [], missed: 0, epochs: [] })
  expectReadsWent(outcome)
}
