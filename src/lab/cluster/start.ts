import { eventually } from '../eventually.js'
import { nodeViewOf } from '../group/node-view.js'
import type { GroupParts } from '../group/start.js'
import type { LabServer } from '../server/server.js'
import { LabCluster } from './cluster.js'
import { entryOf, placeNode, planNode, type ClusterPlace } from './config.js'
import { configure, forget, takeOver } from './membership.js'
import { absentPrimary, randomId, type FileEntry } from './nodes-file.js'
import { usual, type ResolvedClusterOptions } from './options.js'
import { evenRanges, type SlotRange } from './slots.js'

/**
 * Starts all nodes at once, each with a `nodes.conf` in which everybody stands, so that nobody has to meet anybody.
 *
 * A primary answers for keys 2 s after its start at the earliest (CLUSTER_WRITABLE_DELAY), a replica at once, and also
 * when it is promoted then. So all nodes start as replicas: each shard's slots belong to a node that does not exist,
 * and the shard's first node takes its place.
 *
 * Meanwhile they tell each other of themselves often, and bear slots without an owner: a node that was promoted
 * is still called a replica by what it sent before on another connection, and a primary that has once refused commands
 * because of that does so for 2 s.
 */
export async function startCluster(parts: GroupParts, options: ResolvedClusterOptions): Promise<LabCluster> {
  const shards = await Promise.all(evenRanges(options.shards).map((range) => placeShard(parts, options, range)))
  const file = shards.flatMap(({ absent, places }) => [
    absent,
    ...places.map((place) => ({ ...entryOf(place), of: absent.id })),
  ])
  const nodes = inOrder(shards).map((place) => ({
    place,
    server: parts.make('server', planNode(place, file, options)),
  }))
  const servers = nodes.map(({ server }) => server)
  const primaries = servers.slice(0, options.shards)
  await Promise.all(servers.map((server) => server.start()))
  const starting = { ...options.features.starting, 'cluster-require-full-coverage': 'no' }
  await configure(servers, starting)
  await Promise.all(primaries.map(takeOver))
  await Promise.all(shards.map(({ absent }) => forget(servers, absent.id)))
  await replicate(primaries, servers.slice(options.shards))
  const cluster = new LabCluster(parts, options, nodes)
  await cluster.settled()
  await configure(servers, usual(starting, options))
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

/** The first node of each shard, then the second of each, and so on. */
function inOrder(shards: readonly ShardPlaces[]): ClusterPlace[] {
  const [first] = shards
  return (first?.places ?? []).flatMap((_, index) => shards.flatMap(({ places }) => places[index] ?? []))
}

/** A replica counts as loading while its offset is 0. FLUSHALL is replicated, also where there is nothing to delete. */
async function replicate(primaries: readonly LabServer[], replicas: readonly LabServer[]): Promise<void> {
  const linked = async (replica: LabServer): Promise<boolean> => (await nodeViewOf(replica)).linked
  await Promise.all(replicas.map((replica) => eventually(() => linked(replica))))
  await Promise.all(primaries.map((primary) => primary.command('FLUSHALL')))
}
