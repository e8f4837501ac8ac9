import { expect } from 'vitest'
import { PrimaryNotFoundError } from '../../src/index.js'
import type { LabServer } from '../../src/lab/index.js'
import { expectOthersUnnoticed, test as base } from '../support/cluster-drill.js'
import { rejection } from '../support/rejection.js'

const test = base.extend('cluster', { scope: 'file' }, ({ lab }) =>
  lab.cluster({ shards: 2, nodeTimeout: 1_000, proxied: true }),
)

test.for<[what: string, cut: (node: LabServer) => void]>([
  ['refused', (node) => node.proxy.cut({ from: 'clients' })],
  ['silent', (node) => node.proxy.blackhole({ from: 'clients' })],
])(
  'half of the nodes are cut off from us, and %s: their replicas answer, others do not notice, and it ends with the cut',
  async ([, cut], { cluster, drill }) => {
    const run = await drill(cluster, { cache: { writeDeadline: '2s' } })
    const [, other] = (await cluster.primaries()) as [LabServer, LabServer]
    const away = [run.primary, ...(await cluster.replicas(other))]
    await run.strike(() => away.forEach(cut))
    await run.goOn(200, ['reads', 'otherReads', 'otherWrites'])
    const { error } = await rejection(run.cache.set(`{${run.key}}:late`, 1, { deadline: 500 }))
    expect(error).toBeInstanceOf(PrimaryNotFoundError)
    for (const node of away) node.proxy.heal()
    const healedAt = performance.now()
    await run.goOn(50)
    const outcome = await run.finish()
    expectOthersUnnoticed(outcome)
    expect(outcome.failures.reads).toEqual({})
    expect(outcome.gaps.reads, 'longest pause of reads of the shard').toBeLessThanOrEqual(150)
    expect(outcome.lostAt).toEqual([])
    expect(outcome.promotions).toEqual([])
    expect(outcome.reports.writes.gapAfter(healedAt) - outcome.machine).toBeLessThanOrEqual(500)
  },
)
