import { setTimeout as sleep } from 'node:timers/promises'
import { monotonicClock, type Milliseconds } from '../../units.js'
import { LabGroup } from './group.js'
import { planNodes, planSentinels, type Planned } from './config.js'
import type { ResolvedGroupOptions } from './options.js'
import type { Place, PlaceOptions } from '../server/place.js'
import type { LabServer } from '../server/server.js'

/** Makes a server that is not started yet. */
export type MakeServer = (kind: 'server' | 'sentinel', planned: Planned) => LabServer

/** What a group is made of. */
export interface GroupParts {
  readonly place: (options: PlaceOptions) => Promise<Place>
  readonly make: MakeServer
}

/** Starts the primary, then its replicas, then, when their links are up, the sentinels: each finds what it looks for. */
export async function startGroup({ place, make }: GroupParts, options: ResolvedGroupOptions): Promise<LabGroup> {
  const { serviceName } = options
  const find = (count: number): Promise<Place[]> => Promise.all(Array.from({ length: count }, () => place(options)))
  const places = {
    primary: await place(options),
    replicas: await find(options.replicas),
    sentinels: await find(options.sentinels),
  }
  const nodes = planNodes(places, options).map((planned) => make('server', planned))
  const sentinels = planSentinels(places, options).map((planned) => make('sentinel', planned))
  await nodes[0]?.start()
  await startAll(nodes.slice(1))
  await new LabGroup(serviceName, { nodes, sentinels: [] }).settled()
  const group = new LabGroup(serviceName, { nodes, sentinels })
  if (sentinels.length > 0) await startSentinels(group, options)
  return group
}

/**
 * Sentinels dial each other once per ping period, and those that start together miss each other the first time:
 * the period is short until they have met. A link that is lost while it is younger than a period is dialled again
 * late, and a fault noticed late: `steady` waits until that is over.
 */
async function startSentinels(group: LabGroup, { steady }: ResolvedGroupOptions): Promise<void> {
  await startAll(group.sentinels)
  await setPingPeriod(group.sentinels, 50)
  await group.settled({ linksSeen: true })
  const settledAt = monotonicClock.now()
  await setPingPeriod(group.sentinels, pingPeriod)
  if (steady) await sleep(settledAt + pingPeriod - monotonicClock.now())
}

function startAll(servers: readonly LabServer[]): Promise<unknown> {
  return Promise.all(servers.map((server) => server.start()))
}

function setPingPeriod(sentinels: readonly LabServer[], period: Milliseconds): Promise<unknown> {
  return Promise.all(sentinels.map((sentinel) => sentinel.command('SENTINEL', 'DEBUG', 'ping-period', period)))
}

/** As Sentinel ships. */
const pingPeriod: Milliseconds = 1_000
