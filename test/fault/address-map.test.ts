import { expect } from 'vitest'
import { eventually, freePort, type LabGroup, type LabServer } from '../../src/lab/index.js'
import { LabProxy } from '../../src/lab/proxy/proxy.js'
import { expectReadsWent, expectSwitched, test } from '../support/failover.js'
import { clientsOf } from '../support/leftovers.js'
import { SentinelLog } from '../support/sentinel-log.js'

test('servers that are dialled elsewhere than they say: nothing is dialled anew for a rumour, and a failover is followed', async ({
  drill,
  onTestFinished,
}) => {
  const detours = new Map<LabServer, LabProxy>()
  onTestFinished(() => detours.forEach((detour) => detour.close()))
  const run = await drill({
    group: { proxied: true },
    before: async (group) => {
      for (const server of serversOf(group))
        detours.set(server, await LabProxy.start({ port: await freePort(), target: server, tellsApart: false }))
    },
    cache: () => ({
      sentinelOptions: {
        addressMap: Object.fromEntries([...detours].map(([{ address }, to]) => [address, to.address])),
      },
    }),
  })
  const { group, cache } = run
  // What was dialled a moment ago has no name yet.
  for (const [server, detour] of detours)
    await eventually(async () => expect(await connectionsTo(server)).toHaveLength(detour.connections()))

  const [rumoured] = (await group.replicas()) as [LabServer]
  const before = await allConnections(group)
  const log = await SentinelLog.start(group.sentinels)
  rumoured.proxy.blackhole({ from: 'servers' })
  await log.heard('+sdown')
  await run.goOn(20)
  rumoured.proxy.heal()
  await log.heard('-sdown')
  await run.goOn(20)
  log.stop()
  expect(await allConnections(group)).toEqual(before)

  await run.strike(() => run.primary.kill())
  await run.switched()
  await eventually(() => cache.topology().primary !== run.primary.address)
  expect(group.nodes.map(({ address }) => address)).toContain(cache.topology().primary)
  const outcome = await run.finish()
  expectSwitched(outcome)
  expectReadsWent(outcome)
})

function serversOf({ nodes, sentinels }: LabGroup): readonly LabServer[] {
  return [...nodes, ...sentinels]
}

/** The cache's connections to a server, by their ids. */
async function connectionsTo(server: LabServer): Promise<readonly string[]> {
  const clients = (await clientsOf(server)).filter((client) => client.includes(' name=drill '))
  return clients.map((client) => `${server.address} ${/^id=\d+/.exec(client)?.[0]}`)
}

async function allConnections(group: LabGroup): Promise<readonly string[]> {
  return (await Promise.all(serversOf(group).map(connectionsTo))).flat()
}
