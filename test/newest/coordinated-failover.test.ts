import { expect } from 'vitest'
import { PrimaryNotFoundError } from '../../src/index.js'
import { eventually, startTraffic, type LabServer } from '../../src/lab/index.js'
import { test as plain, under } from '../support/caches.js'
import { test } from '../support/failover.js'
import { rejection } from '../support/rejection.js'
import { replicasHave } from '../support/replicas-have.js'

/** Valkey from 9.0 on: the primary pauses its writes and hands over, and a sentinel drops the clients of both a second later. */

test('a coordinated failover under 500 writes a second loses no write, and fails none', async ({ drill }) => {
  const run = await drill({ group: { downAfter: 3_000 }, writeRate: 500 })
  await run.strike(() => run.group.sentinels[0]?.command('SENTINEL', 'FAILOVER', 'mymaster', 'COORDINATED'))
  await run.switched()
  const { reads, ownReads, writes, lostAt, epochs } = await run.finish()
  const failures = [reads, ownReads, writes].map((report) => Object.fromEntries(report.failures))
  expect(failures, 'failed reads, own reads and writes').toEqual([{}, {}, {}])
  expect({ lostAt, epochs }).toEqual({ lostAt: [], epochs: [1] })
})

plain('one that takes longer than holdTimeout holds the writes, and says why; reads go on', async ({ lab, make }) => {
  const group = await lab.group({ proxied: true, downAfter: 10_000, failoverTimeout: 6_000, steady: false })
  const [primary, ...replicas] = group.nodes as [LabServer, LabServer, LabServer]
  const { cache } = make({ cache: under(group, { holdTimeout: 500, readYourWrites: 0 }) })
  await cache.set('k', 1)
  await replicasHave(primary, group.nodes)
  const read = {
    rate: 100,
    operation: (n: number) => cache.get('k', { readFrom: n % 2 === 0 ? 'replica' : 'primary' }),
  } as const
  const reads = startTraffic(read)
  await eventually(() => reads.succeeded > 20)
  // They get nothing any more, so the primary waits for them to catch up.
  for (const replica of replicas) primary.proxy.blackhole({ from: replica })
  await primary.command('SET', 'unseen', 'by the replicas')
  await group.sentinels[0]?.command('SENTINEL', 'FAILOVER', 'mymaster', 'COORDINATED')
  await eventually(async () => String(await primary.command('INFO', 'replication')).includes('waiting-for-sync'))
  const { error } = await rejection(cache.set('k', 2, { deadline: 1_500 }))
  expect(error).toBeInstanceOf(PrimaryNotFoundError)
  expect(String(error)).toContain('the primary is paused for a coordinated failover')
  const { failures, unsettled } = await reads.stop()
  expect({ failures: [...failures], unsettled }).toEqual({ failures: [], unsettled: 0 })
  primary.proxy.heal()
  expect(await cache.set('k', 3, { deadline: 20_000 })).toBe(true)
})
