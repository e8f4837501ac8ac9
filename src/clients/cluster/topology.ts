import type { ClusterMap } from '../../topology/cluster/source.js'
import { plainTopology, type TopologySnapshot } from '../client.js'
import { joinedSnapshot } from '../sharded/snapshot.js'

/**
 * What there is to tell of a cluster. Pure.
 * @param parts what each shard tells of itself, in the order of the map
 */
export function clusterSnapshot(map: ClusterMap | undefined, parts: readonly TopologySnapshot[]): TopologySnapshot {
  if (map === undefined) return { ...plainTopology, state: 'none', shards: [] }
  return joinedSnapshot(parts, (index) => map.shards[index]?.slots ?? [])
}
