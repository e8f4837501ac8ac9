import { expect } from 'vitest'
import { eventually, startTraffic, type LabServer } from '../../../src/lab/index.js'
import { test } from '../../support/failover.js'
import { hasten } from '../../support/sentinel-log.js'

test('an ex-primary is not read: not while it still says primary, and not before it has synced', async ({ drill }) => {
  const run = await drill({ group: { config: { 'repl-diskless-sync': 'yes' } } })
  const { cache, group, primary } = run
  await cache.set('marker', 'right')
  await run.strike(() => group.failover())
  await run.switched()
  // So rarely would the sentinels set the ex-primary right.
  await hasten(group.sentinels, { publish: 60_000 })
  const next = await group.primary()
  await eventually(() => allFollow(next, group.nodes, primary))
  await next.command('CONFIG', 'SET', 'repl-diskless-sync-delay', 2)
  await primary.command('SET', cache.makeKey('marker'), '"wrong"')

  const read = new Set<unknown>()
  const readFrom = ['replica', 'replicaPreferred', 'any'] as const
  const marker = startTraffic({
    rate: 200,
    operation: async (n) => read.add(await cache.get('marker', { readFrom: readFrom[n % 3] })),
  })
  const [dialsBefore, startedAt] = [await dials(primary), performance.now()]
  await run.goOn(100)
  expect((await primary.command('ROLE')) as unknown[]).toContain('master')
  await hasten(group.sentinels, { info: 100, publish: 250 })
  await eventually(() => allFollow(next, group.nodes), { timeout: 30_000 })
  const perSecond = ((await dials(primary)) - dialsBefore) / ((performance.now() - startedAt) / 1_000)
  await eventually(() => cache.topology().replicas.includes(primary.address), { timeout: 30_000 })
  await run.goOn(50)

  const { failures, unsettled } = await marker.stop()
  expect([...read], 'values of the marker').toEqual(['right'])
  expect({ failures: Object.fromEntries(failures), unsettled }).toEqual({ failures: {}, unsettled: 0 })
  expect(perSecond, 'dials per second of the ex-primary').toBeLessThanOrEqual(10)
  await run.finish()
})

/** Whether every node but the excepted one follows the primary, with its link up. */
async function allFollow(primary: LabServer, nodes: readonly LabServer[], excepted?: LabServer): Promise<boolean> {
  const replicas = nodes.filter((node) => node !== primary && node !== excepted)
  const roles = (await Promise.all(replicas.map((replica) => replica.command('ROLE')))) as unknown[][]
  return roles.every(([role, , port, link]) => role === 'slave' && port === primary.port && link === 'connected')
}

/** How often somebody said HELLO, which sentinels and replicas never do. */
async function dials(server: LabServer): Promise<number> {
  const stats = String(await server.command('INFO', 'commandstats'))
  return Number(/cmdstat_hello:calls=(\d+)/.exec(stats)?.[1] ?? 0)
}
