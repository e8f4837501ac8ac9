import type { CacheOptions } from '../../config/options.js'
import type { Lab } from '../../lab/lab.js'
import type { LabServer } from '../../lab/server/server.js'

/** Servers to break: what a cache is told of them, and what can be done to them. */
export interface Stage {
  /** What it is made of, such as `1 primary, 2 replicas, 3 sentinels`. */
  readonly title: string
  readonly options: CacheOptions
  readonly servers: readonly LabServer[]
  readonly acts: readonly Act[]
}

/** Something that can be done to the servers. */
export interface Act {
  /** The key that does it. */
  readonly key: string
  /** What it does, in the words of the help. */
  readonly does: string
  /** Does it; resolves with what was done. */
  run(): Promise<string>
}

/** A primary, two replicas and three sentinels, each behind a proxy. */
export async function groupStage(lab: Lab): Promise<Stage> {
  const config = { 'min-replicas-to-write': '1', 'min-replicas-max-lag': '2' }
  const group = await lab.group({ downAfter: 1_500, proxied: true, config })
  const { location, sentinelAddresses: sentinels, nodes } = group
  const failover = async (): Promise<string> => `a failover was ordered: ${(await group.failover()).address} is primary`
  return {
    title: '1 primary, 2 replicas, 3 sentinels',
    options: { location, client: 'sentinel', sentinels },
    servers: nodes,
    acts: [...breaking(nodes, () => group.primary()), { key: 'o', does: 'order a failover', run: failover }],
  }
}

/** Three primaries with a replica each. */
export async function clusterStage(lab: Lab): Promise<Stage> {
  const cluster = await lab.cluster({ proxied: true })
  const first = async (): Promise<LabServer> => (await cluster.primaries())[0] as LabServer
  const failover = async (): Promise<string> =>
    `a failover was ordered: ${(await cluster.failover(0)).address} is primary`
  const reshard = async (): Promise<string> => {
    const [from, to] = (await cluster.primaries()) as [LabServer, LabServer]
    await cluster.reshard({ slots: movedSlots, from, to })
    return `${movedSlots} slots were moved from ${from.address} to ${to.address}`
  }
  return {
    title: 'a cluster of 3 primaries with a replica each',
    options: { location: cluster.locations, client: 'cluster' },
    servers: cluster.nodes,
    acts: [
      ...breaking(cluster.nodes, first),
      { key: 'o', does: 'order a failover', run: failover },
      { key: 'r', does: `move ${movedSlots} slots`, run: reshard },
    ],
  }
}

/** What takes a primary away; the same key gives it back. */
function breaking(servers: readonly LabServer[], primary: () => Promise<LabServer>): readonly Act[] {
  const cutOff = new Set<LabServer>()
  const freeze = async (): Promise<string> => {
    const frozen = servers.find(({ state }) => state === 'paused')
    if (frozen === undefined) return done('is frozen', await primary(), (server) => server.pause())
    return done('goes on', frozen, (server) => server.resume())
  }
  const kill = async (): Promise<string> => {
    const dead = servers.find(({ state }) => state === 'stopped')
    if (dead === undefined) return done('is killed', await primary(), (server) => server.kill())
    return done('is started again', dead, (server) => server.start())
  }
  const partition = async (): Promise<string> => {
    const [lost] = cutOff
    if (lost === undefined) return done('is cut off', await primary(), (server) => void cutOff.add(server), blackhole)
    cutOff.clear()
    return done('is reached again', lost, (server) => server.proxy.heal())
  }
  return [
    { key: 'f', does: 'freeze the primary, or let it go on', run: freeze },
    { key: 'k', does: 'kill it, or start it again', run: kill },
    { key: 'p', does: 'cut it off, or heal that', run: partition },
  ]
}

function blackhole({ proxy }: LabServer): void {
  proxy.blackhole()
}

async function done(
  what: string,
  server: LabServer,
  ...steps: readonly ((server: LabServer) => unknown)[]
): Promise<string> {
  for (const step of steps) await step(server)
  return `${server.address} ${what}`
}

/** How many slots move at once. */
const movedSlots = 200
