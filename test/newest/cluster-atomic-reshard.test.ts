import { test } from '../support/cluster-drill.js'
import { expectReshardUnnoticed } from '../support/cluster-reshard.js'

/** Valkey from 9.0 on: CLUSTER MIGRATESLOTS moves slots in one step. */

test('1,000 slots that move at once under 1,000 operations a second: no error, no wrong value, each key seen once by a walk', async ({
  cluster,
  drill,
}) => {
  await expectReshardUnnoticed(await drill(cluster, { writeRate: 300 }), true)
})
