import { expect } from 'vitest'
import type { LabServer } from '../../src/lab/index.js'
import { expectOthersUnnoticed, expectServed, test } from '../support/cluster-drill.js'

test.for<[what: string, away: (replica: LabServer) => unknown]>([
  ['killed', (replica) => replica.kill()],
  ['frozen', (replica) => replica.pause()],
])(
  'all replicas of a shard %s: its primary serves the reads, and nothing fails',
  async ([, away], { cluster, drill }) => {
    const run = await drill(cluster)
    await run.strike(() => Promise.all(run.replicas.map(away)))
    await run.goOn(300, ['reads', 'writes'])
    const outcome = await run.finish()
    expectServed(outcome)
    expectOthersUnnoticed(outcome)
    const { reads, writes } = outcome.gaps
    expect(reads, 'longest pause of reads of the shard').toBeLessThanOrEqual(150)
    expect(writes, 'longest pause of writes of the shard').toBeLessThanOrEqual(50)
  },
)
