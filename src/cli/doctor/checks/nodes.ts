import { addressOf, type Address } from '../../../connection/connection.js'
import type { Servers } from '../../../config/servers.js'
import { isUp } from '../../../topology/sentinel/eligible.js'
import type { ReplicaView } from '../../../topology/sentinel/replies.js'
import { nodeAt, type Facts, type NodeFacts } from '../../look/facts.js'
import { numberIn } from '../../look/info.js'
import { claimsOf, witnessesOf } from '../../status/claims.js'
import { countText } from '../../terminal/units.js'
import { ofTold, uselessness, type Check, type Evidence, type Problem } from '../check.js'

/** Every data node answers, or is up for others, which is told by the next check. */
export const nodesAnswer: Check = {
  name: 'nodes-answer',
  fine: ({ facts: { nodes } }) => (nodes.length === 0 ? undefined : 'every node answers'),
  problems: ({ facts }) =>
    unanswered(facts)
      .filter(({ address }) => !isUpForOthers(facts, address))
      .map((node) => ({
        level: 'fail',
        subject: node.address,
        message: uselessness('node', node),
        advice:
          node.state === 'unusable'
            ? 'correct what is named: the address may be that of something else, or TLS may not fit'
            : `start it, or find out why it does not answer: its log, its CPU, SLOWLOG, LATENCY DOCTOR${forGood(facts)}`,
      })),
}

function forGood({ sentinels }: Facts): string {
  return sentinels.length === 0
    ? ''
    : '; if it is a replica that is gone for good, run SENTINEL RESET on one sentinel after the other'
}

/** What the sentinels, or the other nodes of a cluster, announce can be reached from here. */
export const addressesReachable: Check = {
  name: 'addresses-reachable',
  fine: ({ facts }) =>
    facts.kind === 'cluster' || witnessesOf(facts.sentinels).length > 0
      ? 'what is announced can be reached from here'
      : undefined,
  problems: ({ facts }) =>
    unanswered(facts)
      .filter(({ address }) => isUpForOthers(facts, address))
      .map((node) => ({
        level: 'fail',
        subject: node.address,
        message: `it is up for ${facts.kind === 'cluster' ? 'the other nodes' : 'the sentinels'}, but from here ${uselessness('node', node)}`,
        advice: `look again in a few seconds, for it may have gone down just now; else let this host through, announce an address that it can reach (${facts.kind === 'cluster' ? 'cluster-announce-ip' : 'replica-announce-ip'}), or map it (addressMap)`,
      })),
}

function unanswered({ nodes }: Facts): readonly NodeFacts[] {
  return nodes.filter(({ state }) => state !== 'up' && state !== 'refused')
}

/** Whether a sentinel, or a node of its cluster, that answers believes it to be up. */
function isUpForOthers({ sentinels, nodes }: Facts, address: Address): boolean {
  return isUpForNodes(nodes, address) || isUpForSentinels(sentinels, address)
}

function isUpForNodes(nodes: readonly NodeFacts[], address: Address): boolean {
  const known = nodes.flatMap(({ told }) => told?.cluster?.view.flatMap((shard) => shard.nodes) ?? [])
  return known.some(({ target, online }) => online && addressOf(target) === address)
}

function isUpForSentinels(sentinels: Facts['sentinels'], address: Address): boolean {
  return witnessesOf(sentinels).some(({ view }) => {
    const replica = view.replicas.find((one) => addressOf(one) === address)
    if (replica !== undefined) return isUp(replica)
    return addressOf(view.primary) === address && !view.primaryDown
  })
}

/** Nodes and sentinels accept our credentials. */
export const credentials: Check = {
  name: 'credentials',
  fine: ({ facts: { nodes, sentinels } }) =>
    [...nodes, ...sentinels].some(({ state }) => state === 'up' || state === 'refused')
      ? 'who answers accepts our credentials'
      : undefined,
  problems: ({ facts: { nodes, sentinels } }) => [
    ...refusals(
      sentinels,
      'sentinelOptions.username and .password are those of the sentinels; correct them, or allow what is named',
    ),
    ...refusals(nodes, 'username and password are those of the data nodes; correct them, or allow what is named'),
  ],
}

function refusals(
  servers: readonly Pick<NodeFacts, 'address' | 'state' | 'problem'>[],
  advice: string,
): readonly Problem[] {
  return servers
    .filter(({ state }) => state === 'refused')
    .map(({ address, problem }) => ({ level: 'fail', subject: address, message: `we are refused: ${problem}`, advice }))
}

