import type { Address } from '../../connection/connection.js'
import { nodeViewOf, type NodeView } from './node-view.js'
import { viewOf, type SentinelView } from './sentinel-view.js'
import type { LabServer } from '../server/server.js'

/** A group as its live servers describe it. */
export interface GroupView {
  readonly nodes: readonly NodeView[]
  readonly sentinels: readonly SentinelView[]
}

/** Asks all live servers; rejects when one of them does not answer. */
export async function groupView(
  serviceName: string,
  nodes: readonly LabServer[],
  sentinels: readonly LabServer[],
): Promise<GroupView> {
  const [nodeViews, sentinelViews] = await Promise.all([
    Promise.all(live(nodes).map(nodeViewOf)),
    Promise.all(live(sentinels).map((sentinel) => viewOf(sentinel, serviceName))),
  ])
  return { nodes: nodeViews, sentinels: sentinelViews }
}

export function live(servers: readonly LabServer[]): LabServer[] {
  return servers.filter(({ state }) => state === 'running')
}

/** Whom the sentinels send clients to. The highest epoch wins, as it does among them; within it the majority. */
export function namedPrimary(views: readonly SentinelView[]): Address | undefined {
  const epoch = Math.max(...views.map((view) => view.epoch))
  const named = views.filter((view) => view.epoch === epoch).map((view) => view.primary)
  const votes = (address: Address): number => named.filter((other) => other === address).length
  return named.toSorted((one, other) => votes(other) - votes(one))[0]
}
