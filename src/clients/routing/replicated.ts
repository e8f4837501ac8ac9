import { isPermanent } from '../../connection/back-off.js'
import type { NodeTarget, Push, Role } from '../../connection/connection.js'
import { loopClock } from '../../connection/deadlines.js'
import type { Beat } from '../../connection/heartbeat.js'
import { Listeners } from '../../connection/listeners.js'
import type { Node, NodeSource } from '../../connection/node.js'
import type { MaxPending } from '../../connection/options.js'
import type { Loan } from '../../connection/registry.js'
import type { RoleReport } from '../../connection/resp/role.js'
import { type CacheError, ClosedError, CommandError, SentinelUnreachableError } from '../../errors.js'
import type { TopologyEvent } from '../../topology/events.js'
import type { TopologyProvider } from '../../topology/provider.js'
import type { ReadFrom, Tiers } from '../../topology/read-from.js'
import type { Topology } from '../../topology/topology.js'
import type { Milliseconds } from '../../units.js'
import type { TimeSource, TopologySnapshot } from '../client.js'
import type { Request } from '../command.js'
import { CallQueue, isOrderedWrite, writeLane } from './call-queue.js'
import { ownPatience } from '../hedge.js'
import { chooseNode, tiersFor, type Select } from './choose.js'
import { DemotionWatch } from './demotion.js'
import { NodeSet } from './node-set.js'
import { Outage } from './outage.js'
import { PromotedReplicas } from './promoted-replicas.js'
import { PromotionWatch } from './promotion.js'
import { noNode } from './no-node.js'
import { primaryPresence, type PrimaryPresence } from './replica-fitness.js'
import { ReplicaHealth } from './replica-health.js'
import type { CallContext, Router } from './router.js'
import { selectorFor, type NodeFacts } from './select.js'
import { snapshotOf } from './snapshot.js'
import { Usability } from './usability.js'
import { WantedRoles } from './wanted-roles.js'
import { WriteGate, type WriteGateOptions } from './write-gate.js'

export interface ReplicatedRouterOptions extends WriteGateOptions {
  /** What may wait for a node. */
  readonly maxPending: MaxPending
  /** How long nothing may be of use before calls are told so at once; before a first sight of the servers too. */
  readonly connectTimeout: Milliseconds
  /** How far a replica may be behind and still serve reads; `undefined`: however far. */
  readonly maxLag: Milliseconds | undefined
  /** Our availability zone. @default not known */
  readonly zone?: string | undefined
  /** Called when a node that can be used tells no availability zone, once a call has read from `'zone'`. */
  readonly withoutZone?: ((node: Node) => void) | undefined
  /** Called when a primary can be used. */
  readonly primaryUp?: (node: Node) => void
}

/**
 * One primary and its replicas, from any source of topology.
 * Each node is a stall domain of its own: nothing here waits for more than the node that one call needs. Nodes of a
 * role are connected when a first call may use that role, and kept up from then on.
 */
export class ReplicatedRouter implements Router {
  readonly name: string
  readonly #provider: Loan<TopologyProvider>
  readonly #options: ReplicatedRouterOptions
  readonly #nodes: NodeSet
  readonly #health: ReplicaHealth
  readonly #demotion: DemotionWatch
  readonly #queue: CallQueue
  readonly #gate: WriteGate
  readonly #promotion: PromotionWatch
  readonly #outage: Outage
  readonly #facts: NodeFacts
  readonly #wanted: WantedRoles
  readonly #promoted: PromotedReplicas
  readonly #listeners = new RouterListeners()
  readonly #usability = new Usability()
  readonly #unsubscribe: readonly (() => void)[]
  #settlesAt = -Infinity
  #inZone: Select | undefined
  #listening = false
  #failure: CacheError | undefined
  #closed = false