/** The servers are of the kind that the configuration says. */
export const serverKind: Check = {
  name: 'server-kind',
  fine: ({ facts }) => ofTold(facts, `the servers are what the configuration says (${facts.kind})`),
  problems: ({ facts: { nodes }, remote: { servers } }) =>
    nodes.flatMap(({ address, told }) => {
      const mode = told?.info?.get('server_mode') ?? told?.info?.get('redis_mode')
      const expected = servers.kind === 'cluster' ? 'cluster' : 'standalone'
      if (mode === undefined || mode === expected) return []
      const message = `the server is of mode ${mode}, and the configuration is for ${expected}`
      return [{ level: 'fail', subject: address, message, advice: adviceForMode(mode) }]
    }),
}

function adviceForMode(mode: string): string {
  if (mode === 'cluster') return "set client: 'cluster'"
  if (mode === 'sentinel')
    return 'name it in sentinels, and in location the service that it monitors: valkey://<service>'
  return "set client: 'default', or name nodes of the cluster in location"
}

/** One node is primary, the one that is named as it; all others are replicas. */
export const roles: Check = {
  name: 'roles',
  fine: ({ facts: { kind, nodes } }) =>
    kind !== 'cluster' && nodes.some(({ told }) => told?.role !== undefined)
      ? 'every node has the role that it should have'
      : undefined,
  problems: ({ facts, remote: { servers } }) => {
    if (servers.kind === 'single') return facts.nodes.flatMap((node) => onlyNodeProblem(node, servers.roles))
    const named = namedPrimary(facts) ?? facts.primary
    return facts.nodes.flatMap((node) => roleProblem(node, named))
  },
}

function onlyNodeProblem({ address, told }: NodeFacts, roles: Servers['roles']): readonly Problem[] {
  const role = told?.role?.role
  const expected = roles === 'replica' ? 'replica' : 'primary'
  if (role === undefined || role === expected) return []
  const [message, advice] =
    role === 'replica'
      ? ['the only server is a replica, which refuses writes', 'name its primary too, or say ?role=replica in location']
      : ['the node is a primary, and location says ?role=replica', 'name a replica, or leave the role out']
  return [{ level: 'fail', subject: address, message, advice }]
}

function roleProblem({ address, told }: NodeFacts, named: Address | undefined): readonly Problem[] {
  const role = told?.role?.role
  if (role === undefined || named === undefined || (role === 'primary') === (address === named)) return []
  if (role === 'primary')
    return [
      {
        level: 'fail',
        subject: address,
        message: `the node says that it is primary, and the primary is ${named}: what is written there will be lost`,
        advice: `a sentinel makes it a replica within some 10 s; else run REPLICAOF there, with the address of ${named}`,
      },
    ]
  return [
    {
      level: 'fail',
      subject: address,
      message: 'the node is named as the primary, and says that it is a replica',
      advice: 'use SENTINEL FAILOVER and not FAILOVER or REPLICAOF; to end it, run SENTINEL FAILOVER now',
    },
  ]
}

function namedPrimary({ sentinels }: Facts): Address | undefined {
  return claimsOf(witnessesOf(sentinels))[0]?.primary
}

/** Every replica has a link to a primary. */
export const replicasLinked: Check = {
  name: 'replicas-linked',
  fine: ({ facts }) => ofReplicas(facts, 'every replica is linked to its primary'),
  problems: ({ facts: { nodes } }) =>
    nodes.flatMap(({ address, told }): readonly Problem[] => {
      const role = told?.role
      if (role?.role !== 'replica' || role.link === 'connected') return []
      const why = role.link === 'syncing' ? 'is being filled' : 'finds no primary'
      const message = `the replica ${why}: it follows ${role.primary}`
      const advice =
        role.link === 'syncing'
          ? 'wait; if it does not end, look at its log and at client-output-buffer-limit of its primary'
          : 'look at its log; primaryauth (masterauth), replicaof and the network are the usual reasons'
      return [{ level: 'fail', subject: address, message, advice }]
    }),
}

