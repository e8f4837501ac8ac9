import type { Address, Role } from '../../connection/connection.js'
import type { RoleReport } from '../../connection/resp/role.js'
import { slotCount } from '../../topology/cluster/slots.js'
import { coverage } from '../../topology/cluster/view.js'
import type { Milliseconds } from '../../units.js'
import type { ExitCode } from '../exit-code.js'
import type { ContactState } from '../look/contact.js'
import { nodeAt, type Facts, type NodeFacts, type SentinelFacts } from '../look/facts.js'
import { numberIn } from '../look/info.js'
import { claimsOf, claimsText, lackOfQuorum, witnessesOf, type Claim } from './claims.js'
import { isClusterDown, mapsAgree, shardsOf, type ShardStatus } from './cluster-view.js'

/** The servers of a cache as one look found them: what `status` shows, and `status --json` writes. */
export interface StatusReport {
  readonly name: string
  /** `'shard'`: several servers or services that know nothing of each other. */
  readonly kind: Facts['kind'] | 'shard'
  /** As `topology().state` has it: `'suspect'`: the primary cannot be used; `'none'`: nobody tells who it is. */
  readonly state: 'steady' | 'suspect' | 'failing-over' | 'none'
  /** `undefined` where there are several, and where nobody tells. */
  readonly primary: Address | undefined
  /** For how long it has been primary, in ms; longer where all sentinels were started since. */
  readonly primaryFor: Milliseconds | undefined
  /** Sentinel's config-epoch. */
  readonly epoch: number | undefined
  readonly nodes: readonly NodeStatus[]
  readonly sentinels: readonly SentinelStatus[]
  /** Those among which the keys are divided. */
  readonly shards: readonly ShardStatus[]
  /** What is wrong, one sentence each. */
  readonly problems: readonly string[]
}

export interface NodeStatus {
  readonly address: Address
  readonly role: Role | undefined
  readonly state: ContactState
  /** A round trip, in ms. */
  readonly rtt: Milliseconds | undefined
  /** By how many bytes of the replication stream a replica is behind its primary. */
  readonly lag: number | undefined
  /** Questions of this look that it has not answered. */
  readonly pending: number
  readonly clients: number | undefined
  readonly usedMemory: number | undefined
  /** 0: no bound. */
  readonly maxMemory: number | undefined
  readonly version: string | undefined
}

export interface SentinelStatus {
  readonly address: Address
  /** The service that it was asked for, where there are several. */
  readonly service?: string
  readonly state: ContactState
  readonly rtt: Milliseconds | undefined
  /** The primary that it names. */
  readonly primary: Address | undefined
  readonly epoch: number | undefined
  /** How many sentinels it counts, itself included, and how many of the others it believes to be alive. */
  readonly electorate: number | undefined
  readonly othersUp: number | undefined
  readonly quorum: number | undefined
  /** Its answer to CKQUORUM. */
  readonly quorumCheck: string | undefined
  /** Whether it sees enough others to order a failover. */
  readonly quorumReached: boolean | undefined
  /** Whether it is in TILT mode, in which it acts on nothing. */
  readonly tilt: boolean | undefined
}

/** What the facts come to. Pure. */
export function statusOf(facts: Facts): StatusReport {
  const { name, kind, sentinels, nodes } = facts
  const claims = claimsOf(witnessesOf(sentinels))
  const primary = primaryOf(facts, claims)
  const shards = shardsOf(facts)
  return {
    name,
    kind,
    state: stateOf(facts, primary, shards),
    primary,
    primaryFor: primaryForOf(facts, claims),
    epoch: claims[0]?.epoch,
    nodes: nodes.map((node) => nodeStatus(node, facts, primary)).sort(primariesFirst),
    sentinels: sentinels.map((sentinel) => sentinelStatus(sentinel, claims)),
    shards,
    problems: [
      ...contactProblems(facts),
      ...topologyProblems(facts, claims, primary),
      ...shardProblems(facts, shards),
      ...linkProblems(facts),
    ],
  }
}

/** 2: nothing answered · 1: something is wrong. */
export function exitOf({ nodes, sentinels, problems }: StatusReport): ExitCode {
  if (![...nodes, ...sentinels].some(({ state }) => state === 'up')) return 2
  return problems.length > 0 ? 1 : 0
}

/**
 * The one that the sentinels name, or the configuration does; where neither does, the one that says that it is, or that
 * replicas follow. A server alone is none for being named.
 */
function primaryOf(facts: Facts, [claim]: readonly Claim[]): Address | undefined {
  const { kind, nodes, primary } = facts
  if (kind === 'cluster') return undefined
  const [followed] = replicaRoles(nodes).map(({ primary }) => primary)
  const named = kind === 'single' && !isPrimary(nodeAt(facts, primary)) ? undefined : primary
  return claim?.primary ?? named ?? nodes.find(({ told }) => told?.role?.role === 'primary')?.address ?? followed
}

/** Whether nothing speaks against it: our user may not be allowed to ask for its role. */
function isPrimary(node: NodeFacts | undefined): boolean {
  const { role, info } = node?.told ?? {}
  if (node?.told === undefined || role !== undefined) return role?.role === 'primary'
  return info === undefined || (info.has('role') && !info.has('replica_read_only'))
}

function replicaRoles(nodes: readonly NodeFacts[]): readonly ReplicaRole[] {
  return nodes.flatMap(({ told }) => (told?.role?.role === 'replica' ? [told.role] : []))
}

type ReplicaRole = Extract<RoleReport, { role: 'replica' }>