  constructor(provider: Loan<TopologyProvider>, nodes: NodeSource, options: ReplicatedRouterOptions) {
    const source = provider.value
    this.#provider = provider
    this.name = source.name
    this.#options = options
    // How far a replica is behind is measured by its primary.
    this.#wanted = new WantedRoles(options.maxLag === undefined ? [] : ['primary'])
    this.#nodes = new NodeSet(nodes, {
      changed: (node) => this.#changed(node),
      beat: (node, beat) => this.#hearBeat(node, beat),
      push: (push, node, generation) => this.#listeners.push.tell(push, node, generation),
      lost: (node, generation) => this.#listeners.lost.tell(node, generation),
    })
    this.#promoted = new PromotedReplicas(source)
    const tell = (event: TopologyEvent): void => this.#tell(event)
    const presence = (): PrimaryPresence => primaryPresence(this.#nodes.nodes.primary[0], source.current)
    this.#health = new ReplicaHealth(options.maxLag, presence, tell)
    this.#demotion = new DemotionWatch(loopClock, tell)
    this.#facts = {
      roleOf: (node) => (this.#nodes.nodes.primary.includes(node) ? 'primary' : 'replica'),
      lagOf: (node) => this.#health.lagOf(node),
    }
    this.#queue = new CallQueue(this.name, options.maxPending, this.#choose, this.#explain)
    this.#gate = new WriteGate(
      options,
      () => source.quorateAt,
      () => this.#wake(),
    )
    this.#promotion = new PromotionWatch(nodes, loopClock, {
      promoted: (candidate) => source.promote(candidate),
      dropped: () => this.#gate.release(),
    })
    this.#outage = new Outage(options.connectTimeout, loopClock, () => this.#queue.fail(this.#explain))
    this.#unsubscribe = [
      source.onChange((after, events) => this.#follow(after, events)),
      source.onFailure((error) => this.#fail(error)),
    ]
  }

  get settling(): boolean {
    return this.#settlesAt > loopClock.recent()
  }

  /** Hot path: nothing is made where the primary's is known. */
  serverTime(clock: TimeSource): Milliseconds | undefined {
    const { primary, replica } = this.#nodes.nodes
    const time = primary[0]?.time
    return time !== undefined || clock === 'primary' ? time : replica.find((node) => node.time !== undefined)?.time
  }

  pick(request: Request, context: CallContext): Node | Promise<Node> {
    if (this.#closed) throw new ClosedError(this.name)
    const tiers = tiersFor(request.intent, context.readFrom)
    if (this.#wanted.add(tiers)) this.#want()
    if (isOrderedWrite(request)) {
      const node = this.#queue.hasWrites ? undefined : this.#choose(request, context)
      return node ?? this.#queue.wait(request, context, writeLane)
    }
    if (request.intent === 'read' && this.#standsBehindWrites(request, context, tiers))
      return this.#queue.wait(request, context, writeLane, this.#patienceOf(context))
    const lane = request.intent === 'write' ? 'leases' : context.readFrom
    return this.#choose(request, context) ?? this.#queue.wait(request, context, lane)
  }

  hasOthers({ intent }: Request, { readFrom }: CallContext, node: Node): boolean {
    if (intent === 'write') return false
    const { nodes } = this.#nodes
    for (const tier of tiersFor(intent, readFrom))
      for (const role of tier) for (const other of nodes[role]) if (other !== node) return true
    return false
  }

  others({ intent }: Request, { readFrom, attemptTimeout }: CallContext, node: Node): readonly Node[] {
    if (intent === 'write') return []
    const { primary, replica } = this.#health.fit(this.#nodes.nodes)
    const roles = tiersFor(intent, readFrom).flat()
    const nodes = roles.flatMap((role) => (role === 'primary' ? primary : replica))
    return nodes.filter((other) => other !== node && other.state === 'up' && !other.isInDoubt(attemptTimeout))
  }

  failed(_: Node, error: unknown): void {
    if (error instanceof CommandError && error.retryable) this.#provider.value.refresh()
  }

  holdWrites(answered: Promise<void>): void {
    this.#gate.refused(answered)
  }

  ran(keys: readonly string[], sequence: number): void {
    this.#queue.overtake(keys, sequence)
    this.#gate.ran()
  }

  get usable(): boolean {
    return this.#nodes.nodes.primary.some(({ state }) => state === 'up')
  }

  onUsable(listener: () => void): () => void {
    return this.#usability.onRegained(listener)
  }

  topology(): TopologySnapshot {
    return snapshotOf(this.#provider.value.current, this.#nodes.nodes, this.#facts)
  }

  onTopology(listener: (event: TopologyEvent) => void): () => void {
    return this.#listeners.topology.add(listener)
  }

  onPush(listener: (push: Push, node: Node, generation: number) => void): () => void {
    return this.#listeners.push.add(listener)
  }

  onLost(listener: (node: Node, generation: number) => void): () => void {
    return this.#listeners.lost.add(listener)
  }

  async close(): Promise<void> {
    this.#stop()
    await Promise.all([...this.#nodes.loans, this.#provider].map((loan) => loan.release()))
  }

  destroy(reason: Error): void {
    this.#stop()
    for (const loan of [...this.#nodes.loans, this.#provider]) void loan.release(reason)
  }

  #stop(): void {
    if (this.#closed) return
    this.#closed = true
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    for (const node of this.#nodes.all) this.#listeners.lost.tell(node, Infinity)
    this.#nodes.leave()
    this.#provider.value.suspect(this, false)
    this.#gate.stop()
    this.#promotion.follow(undefined, [])
    this.#outage.end()
    this.#queue.fail(() => new ClosedError(this.name))
  }

  /** @throws {CacheError} when every node that may serve it refuses our connections, and will go on refusing them */
  readonly #choose = (request: Request, context: CallContext): Node | undefined => {
    const { intent, unordered } = request
    const { readFrom, tried, own, attemptTimeout } = context
    if (intent === 'write' && !this.#gate.isOpen) return undefined
    const tiers = tiersFor(intent, readFrom)
    const select = this.#selectorFor(intent === 'write' ? 'primary' : readFrom)
    const wish = { tiers, tried, attemptTimeout, patience: own ? ownPatience : 0 }
    const fit = this.#health.fit(this.#nodes.nodes)
    const candidates = intent === 'read' && this.#holdsUp(request, context) ? { ...fit, primary: [] } : fit
    const node = chooseNode(wish, candidates, select)
    if (node === undefined) this.#checkRefusals(tiers)
    return intent === 'write' && unordered !== true ? this.#ready(node, attemptTimeout) : node
  }

  /** Hot path: the selector of the zone is made once. From its first use on, servers that tell no zone are told of. */
  #selectorFor(readFrom: ReadFrom): Select {
    if (readFrom !== 'zone') return selectorFor(readFrom, this.#facts)
    if (this.#inZone === undefined) {
      this.#inZone = selectorFor(readFrom, this.#facts, this.#options.zone)
      for (const node of this.#nodes.all) this.#lookAtZone(node)
    }
    return this.#inZone
  }

  /** A primary that takes writes now; one that is silent or holds them back gets none until it is heard again. */
  #ready(node: Node | undefined, attemptTimeout: Milliseconds | undefined): Node | undefined {
    if (node === undefined || node.pool.health?.writesPaused) return undefined
    if (node.isInDoubt(attemptTimeout)) {
      this.#listen(node)
      return undefined
    }
    this.#gate.leaves(node.usualPatience)
    return node
  }

  #listen(node: Node): void {
    if (this.#listening) return
    this.#listening = true
    node.pool.health?.onceHeard(() => {
      this.#listening = false
      this.#queue.wake()
    })
  }

  /** Whether a read would overtake a write at the primary: one that waits until it is heard, or is about to leave. */
  #holdsUp(request: Request, context: CallContext): boolean {
    if (!this.#queue.holdsOlderWrite(request, context)) return false
    const [primary] = this.#nodes.nodes.primary
    const areLeaving = this.#gate.isOpening && primary?.pool.health?.writesPaused !== true
    return areLeaving || primary?.isInDoubt(context.attemptTimeout) === true
  }

  /** An older write of its keys waits that would go to the same node. */
  #standsBehindWrites(request: Request, context: CallContext, [first]: Tiers): boolean {
    return this.#queue.holdsOlderWrite(request, context) && first?.includes('primary') === true
  }

  #patienceOf({ attemptTimeout }: CallContext): Milliseconds {
    const [primary] = this.#nodes.nodes.primary
    return loopClock.now() + (attemptTimeout ?? primary?.usualPatience ?? 0)
  }

  #checkRefusals(tiers: Tiers): void {
    const errors = tiers.flat().flatMap((role) => this.#nodes.nodes[role].map(({ lastError }) => lastError))
    if (errors.length > 0 && errors.every(isPermanent)) throw errors[0]
  }

  /** A first call may use a role: connects its nodes, now or as soon as they are known. */
  #want(): void {
    const { value: provider } = this.#provider
    provider.start()
    if (provider.current !== undefined) this.#reconcile(provider.current)
    this.#judgeOutage()
  }

  #follow(after: Topology, events: readonly TopologyEvent[]): void {
    const switched = events.some(({ type }) => type === 'primary-changed')
    if (after.provisional) this.#settlesAt = Infinity
    else if (switched || this.#settlesAt === Infinity) this.#settlesAt = loopClock.now() + settlingTime
    if (switched) this.#gate.tryFirst()
    this.#reconcile(after)
    for (const event of events) this.#listeners.topology.tell(event)
    this.#wake()
  }

  #fail(error: CacheError): void {
    this.#failure = error
    this.#judgeOutage()
  }

  #reconcile(topology: Topology): void {
    const { primary, replicas, failover, heirs = [], retireAfter } = topology
    this.#assign('primary', primary === undefined ? [] : [primary], retireAfter)
    this.#assign('replica', replicas, retireAfter)
    this.#gate.follow(topology)
    if (this.#wanted.has('primary')) this.#promotion.follow(failover?.candidate, heirs)
  }

  /** Drops the nodes that lost the role, with their sockets, and connects those that gained it. */
  #assign(role: Role, targets: readonly NodeTarget[], retireAfter: Milliseconds | undefined): void {
    if (!this.#wanted.has(role)) return
    const [before] = this.#nodes.nodes.primary
    this.#nodes.assign(role, targets, retireAfter)
    for (const node of this.#nodes.nodes[role]) this.#lookAtZone(node)
    if (this.#nodes.nodes.primary[0] !== before) this.#leave(before, retireAfter)
    if (role === 'primary') this.#judgePrimary()
    else this.#health.keep(this.#nodes.nodes.replica)
  }

  /** Writes that the old primary holds are refused once it follows: later ones wait for that, or for its end. */
  #leave(primary: Node | undefined, retireAfter: Milliseconds | undefined): void {
    this.#promoted.forgetPrimary()
    if (primary?.state !== 'up' || retireAfter === undefined) return
    const answered = primary.pool.execute(lastWrite, { deadline: loopClock.now() + retireAfter })
    this.#gate.refused(answered.then(nothing, nothing))
  }

  #changed(node: Node): void {
    const isPrimary = this.#nodes.nodes.primary.includes(node)
    this.#listening = false
    this.#promoted.changed(node, isPrimary)
    if (node.state === 'stalled') this.#listeners.lost.tell(node, Infinity)
    if (isPrimary && node.state === 'up') this.#options.primaryUp?.(node)
    this.#lookAtZone(node)
    if (isPrimary) this.#judgeDemotion(node)
    if (isPrimary) this.#judgePrimary()
    else this.#health.changed(node)
    this.#wake()
  }

  #lookAtZone(node: Node): void {
    if (this.#inZone !== undefined && node.state === 'up' && node.zone === '') this.#options.withoutZone?.(node)
  }

  /** How far an ejected replica is behind, nothing bounds from now on: its announcements are as late. */
  #tell(event: TopologyEvent): void {
    if (event.type === 'replica-ejected')
      for (const node of this.#nodes.nodes.replica)
        if (node.address === event.address) this.#listeners.lost.tell(node, Infinity)
    this.#listeners.topology.tell(event)
  }

  #hearBeat(node: Node, { report, at }: Beat): void {
    if (this.#nodes.nodes.primary.includes(node)) this.#hearPrimary(node, report, at)
    else if (report.role === 'replica' && this.#health.hear(node, report, at)) this.#wake()
  }

  #hearPrimary(node: Node, report: RoleReport, at: Milliseconds): void {
    this.#demotion.hear(report)
    this.#judgeDemotion(node)
    if (report.role !== 'primary') return
    this.#health.hearPrimary(report.offset, at)
    this.#promoted.hearPrimary(report.replicas)
  }

  #judgeDemotion(primary: Node): void {
    this.#demotion.look(primary, this.#provider.value.current?.failover !== undefined)
  }

  /** Suspect once it failed; a primary that is being connected for the first time, or refuses us, has not. */
  #judgePrimary(): void {
    const error = this.#nodes.nodes.primary[0]?.lastError
    this.#provider.value.suspect(this, error !== undefined && !isPermanent(error))
  }

  #wake(): void {
    this.#queue.wake()
    this.#judgeOutage()
    this.#usability.update(this.usable)
  }

  /** Total: no node answers, and no majority of sentinels that could name another. */
  #judgeOutage(): void {
    if (this.#closed) return
    const { current, quorateAt, startedAt } = this.#provider.value
    const nodes = this.#nodes.all
    const blind = current === undefined ? this.#failure !== undefined : !current.quorate
    const total = blind && nodes.every(({ state }) => state !== 'up')
    const since = Math.max(startedAt, quorateAt, ...nodes.map(({ usefulUntil }) => usefulUntil))
    this.#outage.update(total ? since : undefined)
    if (this.#outage.lasting) this.#queue.fail(this.#explain)
  }

  readonly #explain = ({ intent }: Request, { readFrom, refusal }: CallContext): Error => {
    if (this.#closed) return new ClosedError(this.name)
    if (this.#provider.value.current === undefined) return this.#failure ?? new SentinelUnreachableError(this.name, [])
    const { nodes } = this.#nodes
    if (refusal instanceof Error && nodes.primary.some(({ state }) => state === 'up')) return refusal
    const reasons = intent === 'read' ? reasonsOf(readFrom) : this.#reasonsToWait()
    return noNode(this.name, tiersFor(intent, readFrom).flat(), nodes, reasons, (node) => this.#health.whyUnfit(node))
  }

  #reasonsToWait(): readonly string[] {
    const paused = this.#nodes.nodes.primary.some(({ pool }) => pool.health?.writesPaused)
    return paused ? [...this.#gate.reasons, 'the primary holds back writes and answers reads'] : this.#gate.reasons
  }
}

class RouterListeners {
  readonly push = new Listeners<[push: Push, node: Node, generation: number]>()
  readonly lost = new Listeners<[node: Node, generation: number]>()
  readonly topology = new Listeners<[event: TopologyEvent]>()
}

/** A function may have chosen none of the nodes that are up. */
function reasonsOf(readFrom: ReadFrom): readonly string[] {
  return typeof readFrom === 'function' ? ['the function readFrom chose none of those that are up'] : []
}

function nothing(): void {}

/** Stands behind the writes of a connection, and changes nothing. */
const lastWrite = { args: ['PING'], decode: 'text', intent: 'write', keys: [] } as const
/** From the announcement of a new primary until its replicas follow it, in ms. */
const settlingTime: Milliseconds = 1_000