/** A primary that is watched has a replica that can replace it. */
export const candidates: Check = {
  name: 'candidates',
  fine: ({ facts }) => (witnessesOf(facts.sentinels).length === 0 ? undefined : 'a replica can be promoted'),
  problems: ({ facts }) => {
    const replicas = knownReplicas(facts).filter(isUp)
    if (replicas.some((replica) => priorityOf(replica, facts) !== 0)) return []
    const message =
      replicas.length === 0
        ? 'no sentinel knows a replica that is up: there is nobody to fail over to'
        : 'every replica has replica-priority 0: none of them may be promoted'
    const advice = replicas.length === 0 ? 'start a replica' : 'set replica-priority above 0 on at least one replica'
    return [{ level: 'fail', message, advice }]
  },
}

/** The replicas of the primary, as the sentinels that name it see them. */
function knownReplicas({ sentinels }: Facts): readonly ReplicaView[] {
  const witnesses = witnessesOf(sentinels)
  const [claim] = claimsOf(witnesses)
  return witnesses.flatMap(({ address, view }) => (claim?.by.includes(address) ? view.replicas : []))
}

/** The replica knows it first; the sentinels ask it every 10 s. */
function priorityOf(replica: ReplicaView, facts: Facts): number {
  return numberIn(nodeAt(facts, addressOf(replica))?.told?.info, 'replica_priority') ?? replica.priority
}

/** Nobody can write to a replica. */
export const replicasReadOnly: Check = {
  name: 'replicas-read-only',
  fine: ({ facts }) => ofReplicas(facts, 'replicas refuse writes'),
  problems: ({ facts }) =>
    replicasOf(facts)
      .filter(({ told }) => told?.info?.get('replica_read_only') === '0')
      .map(({ address }) => ({
        level: 'warn',
        subject: address,
        message: 'the replica accepts writes (replica-read-only no), which its primary does not know of',
        advice: 'set replica-read-only yes',
      })),
}

/** A primary that is cut off stops accepting writes that would be lost, and one that is not accepts them. */
export const splitBrain: Check = {
  name: 'split-brain',
  fine: ({ facts }) =>
    minReplicasOf(nodeAt(facts, namedPrimary(facts))) === undefined
      ? undefined
      : 'a primary that is cut off stops accepting writes',
  problems: ({ facts, remote }) => {
    const primary = nodeAt(facts, namedPrimary(facts))
    const needed = minReplicasOf(primary)
    if (primary === undefined || needed === undefined) return []
    return [...unguarded(primary, needed, remote), ...blocked(primary, needed)]
  },
}

/** Where CONFIG is refused, INFO tells whether there is such a number. */
function minReplicasOf(primary: NodeFacts | undefined): number | undefined {
  const { settings, info } = primary?.told ?? {}
  return numberIn(settings, 'min-replicas-to-write') ?? (info && (info.has('min_replicas_good_replicas') ? 1 : 0))
}

function unguarded({ address }: NodeFacts, needed: number, remote: Evidence['remote']): readonly Problem[] {
  if (needed > 0 || remote.sentinel?.fenceAfter !== undefined) return []
  return [
    {
      level: 'warn',
      subject: address,
      message:
        'the primary accepts writes that no replica has: when it is cut off they are lost (min-replicas-to-write 0)',
      advice: 'set min-replicas-to-write 1 on every node, or fenceAfter for this cache',
    },
  ]
}

/** The primary counts those that have answered it lately (min-replicas-max-lag). */
function blocked({ address, told }: NodeFacts, needed: number): readonly Problem[] {
  const good = numberIn(told?.info, 'min_replicas_good_replicas') ?? Infinity
  if (good >= needed) return []
  return [
    {
      level: 'fail',
      subject: address,
      message: `the primary refuses writes without ${countText(needed, 'replica')} (min-replicas-to-write), and counts ${good}`,
      advice: 'bring replicas back, or lower min-replicas-to-write',
    },
  ]
}

function replicasOf({ nodes }: Facts): readonly NodeFacts[] {
  return nodes.filter(({ told }) => told?.role?.role === 'replica')
}

function ofReplicas(facts: Facts, fine: string): string | undefined {
  return replicasOf(facts).length === 0 ? undefined : fine
}

/** Those of data nodes and their roles, in the order in which they are told. */
export const nodeChecks: readonly Check[] = [
  nodesAnswer,
  addressesReachable,
  credentials,
  serverKind,
  roles,
  replicasLinked,
  candidates,
  replicasReadOnly,
  splitBrain,
]
