import { addressOf } from '../../../connection/connection.js'
import { slotCount } from '../../../topology/cluster/slots.js'
import { coverage } from '../../../topology/cluster/view.js'
import { nodeAt, type Facts } from '../../look/facts.js'
import { isClusterDown, mapsAgree, shardsOf, slotsText } from '../../status/cluster-view.js'
import { countText } from '../../terminal/units.js'
import type { Check, Problem } from '../check.js'

/** Every slot is served. */
export const slotsServed: Check = {
  name: 'slots-served',
  fine: ({ facts }) => inCluster(facts, `all ${slotCount} slots are served`),
  problems: ({ facts }) => {
    const shards = shardsOf(facts)
    const missing = slotCount - coverage(shards)
    const unserved: readonly Problem[] =
      missing === 0
        ? []
        : [
            {
              level: 'fail',
              message: `${missing} of ${slotCount} slots belong to no node`,
              advice: 'give them to one: valkey-cli --cluster fix <host>:<port>',
            },
          ]
    const silent = shards
      .filter(({ primary }) => nodeAt(facts, primary)?.state !== 'up')
      .map(({ primary, slots }): Problem => ({
        level: 'fail',
        ...(primary === undefined ? {} : { subject: primary }),
        message: `the primary of the slots ${slotsText(slots)} does not answer`,
        advice: 'look again in a few seconds, for its replica may be taking over; without one, start it again',
      }))
    return [...unserved, ...silent]
  },
}

/** All nodes have the same map, and are ready to serve. */
export const clusterAgrees: Check = {
  name: 'cluster-agrees',
  fine: ({ facts }) => inCluster(facts, 'all nodes have the same map of the cluster'),
  problems: ({ facts }) => {
    const failing = facts.nodes.filter(isClusterDown).map(({ address }): Problem => ({
      level: 'fail',
      subject: address,
      message: 'the node refuses commands: for it the cluster is down (cluster_state fail)',
      advice: 'find the slots that are not served, or let the node reach the others on their bus ports',
    }))
    if (mapsAgree(facts)) return failing
    const message = 'the nodes have different maps of the cluster'
    const advice =
      'look again in a few seconds, for a failover or a reshard may be under way; if it stays, nodes cannot reach each other on their bus ports'
    return [...failing, { level: 'fail', message, advice }]
  },
}

/** Every shard has a replica that can take over. */
export const shardReplicas: Check = {
  name: 'shard-replicas',
  fine: ({ facts }) => inCluster(facts, `${countText(shardsOf(facts).length, 'shard')}, each with a replica`),
  problems: ({ facts }) => {
    const up = new Set(facts.nodes.filter(({ state }) => state === 'up').map(({ address }) => address))
    return shardsOf(facts)
      .filter(({ replicas }) => !replicas.some((address) => up.has(address)))
      .map(({ primary, slots }) => ({
        level: 'warn',
        ...(primary === undefined ? {} : { subject: primary }),
        message: `the slots ${slotsText(slots)} have no replica: with their primary they are gone`,
        advice: 'start one, with CLUSTER REPLICATE',
      }))
  },
}

/** What the other nodes know of a node that does not answer. */
export const membersKnown: Check = {
  name: 'members-known',
  fine: ({ facts }) => inCluster(facts, 'every node is online for the others'),
  problems: ({ facts: { nodes } }) => {
    const offline = new Map<string, string>()
    for (const { address, told } of nodes)
      for (const node of told?.cluster?.view.flatMap((shard) => shard.nodes) ?? [])
        if (!node.online) offline.set(addressOf(node.target), address)
    return [...offline].map(([address, by]) => ({
      level: 'fail',
      subject: address,
      message: `${by} says that the node has failed, or is loading`,
      advice: 'start it; if it is gone for good, run CLUSTER FORGET on all others',
    }))
  },
}

function inCluster({ kind }: Facts, fine: string): string | undefined {
  return kind === 'cluster' ? fine : undefined
}

export const clusterChecks: readonly Check[] = [slotsServed, clusterAgrees, shardReplicas, membersKnown]
