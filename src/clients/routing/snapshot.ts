import { addressOf, type Role } from '../../connection/connection.js'
import type { Node } from '../../connection/node.js'
import type { Topology } from '../../topology/topology.js'
import type { Milliseconds } from '../../units.js'
import { plainTopology, type NodeSnapshot, type ShardSnapshot, type TopologySnapshot } from '../client.js'
import type { Candidates } from './choose.js'
import type { NodeFacts } from './select.js'

/** What there is to tell of a topology and of the nodes in use. Pure. */
export function snapshotOf(current: Topology | undefined, nodes: Candidates, facts: NodeFacts): TopologySnapshot {
  if (current === undefined) return { ...plainTopology, state: 'none', shards: [] }
  const { sentinels, epoch, provisional, failover } = current
  const shard: ShardSnapshot = {
    primary: current.primary && addressOf(current.primary),
    replicas: current.replicas.map(addressOf),
    slots: [],
    state: stateOf(current, nodes.primary[0]),
  }
  return {
    state: shard.state,
    primary: shard.primary,
    candidate: failover?.candidate && addressOf(failover.candidate),
    replicas: shard.replicas,
    sentinels,
    epoch,
    provisional,
    nodes: (['primary', 'replica'] as const).flatMap((role) =>
      nodes[role].map((node) => viewOf(node, role, facts.lagOf(node))),
    ),
    shards: [shard],
  }
}

function stateOf({ failover }: Topology, primary: Node | undefined): TopologySnapshot['state'] {
  if (failover !== undefined) return 'failing-over'
  return primary !== undefined && primary.state !== 'up' ? 'suspect' : 'steady'
}

/** A node as we see it. Pure. */
export function viewOf(node: Node, role: Role, lag: Milliseconds | undefined): NodeSnapshot {
  const { address, state, rtt, pending, zone } = node
  return { address, role, state, pending, rtt, lag, zone: zone || undefined }
}
