import type { Address, NodeTarget, Push, Role } from '../../connection/connection.js'
import type { Beat } from '../../connection/heartbeat.js'
import { Listeners } from '../../connection/listeners.js'
import type { Node, NodeSource } from '../../connection/node.js'
import type { MaxPending } from '../../connection/options.js'
import type { Loan } from '../../connection/registry.js'
import {
  AuthenticationError,
  type CacheError,
  ClosedError,
  CommandError,
  CommandTimeoutError,
  RoleMismatchError,
  SentinelUnreachableError,
} from '../../errors.js'
import type { TopologyEvent } from '../../topology/events.js'
import type { TopologyProvider } from '../../topology/provider.js'
import type { Tiers } from '../../topology/read-from.js'
import type { Topology } from '../../topology/topology.js'
import type { Clock, Milliseconds } from '../../units.js'
import type { TopologySnapshot } from '../client.js'
import type { Request } from '../command.js'
import { chooseNode, tiersFor } from './choose.js'
import { Crew } from './crew.js'
import { Outage } from './outage.js'
import { PromotionWatch } from './promotion.js'
import { noNode } from './no-node.js'
import { ReplicaHealth } from './replica-health.js'
import type { CallContext, Router } from './router.js'
import { selectorFor, type NodeFacts } from './select.js'
import { snapshotOf } from './snapshot.js'
import { WaitingRoom } from './waiting-room.js'
import { WriteHold } from './write-hold.js'

export interface ReplicatedRouterOptions {
  /** What may wait for a node. */
  readonly maxPending: MaxPending
  /** How long nothing may be of use before calls are told so at once; before a first sight of the servers too. */
  readonly connectTimeout: Milliseconds
  /** The longest hold of writes in a failover. */
  readonly holdTimeout: Milliseconds
  /** How far a replica may be behind and still serve reads; `undefined`: however far. */
  readonly maxLag: Milliseconds | undefined
  /** Writes wait when no majority of sentinels has answered for this long; `undefined`: never. */
  readonly fenceAfter: Milliseconds | undefined
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
  readonly #clock: Clock
  readonly #crew: Crew
  readonly #health: ReplicaHealth
  readonly #room: WaitingRoom
  readonly #hold: WriteHold
  readonly #promotion: PromotionWatch
  readonly #outage: Outage
  readonly #facts: NodeFacts
  readonly #wanted = new Set<Tiers>()
  readonly #roles = new Set<Role>()
  readonly #pushListeners = new Listeners<[push: Push, node: Node, generation: number]>()
  readonly #lostListeners = new Listeners<[node: Node, generation: number]>()
  readonly #topologyListeners = new Listeners<[event: TopologyEvent]>()
  readonly #unsubscribe: readonly (() => void)[]
  /** Replicas that said they are primary. */
  readonly #misfits = new WeakSet<Node>()
  #primaryReplicas: readonly Address[] = []
  #settlesAt = -Infinity
  #wantedAt = -Infinity
  #failure: CacheError | undefined
  #closed = false

