import { expect } from 'vitest'
import { eventually, startTraffic, type LabServer } from '../../src/lab/index.js'
import { follow, keysIn, NumberedWrites } from '../support/cluster-commands.js'
import { test } from '../support/connection.js'

/** Valkey from 9.0 on: slots move in one step, and nobody is sent back and forth with ASK meanwhile. */

test('an atomic reshard under a writer loses no write, and leaves nothing behind', async ({ lab }) => {
  const cluster = await lab.cluster()
  const [from, to] = (await cluster.primaries()) as [LabServer, LabServer]
  for (const key of keysIn(5_400, 1_000)) await from.command('SET', key, '0')
  const writes = new NumberedWrites(
    cluster,
    [5_400, 5_401].flatMap((slot) => keysIn(slot, 100)),
  )
  const traffic = startTraffic({ rate: 300, operation: (n) => writes.write(n) })
  await eventually(() => traffic.succeeded > 30)
  await cluster.reshard({ slots: 1_000, from, to, atomic: true })
  const moved = traffic.succeeded
  await eventually(() => traffic.succeeded > moved + 30)
  const { failures, unsettled } = await traffic.stop()
  expect({ failures: [...failures], unsettled, lost: await writes.lost() }).toEqual({
    failures: [],
    unsettled: 0,
    lost: [],
  })
  expect(await from.command('DBSIZE')).toBe(0)
  expect(await follow(cluster, from, ['EXISTS', keysIn(5_400, 1_000).at(-1) as string])).toBe(1)
})
