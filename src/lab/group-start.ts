import { setTimeout as sleep } from 'node:timers/promises'
import { monotonicClock, type Milliseconds } from '../units.js'
import type { ServerConfig } from './config-file.js'
import { LabGroup } from './group.js'
import { nodeConfigs, sentinelConfigs } from './group-config.js'
import type { ResolvedGroupOptions } from './group-options.js'
import { freePorts } from './ports.js'
import type { LabServer } from './server.js'

/** Makes a server that is not started yet. */
export type MakeServer = (kind: 'server' | 'sentinel', port: number, config: ServerConfig) => LabServer

/** Starts the primary, then its replicas, then, when their links are up, the sentinels: each finds what it looks for. */
export async function startGroup(make: MakeServer, options: ResolvedGroupOptions): Promise<LabGroup> {
  const { serviceName } = options
  const nodePorts = await freePorts(1 + options.replicas)
  const sentinelPorts = await freePorts(options.sentinels)
  const nodes = nodeConfigs(nodePorts, options).map((config, index) => make('server', nodePorts[index] ?? 0, config))
  const sentinels = sentinelConfigs(nodePorts, sentinelPorts, options).map((config, index) =>
    make('sentinel', sentinelPorts[index] ?? 0, config),
  )
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
