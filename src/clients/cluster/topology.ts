import type { ClusterMap } from '../../topology/cluster/source.js'
import { plainTopology, type ShardSnapshot, type TopologySnapshot } from '../client.js'

/**
 * What there is to tell of a cluster. Pure.
 * @param parts what each shard tells of itself, in the order of the map
 */
export function clusterSnapshot(map: ClusterMap | undefined, parts: readonly TopologySnapshot[]): TopologySnapshot {
  if (map === undefined) return { ...plainTopology, state: 'none', shards: [] }
  const [only] = parts
  return {
    state: worst(parts),
    primary: parts.length === 1 ? only?.primary : undefined,
    candidate: parts.find(({ candidate }) => candidate !== undefined)?.candidate,
    replicas: parts.flatMap(({ replicas }) => replicas),
    sentinels: [],
    epoch: Math.max(0, ...parts.map(({ epoch }) => epoch)),
    provisional: parts.some(({ provisional }) => provisional),
    nodes: parts.flatMap(({ nodes }) => nodes),
    shards: map.shards.map(({ slots }, index): ShardSnapshot => {
      const { primary, replicas = [], state = 'none' } = parts[index] ?? {}
      return { primary, replicas, slots, state }
    }),
  }
}

function worst(parts: readonly TopologySnapshot[]): TopologySnapshot['state'] {
  const states = parts.map(({ state }) => state)
  return (['failing-over', 'suspect', 'none'] as const).find((state) => states.includes(state)) ?? 'steady'
}
