import { expect } from 'vitest'
import type { CacheEvents } from '../../src/index.js'
import { eventually, type LabGroup, type LabServer } from '../../src/lab/index.js'
import { expectReadsWent, expectSwitched, test } from '../support/failover.js'

test('two failovers 2 s apart that one sentinel does not hear of: never a step back, and the disagreement is told once', async ({
  drill,
}) => {
  const run = await drill({ group: { downAfter: 3_000, replicas: 3, proxied: true } })
  const { group, cache } = run
  const deaf = group.sentinels[2] as LabServer
  const told: CacheEvents['disagreement'][] = []
  cache.on('disagreement', (event) => told.push(event))
  isolate(deaf, group)
  await run.strike(() => failOver(group))
  const second = await group.primary()
  await run.goOn(100)
  await failOver(group)
  await run.replaced(second)
  await eventually(() => told.length > 0, { timeout: 5_000 })
  const claims = told[0]?.claims ?? []
  expect(claims.at(-1)).toEqual({ primary: run.primary.address, epoch: 0, sentinels: [deaf.address] })
  expect(claims[0]?.epoch, 'the newest claim comes first').toBeGreaterThan(0)
  for (const { proxy } of [...group.nodes, ...group.sentinels]) proxy.heal()
  const { primary } = cache.topology()
  await eventually(async () => (await namedBy(deaf, group)) === primary, { timeout: 15_000 })
  await run.goOn(50)
  const outcome = await run.finish()
  expect(outcome.epochs).toEqual([1, 2])
  expect(told).toHaveLength(1)
  expect(outcome.lostAt).toEqual([])
  expectSwitched(outcome)
  expectReadsWent(outcome)
})

/** No server hears it and it hears none; clients do, and it tells them what it knew. */
function isolate(sentinel: LabServer, { nodes, sentinels }: LabGroup): void {
  sentinel.proxy.blackhole({ from: 'servers' })
  for (const { proxy } of [...nodes, ...sentinels]) proxy.blackhole({ from: sentinel })
}

/** Until the two sentinels that hear each other name another primary. */
async function failOver(group: LabGroup): Promise<void> {
  const heard = group.sentinels.slice(0, 2) as [LabServer, LabServer]
  const before = await namedBy(heard[0], group)
  await eventually(() => heard[0].command('SENTINEL', 'FAILOVER', group.serviceName), { timeout: 15_000 })
  const named = (): Promise<string[]> => Promise.all(heard.map((sentinel) => namedBy(sentinel, group)))
  await eventually(async () => (await named()).every((address) => address !== before), { timeout: 15_000 })
}

async function namedBy(sentinel: LabServer, { serviceName }: LabGroup): Promise<string> {
  const [host, port] = (await sentinel.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', serviceName)) as string[]
  return `${host}:${port}`
}
