import { expect } from 'vitest'
import { PrimaryNotFoundError, type CacheEvents } from '../../../src/index.js'
import { eventually, startTraffic, type LabServer } from '../../../src/lab/index.js'
import { test as plain, under } from '../../support/caches.js'
import { expectReadsWent, expectSwitched, test } from '../../support/failover.js'
import { rejection } from '../../support/rejection.js'
import { replicasHave } from '../../support/replicas-have.js'
import { hasten } from '../../support/sentinel-log.js'

test('with no message, no replica and no heartbeat to learn it from, a failover is found by asking every 5 s', async ({
  drill,
}) => {
  const run = await drill({
    group: { downAfter: 3_000, proxied: true },
    cache: { readFrom: 'primary', username: 'app', password: 'secret' },
    before: async ({ nodes, sentinels }) => {
      for (const { proxy } of sentinels) proxy.swallow(/.*/, { from: 'clients' })
      for (const node of nodes) await node.command('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '+@all', '-role')
    },
  })
  let switchedAt = Infinity
  run.cache.on('primary-changed', () => (switchedAt = performance.now()))
  await run.strike(() => run.group.failover())
  await run.switched()
  const { changes, epochs, machine } = await run.finish()
  const foundAfter = switchedAt - (changes[0]?.at ?? 0) - machine
  expect(foundAfter, 'found after it was known').toBeLessThanOrEqual(5_500 + 100)
  expect(epochs).toEqual([1])
})

plain('a primary that became a replica and keeps our connection is not read any more', async ({ lab, make }) => {
  const group = await lab.group({ steady: false })
  const [primary, other] = group.nodes as [LabServer, LabServer]
  const { cache } = make({ cache: under(group, { readFrom: 'primary' }) })
  await primary.command('SET', cache.makeKey('k'), '"old"')
  expect(await cache.get('k')).toBe('old')
  other.pause()
  let demotedAt = Infinity
  const staleAt: number[] = []
  const reads = startTraffic({
    rate: 500,
    operation: async () => {
      const issuedAt = performance.now()
      if ((await cache.get('k', { deadline: 500 })) === 'old' && issuedAt > demotedAt)
        staleAt.push(issuedAt - demotedAt)
    },
  })
  await eventually(() => reads.succeeded > 50)
  await primary.command('REPLICAOF', other.host, other.port)
  demotedAt = performance.now()
  await eventually(() => reads.failed > 50)
  const { failures, unsettled } = await reads.stop()
  // Where there is no CLIENT CAPA redirect the heartbeat finds it.
  const window = lab.software === 'valkey' ? 0 : 300
  expect(
    staleAt.filter((after) => after > window),
    'stale reads',
  ).toEqual([])
  expect([...failures.keys()]).toEqual(['E_PRIMARY_NOT_FOUND'])
  expect(unsettled).toBe(0)
})

plain("a primary that hands over by the server's own FAILOVER is told of, once; reads go on", async ({ lab, make }) => {
  const group = await lab.group({ steady: false })
  const [primary, successor] = group.nodes as [LabServer, LabServer]
  const { cache } = make({ cache: under(group, { readYourWrites: 0 }) })
  const told: CacheEvents['primary-demoted'][] = []
  cache.on('primary-demoted', (event) => told.push(event))
  await cache.set('k', 1)
  await replicasHave(primary, group.nodes)
  const reads = startTraffic({ rate: 200, operation: () => cache.get('k') })
  await primary.command('FAILOVER', 'TO', successor.host, successor.port)
  await eventually(() => told.length > 0)
  const { error } = await rejection(cache.set('k', 2, { deadline: 300 }))
  expect(error).toBeInstanceOf(PrimaryNotFoundError)
  expect(told).toEqual([
    {
      type: 'primary-demoted',
      address: primary.address,
      reason: expect.stringContaining(`a replica of ${successor.address}, and no failover is heard of`) as string,
    },
  ])
  const { failures, unsettled } = await reads.stop()
  expect({ failures: [...failures], unsettled }).toEqual({ failures: [], unsettled: 0 })
})

test('a primary that froze and comes back after the failover takes no write, and is not read before it has synced', async ({
  drill,
}) => {
  const run = await drill({ group: { downAfter: 3_000 }, cache: { readYourWrites: 0 } })
  const { cache, group, primary } = run
  await cache.set('marker', 'old')
  await replicasHave(primary, group.nodes)
  await run.strike(() => primary.pause())
  await run.switched()
  const next = await group.primary()
  await cache.set('marker', 'new')
  await replicasHave(
    next,
    group.nodes.filter((node) => node !== primary),
  )
  const read = new Set<unknown>()
  const readFrom = ['primary', 'replica', 'any'] as const
  const markers = startTraffic({
    rate: 300,
    operation: async (n) => read.add(await cache.get('marker', { readFrom: readFrom[n % 3] })),
  })
  await run.goOn(50)
  await hasten(group.sentinels, { info: 100, publish: 250 })
  primary.resume()
  await eventually(
    () => cache.topology().nodes.some(({ address, state }) => address === primary.address && state === 'up'),
    {
      timeout: 20_000,
    },
  )
  await run.goOn(50)
  const { failures, unsettled } = await markers.stop()
  expect([...read], 'values of the marker').toEqual(['new'])
  expect({ failures: [...failures], unsettled }).toEqual({ failures: [], unsettled: 0 })
  const outcome = await run.finish()
  const switchedAt = outcome.promotions.at(-1)?.at ?? 0
  expect(
    outcome.lostAt.filter((at) => at > switchedAt),
    'acknowledged after the switch, and lost',
  ).toEqual([])
  expectSwitched(outcome)
  expectReadsWent(outcome)
})
