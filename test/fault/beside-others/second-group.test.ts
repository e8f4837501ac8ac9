import { expect } from 'vitest'
import { eventually, type LabServer } from '../../../src/lab/index.js'
import { expectUnnoticed, test } from '../../support/failover.js'
import { clientsOf } from '../../support/leftovers.js'

test('a failover of another service in the same sentinels is none of ours: no connection is made anew', async ({
  lab,
  drill,
}) => {
  const run = await drill()
  const { nodes, sentinels } = run.group
  const other = await lab.group({ serviceName: 'other', replicas: 1, sentinels: 0 })
  await Promise.all(sentinels.map((sentinel) => watch(sentinel, other.nodes[0] as LabServer)))
  const before = await connectionIds([...nodes, ...sentinels])
  await run.strike(() => failOver(sentinels))
  await run.goOn(100)
  expect(await connectionIds([...nodes, ...sentinels])).toEqual(before)
  const outcome = await run.finish()
  expectUnnoticed(outcome)
  expect(outcome.epochs).toEqual([])
})

async function watch(sentinel: LabServer, { host, port }: LabServer): Promise<void> {
  await sentinel.command('SENTINEL', 'MONITOR', 'other', host, port, 2)
  await sentinel.command('SENTINEL', 'SET', 'other', 'down-after-milliseconds', 1_000)
}

/** Until every sentinel names another primary; the order is refused while the replica has not been looked at. */
async function failOver(sentinels: readonly LabServer[]): Promise<void> {
  const named = (): Promise<unknown[]> =>
    Promise.all(sentinels.map((sentinel) => sentinel.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'other')))
  const before = String((await named())[0])
  await eventually(async () => sentinels[0]?.command('SENTINEL', 'FAILOVER', 'other'), { timeout: 15_000 })
  await eventually(async () => (await named()).every((address) => String(address) !== before), { timeout: 15_000 })
}

async function connectionIds(servers: readonly LabServer[]): Promise<readonly string[]> {
  const lists = await Promise.all(servers.map(clientsOf))
  return lists.flatMap((list, index) =>
    list
      .filter((client) => client.includes(' name=drill '))
      .map((client) => `${servers[index]?.address} ${/^id=\d+/.exec(client)?.[0]}`),
  )
}
