import { expect } from 'vitest'
import { eventually, type LabServer } from '../../../src/lab/index.js'
import { test } from '../../support/failover.js'

test('a service that was removed and is monitored anew, at epoch 0, does not lock the cache out', async ({ drill }) => {
  const run = await drill()
  const { nodes, sentinels } = run.group
  await run.strike(() => run.group.failover())
  await run.switched()
  await run.goOn(300)
  const second = await run.group.primary()
  const third = nodes.find((node) => node !== run.primary && node !== second) as LabServer
  await Promise.all(sentinels.map((sentinel) => sentinel.command('SENTINEL', 'REMOVE', 'mymaster')))
  await lead(third, nodes)
  await Promise.all(
    sentinels.map((sentinel) => sentinel.command('SENTINEL', 'MONITOR', 'mymaster', third.host, third.port, 2)),
  )
  // Sooner than by the questions of calm times, which are 4.5 s apart at least.
  await eventually(() => run.cache.topology().primary === third.address, { timeout: 4_000 })
  expect(run.cache.topology().epoch).toBe(0)
  await run.goOn(50)
  const { epochs } = await run.finish()
  expect(epochs).toEqual([1, 0])
})

/** Makes a node the primary of the others, as an operator would by hand. */
async function lead(node: LabServer, nodes: readonly LabServer[]): Promise<void> {
  await node.command('REPLICAOF', 'NO', 'ONE')
  const others = nodes.filter((other) => other !== node)
  await Promise.all(others.map((other) => other.command('REPLICAOF', node.host, node.port)))
}
