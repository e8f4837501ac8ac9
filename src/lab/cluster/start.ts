import { eventually } from '../eventually.js'
import { nodeViewOf } from '../group/node-view.js'
import type { GroupParts } from '../group/start.js'
import { freePort, loopback } from '../ports.js'
import type { ServerConfig } from '../server/config-file.js'
import type { LabServer } from '../server/server.js'
import { LabCluster } from './cluster.js'
import { planNode, type ClusterPlace } from './config.js'
import { randomId, type FileEntry } from './nodes-file.js'
import type { ResolvedClusterOptions } from './options.js'
import { evenRanges, type SlotRange } from './slots.js'
import { viewOf } from './view.js'

/**
 * Starts all nodes at once, each with a `nodes.conf` in which everybody stands, so that nobody has to meet anybody.
 *
 * A primary answers for keys 2 s after its start at the earliest (CLUSTER_WRITABLE_DELAY), a replica at once, and also
 * when it is promoted then. So all nodes start as replicas: each shard's slots belong to a node that does not exist,
 * and the shard's first node takes its place.
 */
export async function startCluster(parts: GroupParts, options: ResolvedClusterOptions): Promise<LabCluster> {
  const shards = await Promise.all(evenRanges(options.shards).map((range) => placeShard(parts, options, range)))
  const file = shards.flatMap(({ absent, places }) => [absent, ...places.map((place) => entryOf(place, absent.id))])
  const places = Array.from({ length: 1 + options.replicas }, (_, index) => index).flatMap((index) =>
    shards.flatMap((shard) => shard.places[index] ?? []),
  )
  const nodes = places.map((place) => ({ place, server: parts.make('server', planNode(place, file, options)) }))
  const servers = nodes.map(({ server }) => server)
  await Promise.all(servers.map((server) => server.start()))
  await configure(servers, { 'cluster-ping-interval': '50', 'cluster-require-full-coverage': 'no' })
  await Promise.all(servers.slice(0, options.shards).map(takeOver))
  await Promise.all(shards.map(({ absent }) => forget(servers, absent.id)))
  await replicate(servers.slice(0, options.shards), servers.slice(options.shards))
  const cluster = new LabCluster(options, nodes)
  await cluster.settled()
  const { 'cluster-require-full-coverage': coverage = 'yes' } = options.config
  await configure(servers, { 'cluster-ping-interval': '0', 'cluster-require-full-coverage': coverage })
  return cluster
}

/** Where a shard's nodes stand, and the primary that they start with. */
interface ShardPlaces {
  readonly places: readonly ClusterPlace[]
  readonly absent: FileEntry
}

async function placeShard(parts: GroupParts, options: ResolvedClusterOptions, range: SlotRange): Promise<ShardPlaces> {
  const shardId = randomId()
  const places = Array.from({ length: 1 + options.replicas }, () => placeNode(parts, options, shardId))
  return { places: await Promise.all(places), absent: absentPrimary(shardId, [range]) }
}

/** Finds a place for one node. */
export async function placeNode(
  { place }: GroupParts,
  options: ResolvedClusterOptions,
  shardId: string,
): Promise<ClusterPlace> {
  return { ...(await place(options)), busPort: await freePort(), id: randomId(), shardId }
}

/** Nobody listens on port 1. */
function absentPrimary(shardId: string, slots: readonly SlotRange[]): FileEntry {
  return { id: randomId(), shardId, host: loopback, port: 1, busPort: 1, slots }
}

function entryOf({ id, shardId, known, busPort }: ClusterPlace, of: string): FileEntry {
  return { id, shardId, host: loopback, port: known.port, busPort, of }
}

/** Waits until the replica answers for keys, then promotes it, though its primary can agree to nothing. */
async function takeOver(replica: LabServer): Promise<void> {
  const ready = async (): Promise<boolean> =>
    String(await replica.command('CLUSTER', 'INFO')).startsWith('cluster_state:ok')
  // On a machine that is too busy for this it is promoted all the same, and answers for keys later.
  await eventually(ready, { timeout: 1_500 }).catch(() => {})
  await replica.command('CLUSTER', 'FAILOVER', 'TAKEOVER')
}

/** A replica counts as loading while its offset is 0: after its copy something must come, be it that nothing is deleted. */
async function replicate(primaries: readonly LabServer[], replicas: readonly LabServer[]): Promise<void> {
  const linked = async (replica: LabServer): Promise<boolean> => (await nodeViewOf(replica)).linked
  await Promise.all(replicas.map((replica) => eventually(() => linked(replica))))
  await Promise.all(primaries.map((primary) => primary.command('FLUSHALL')))
}

/**
 * While it starts, nodes tell each other of themselves every 50 ms, and bear slots without an owner: a node that was
 * promoted is still called a replica by what it sent before on another connection, and a primary that has once refused
 * commands for that does so for 2 s.
 */
async function configure(nodes: readonly LabServer[], settings: ServerConfig): Promise<void> {
  const words = Object.entries(settings).flat(2)
  await Promise.all(nodes.map((node) => node.command('CONFIG', 'SET', ...words)))
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
