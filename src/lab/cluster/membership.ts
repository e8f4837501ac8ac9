import { eventually } from '../eventually.js'
import { nodeViewOf } from '../group/node-view.js'
import type { GroupParts } from '../group/start.js'
import { LabError } from '../lab-error.js'
import { loopback } from '../ports.js'
import type { ServerConfig } from '../server/config-file.js'
import type { LabServer } from '../server/server.js'
import { entryOf, placeNode, planNode, type ClusterNode } from './config.js'
import { absentPrimary, randomId, type FileEntry } from './nodes-file.js'
import type { ResolvedClusterOptions } from './options.js'
import { viewOf, type ListedNode } from './view.js'

/** A cluster as a new node finds it. */
export interface Joined {
  readonly parts: GroupParts
  readonly options: ResolvedClusterOptions
  readonly nodes: readonly ClusterNode[]
  /** What a live node knows of them. */
  readonly listed: readonly ListedNode[]
}

/** Starts one more node, a replica of this primary or a primary without slots, and lets it meet all live nodes. */
export async function join({ parts, options, nodes, listed }: Joined, of?: ClusterNode): Promise<ClusterNode> {
  const place = await placeNode(parts, options, of?.place.shardId ?? randomId())
  const absent = absentPrimary(place.shardId)
  const others = nodes.flatMap((node) => knownEntry(node, listed))
  const file = [...others, ...(of ? [] : [absent]), { ...entryOf(place), of: of?.place.id ?? absent.id }]
  const server = parts.make('server', planNode(place, file, options))
  await server.start()
  if (!of) {
    await takeOver(server)
    await forget([server], absent.id)
  }
  for (const { place: other } of nodes.filter((node) => node.server.state === 'running'))
    await server.command('CLUSTER', 'MEET', loopback, other.known.port, other.busPort)
  return { place, server }
}

function knownEntry({ place }: ClusterNode, listed: readonly ListedNode[]): FileEntry[] {
  const known = listed.find(({ id }) => id === place.id)
  return known ? [{ ...entryOf(place), of: known.of, epoch: known.epoch, slots: known.slots }] : []
}

/** Waits until the replica answers for keys, then promotes it, though its primary can agree to nothing. */
export async function takeOver(replica: LabServer): Promise<void> {
  const ready = async (): Promise<boolean> =>
    String(await replica.command('CLUSTER', 'INFO')).startsWith('cluster_state:ok')
  // On a machine that is too busy for this it is promoted all the same, and answers for keys later.
  await eventually(ready, { timeout: 1_500 }).catch(() => {})
  await replica.command('CLUSTER', 'FAILOVER', 'TAKEOVER')
}

/** Orders a failover to the replica, and waits for it; servers give up after 5 s themselves. */
export async function promote(replica: LabServer, how: readonly string[]): Promise<void> {
  const look = async (): Promise<void> => {
    const { role } = await nodeViewOf(replica)
    if (role !== 'primary') throw new LabError(`${replica.address} was not promoted.`)
  }
  await replica.command('CLUSTER', 'FAILOVER', ...how)
  await eventually(look, { timeout: 6_000 })
}

/** Makes all nodes forget the one with this id, each when it has seen that its slots belong to somebody else. */
export async function forget(nodes: readonly LabServer[], id: string): Promise<void> {
  await Promise.all(nodes.map((node) => eventually(() => isForgotten(node, id))))
}

/** A node that sees slots without an owner would refuse everything. It throws while the node is a replica of that one. */
async function isForgotten(node: LabServer, id: string): Promise<boolean> {
  const listed = (await viewOf(node)).nodes.find((candidate) => candidate.id === id)
  if (!listed) return true
  if (listed.slots.length > 0) return false
  await node.command('CLUSTER', 'FORGET', id)
  return true
}

/** Changes settings of running nodes. */
export async function configure(nodes: readonly LabServer[], settings: ServerConfig): Promise<void> {
  const words = Object.entries(settings).flat(2)
  await Promise.all(nodes.map((node) => node.command('CONFIG', 'SET', ...words)))
}
