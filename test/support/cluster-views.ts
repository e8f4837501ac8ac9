import type { NodeTarget } from '../../src/connection/connection.js'
import type { SlotRange } from '../../src/topology/cluster/source.js'
import type { ViewedNode, ViewedShard } from '../../src/topology/cluster/view.js'

/** A node of a view, known by its port. */
export function at(port: number): NodeTarget {
  return { host: '10.0.0.1', port }
}

export function addressAt(port: number): string {
  return `10.0.0.1:${port}`
}

export function primary(port: number, more: Partial<ViewedNode> = {}): ViewedNode {
  return { id: `id${port}`, target: at(port), role: 'primary', online: true, ...more }
}

export function replica(port: number, more: Partial<ViewedNode> = {}): ViewedNode {
  return { ...primary(port), role: 'replica', ...more }
}

/** A shard of a primary and its replicas. */
export function shard(nodes: readonly ViewedNode[], ...slots: SlotRange[]): ViewedShard {
  return { nodes, slots }
}

/** Two shards with a replica each: 1 with 11, and 2 with 12. */
export const twoShards: readonly ViewedShard[] = [
  shard([primary(1), replica(11)], [0, 8_191]),
  shard([primary(2), replica(12)], [8_192, 16_383]),
]