function stateOf(facts: Facts, primary: Address | undefined, shards: readonly ShardStatus[]): StatusReport['state'] {
  if (witnessesOf(facts.sentinels).some(({ view }) => view.failingOver)) return 'failing-over'
  if (facts.kind === 'cluster') {
    if (shards.length === 0) return 'none'
    return shards.every(({ state }) => state === 'steady') ? 'steady' : 'suspect'
  }
  if (primary === undefined) return 'none'
  const node = nodeAt(facts, primary)
  // A cache of replicas does not look at their primary: they do.
  const isUsable =
    node === undefined ? replicaRoles(facts.nodes).some(({ link }) => link === 'connected') : isPrimary(node)
  return isUsable ? 'steady' : 'suspect'
}

/** Sentinels forget it when they are started again: of those that name it, the one that has known it longest counts. */
function primaryForOf({ sentinels }: Facts, [claim]: readonly Claim[]): Milliseconds | undefined {
  const naming = witnessesOf(sentinels).filter(({ address }) => claim?.by.includes(address))
  const known = naming.flatMap(({ view }) => view.primarySince ?? [])
  return known.length === 0 ? undefined : Math.max(...known)
}

function nodeStatus(node: NodeFacts, facts: Facts, primary: Address | undefined): NodeStatus {
  const { address, state, roundTrip, pending, told } = node
  const { info, software, role } = told ?? {}
  return {
    address,
    role: role?.role ?? (primary === undefined ? undefined : address === primary ? 'primary' : 'replica'),
    state,
    rtt: roundTrip,
    lag: lagOf(node, facts),
    pending,
    clients: numberIn(info, 'connected_clients'),
    usedMemory: numberIn(info, 'used_memory'),
    maxMemory: numberIn(info, 'maxmemory'),
    version: software && `${software.name} ${software.version}`,
  }
}

function primariesFirst({ role: one }: NodeStatus, { role: other }: NodeStatus): number {
  return Number(other === 'primary') - Number(one === 'primary')
}

/** The two were asked one after the other, so a replica may seem to be ahead. */
function lagOf({ told }: NodeFacts, facts: Facts): number | undefined {
  const role = told?.role
  if (role?.role !== 'replica' || role.offset === undefined) return undefined
  const primary = nodeAt(facts, role.primary)?.told?.role
  return primary?.role === 'primary' ? Math.max(0, primary.offset - role.offset) : undefined
}

function sentinelStatus({ address, state, roundTrip, told }: SentinelFacts, claims: readonly Claim[]): SentinelStatus {
  const view = told?.view
  return {
    address,
    state,
    rtt: roundTrip,
    primary: claims.find(({ by }) => by.includes(address))?.primary,
    epoch: view?.epoch,
    electorate: view?.electorate,
    othersUp: view?.others.filter(({ down }) => !down).length,
    quorum: view?.quorum,
    quorumCheck: view?.quorumCheck,
    quorumReached: view && lackOfQuorum(view) === undefined,
    tilt: told?.tilt,
  }
}

/** Of each server that does not answer, why. */
function contactProblems({ nodes, sentinels }: Facts): readonly string[] {
  const said = (what: string, { address, problem }: SentinelFacts | NodeFacts): readonly string[] =>
    problem === undefined ? [] : [`${what} ${address}: ${problem}`]
  return [
    ...sentinels.flatMap((sentinel) => said('sentinel', sentinel)),
    ...nodes.flatMap((node) => said('node', node)),
  ]
}

function topologyProblems(facts: Facts, claims: readonly Claim[], primary: Address | undefined): readonly string[] {
  const { name, kind, sentinels, nodes } = facts
  if (kind === 'cluster') return []
  const strangers = sentinels.filter(({ state, told: said }) => state === 'up' && said?.view === undefined)
  const rivals = nodes.filter(({ address, told: said }) => said?.role?.role === 'primary' && address !== primary)
  const without = witnessesOf(sentinels).flatMap(({ address, view }) => {
    const lack = lackOfQuorum(view)
    return lack === undefined ? [] : [`sentinel ${address} ${lack}`]
  })
  return [
    ...strangers.map(({ address }) => `sentinel ${address} does not know "${name}"`),
    ...(claims.length > 1 ? [`the sentinels disagree: ${claimsText(claims)}`] : []),
    ...without,
    ...(primary === undefined && nodes.some(({ state }) => state === 'up') ? ['nobody tells who is the primary'] : []),
    ...demoted(facts, primary),
    ...rivals.map(({ address }) => `node ${address} says that it is primary as well`),
  ]
}

function demoted(facts: Facts, primary: Address | undefined): readonly string[] {
  const isReplica = nodeAt(facts, primary)?.told?.role?.role === 'replica'
  return isReplica ? [`node ${primary} is named as the primary, and says that it is a replica`] : []
}

function shardProblems(facts: Facts, shards: readonly ShardStatus[]): readonly string[] {
  if (facts.kind !== 'cluster') return []
  const served = coverage(shards)
  const down = facts.nodes.filter(isClusterDown)
  return [
    ...(served === slotCount ? [] : [`${slotCount - served} of ${slotCount} slots are served by nobody`]),
    ...down.map(({ address }) => `node ${address} refuses commands: for it the cluster is down (cluster_state fail)`),
    ...(mapsAgree(facts) ? [] : ['the nodes have different maps of the cluster']),
    ...shards.flatMap(({ primary }) => demoted(facts, primary)),
  ]
}

/** Of each replica that does not have all that its primary has, why. */
function linkProblems({ nodes }: Facts): readonly string[] {
  return nodes.flatMap(({ address, told }) => {
    if (told?.role?.role !== 'replica' || told.role.link === 'connected') return []
    return [`node ${address} ${told.role.link === 'syncing' ? 'is being filled by' : 'has no link to'} its primary`]
  })
}
