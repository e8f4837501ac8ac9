import type { ShardSnapshot, TopologySnapshot } from '../client.js'

/**
 * What there is to tell of several shards together. Pure.
 * @param parts what each shard tells of itself
 * @param slotsOf the slots that a shard serves. @default none
 */
export function joinedSnapshot(
  parts: readonly TopologySnapshot[],
  slotsOf: (index: number) => ShardSnapshot['slots'] = () => [],
): TopologySnapshot {
  const [only] = parts
  return {
    state: worst(parts),
    primary: parts.length === 1 ? only?.primary : undefined,
    candidate: parts.find(({ candidate }) => candidate !== undefined)?.candidate,
    replicas: parts.flatMap(({ replicas }) => replicas),
    sentinels: [...new Set(parts.flatMap(({ sentinels }) => sentinels))],
    epoch: Math.max(0, ...parts.map(({ epoch }) => epoch)),
    provisional: parts.some(({ provisional }) => provisional),
    nodes: parts.flatMap(({ nodes }) => nodes),
    shards: parts.map(({ primary, replicas, state }, index) => ({ primary, replicas, slots: slotsOf(index), state })),
  }
}

function worst(parts: readonly TopologySnapshot[]): TopologySnapshot['state'] {
  const states = parts.map(({ state }) => state)
  return (['failing-over', 'suspect', 'none'] as const).find((state) => states.includes(state)) ?? 'steady'
}