  constructor(provider: Loan<TopologyProvider>, nodes: NodeSource, options: ReplicatedRouterOptions, clock: Clock) {
    this.#provider = provider
    this.name = provider.value.name
    this.#options = options
    this.#clock = clock
    this.#crew = new Crew(nodes, {
      changed: (node) => this.#changed(node),
      beat: (node, beat) => this.#hearBeat(node, beat),
      push: (push, node, generation) => this.#pushListeners.tell(push, node, generation),
      lost: (node, generation) => this.#lostListeners.tell(node, generation),
    })
    this.#health = new ReplicaHealth(options.maxLag, (event) => this.#topologyListeners.tell(event))
    this.#facts = {
      roleOf: (node) => (this.#crew.nodes.primary.includes(node) ? 'primary' : 'replica'),
      lagOf: (node) => this.#health.lagOf(node),
    }
    const choose = (request: Request, context: CallContext): Node | undefined => this.#choose(request, context)
    this.#room = new WaitingRoom(this.name, options.maxPending, clock, choose, this.#explain)
    this.#hold = new WriteHold(options.holdTimeout, () => this.#wake())
    this.#promotion = new PromotionWatch(nodes, clock, (candidate) => provider.value.promote(candidate))
    this.#outage = new Outage(options.connectTimeout, clock, () => this.#refuse())
    this.#unsubscribe = [
      provider.value.onChange((after, events) => this.#follow(after, events)),
      provider.value.onFailure((error) => this.#fail(error)),
    ]
  }

  get settling(): boolean {
    return this.#clock.now() < this.#settlesAt
  }

  pick(request: Request, context: CallContext): Node | Promise<Node> {
    if (this.#closed) throw new ClosedError(this.name)
    const tiers = tiersFor(request.intent, context.readFrom)
    if (!this.#wanted.has(tiers)) this.#want(tiers)
    if (request.intent === 'write' && this.#room.isLeaving) return this.#room.wait(request, context)
    return this.#choose(request, context) ?? this.#room.wait(request, context)
  }

  failed(node: Node, error: unknown): void {
    if (error instanceof CommandTimeoutError && error.sent) node.doubt(error)
    if (error instanceof CommandError && error.retryable) this.#provider.value.refresh()
  }

  topology(): TopologySnapshot {
    return snapshotOf(this.#provider.value.current, this.#crew.nodes, this.#facts)
  }

  onTopology(listener: (event: TopologyEvent) => void): () => void {
    return this.#topologyListeners.add(listener)
  }

  onPush(listener: (push: Push, node: Node, generation: number) => void): () => void {
    return this.#pushListeners.add(listener)
  }

  onLost(listener: (node: Node, generation: number) => void): () => void {
    return this.#lostListeners.add(listener)
  }

  async close(): Promise<void> {
    this.#stop()
    await Promise.all([...this.#crew.loans, this.#provider].map((loan) => loan.release()))
  }

  destroy(reason: Error): void {
    this.#stop()
    for (const loan of [...this.#crew.loans, this.#provider]) void loan.release(reason)
  }

  #stop(): void {
    if (this.#closed) return
    this.#closed = true
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#provider.value.suspect(this, false)
    this.#hold.stop()
    this.#promotion.follow(undefined)
    this.#outage.end()
    this.#room.fail(() => new ClosedError(this.name), 0)
  }

  /** @throws {AuthenticationError} E_AUTH when every node that may serve it refuses our credentials */
  #choose({ intent }: Request, { readFrom, tried }: CallContext): Node | undefined {
    if (intent === 'write' && (this.#hold.active || this.#fenced)) return undefined
    const tiers = tiersFor(intent, readFrom)
    const select = selectorFor(intent === 'write' ? 'primary' : readFrom, this.#facts)
    const node = chooseNode(tiers, this.#health.fit(this.#crew.nodes), tried, select)
    if (node === undefined) this.#checkCredentials(tiers)
    return node
  }

  get #fenced(): boolean {
    const { fenceAfter } = this.#options
    return fenceAfter !== undefined && this.#clock.now() - this.#provider.value.quorateAt > fenceAfter
  }

  #checkCredentials(tiers: Tiers): void {
    const errors = tiers.flat().flatMap((role) => this.#crew.nodes[role].map(({ lastError }) => lastError))
    if (errors.length > 0 && errors.every((error) => error instanceof AuthenticationError)) throw errors[0]
  }

  /** The first call that may use these roles: connects their nodes, now or as soon as they are known. */
  #want(tiers: Tiers): void {
    const { value: provider } = this.#provider
    this.#wanted.add(tiers)
    this.#wantedAt = this.#clock.now()
    for (const role of tiers.flat()) this.#roles.add(role)
    provider.start()
    if (provider.current !== undefined) this.#reconcile(provider.current)
  }

  #follow(after: Topology, events: readonly TopologyEvent[]): void {
    const switched = events.some(({ type }) => type === 'primary-changed')
    if (after.provisional) this.#settlesAt = Infinity
    else if (switched || this.#settlesAt === Infinity) this.#settlesAt = this.#clock.now() + settlingTime
    this.#reconcile(after)
    for (const event of events) this.#topologyListeners.tell(event)
    this.#wake()
  }

  #fail(error: CacheError): void {
    this.#failure = error
    this.#room.fail(() => error, this.#options.connectTimeout)
    this.#judgeOutage()
  }

  #reconcile({ primary, replicas, failover }: Topology): void {
    this.#employ('primary', primary === undefined ? [] : [primary])
    this.#employ('replica', replicas)
    this.#hold.follow(failover)
    if (this.#roles.has('primary')) this.#promotion.follow(failover?.candidate)
  }

  /** Lets go of the nodes that lost the role, dropping their sockets at once, and connects those that gained it. */
  #employ(role: Role, targets: readonly NodeTarget[]): void {
    if (!this.#roles.has(role)) return
    const [before] = this.#crew.nodes.primary
    this.#crew.employ(role, targets)
    if (this.#crew.nodes.primary[0] !== before) this.#primaryReplicas = []
    if (role === 'primary') this.#judgePrimary()
    else this.#health.keep(this.#crew.nodes.replica)
  }

  #changed(node: Node): void {
    const isPrimary = this.#crew.nodes.primary.includes(node)
    if (node.lastError instanceof RoleMismatchError) this.#hearMismatch(node, isPrimary)
    if (node.state === 'up') this.#misfits.delete(node)
    if (isPrimary && node.state === 'up') this.#options.primaryUp?.(node)
    if (isPrimary) this.#judgePrimary()
    else this.#health.changed(node)
    this.#wake()
  }

  /** A replica that says it is primary was promoted: whoever writes elsewhere may write in vain. It says so once. */
  #hearMismatch(node: Node, isPrimary: boolean): void {
    if (isPrimary || this.#misfits.has(node)) return this.#provider.value.refresh()
    this.#misfits.add(node)
    this.#provider.value.alarm()
  }

  /** A replica that leaves its primary may be on its way to become one. */
  #hearBeat(node: Node, { report, at }: Beat): void {
    if (report.role === 'replica') return this.#health.hear(node, report.offset, at)
    if (!this.#crew.nodes.primary.includes(node)) return
    const left = this.#primaryReplicas.some((address) => !report.replicas.includes(address))
    this.#primaryReplicas = report.replicas
    this.#health.hearPrimary(report.offset, at)
    if (left) this.#provider.value.alarm()
  }

  /** Suspect once it failed; a primary that is being connected for the first time, or refuses us, has not. */
  #judgePrimary(): void {
    const error = this.#crew.nodes.primary[0]?.lastError
    this.#provider.value.suspect(this, error !== undefined && !(error instanceof AuthenticationError))
  }

  #wake(): void {
    this.#room.wake()
    this.#judgeOutage()
  }

  /** Total: no node answers, and no majority of sentinels that could name another. */
  #judgeOutage(): void {
    if (this.#closed) return
    const { current, quorateAt } = this.#provider.value
    const nodes = [...this.#crew.nodes.primary, ...this.#crew.nodes.replica]
    const blind = current === undefined ? this.#failure !== undefined : !current.quorate
    const total = blind && nodes.every(({ state }) => state !== 'up')
    const since = Math.max(this.#wantedAt, quorateAt, ...nodes.map(({ usefulUntil }) => usefulUntil))
    this.#outage.update(total ? since : undefined)
    if (this.#outage.lasting) this.#refuse()
  }

  #refuse(): void {
    this.#room.fail(this.#explain, 0)
  }

  readonly #explain = ({ intent }: Request, { readFrom }: CallContext): Error => {
    if (this.#provider.value.current === undefined) return this.#failure ?? new SentinelUnreachableError(this.name, [])
    const why = intent === 'read' ? [] : this.#reasonsToWait()
    return noNode(this.name, tiersFor(intent, readFrom).flat(), this.#crew.nodes, why)
  }

  #reasonsToWait(): readonly string[] {
    return [
      ...(this.#hold.active ? ['writes are held while a failover is under way'] : []),
      ...(this.#fenced ? ['writes are fenced: no majority of sentinels answers'] : []),
    ]
  }
}

/** From the announcement of a new primary until its replicas follow it, in ms. */
const settlingTime: Milliseconds = 1_000
