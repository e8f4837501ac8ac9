import { addressOf, type Address, type NodeTarget, type Push, type Role } from '../../connection/connection.js'
import type { Node, NodeSource } from '../../connection/node.js'
import type { MaxPending } from '../../connection/options.js'
import type { Loan } from '../../connection/registry.js'
import {
  AuthenticationError,
  type CacheError,
  ClosedError,
  CommandError,
  CommandTimeoutError,
  ConnectionError,
  PrimaryNotFoundError,
  ReplicaNotFoundError,
  RoleMismatchError,
  SentinelUnreachableError,
} from '../../errors.js'
import { diffTopology, type Topology, type TopologyEvent, type TopologyProvider } from '../../topology/topology.js'
import type { Clock, Milliseconds } from '../../units.js'
import type { TopologySnapshot } from '../client.js'
import type { Request } from '../command.js'
import { chooseNode, tiersFor, type Tiers } from './choose.js'
import type { CallContext, Router } from './router.js'
import { WaitingRoom } from './waiting-room.js'

export interface ReplicatedRouterOptions {
  /** What may wait for a node. */
  readonly maxPending: MaxPending
  /** How long a call waits for a first sight of the servers before it is told that there is none. */
  readonly connectTimeout: Milliseconds
}

/** A node in use here, and how to stop listening to it. */
interface Member {
  readonly loan: Loan<Node>
  readonly unsubscribe: readonly (() => void)[]
}

/**
 * One primary and its replicas, from any source of topology.
 * Each node is a stall domain of its own: nothing here waits for more than the node that one call needs. Nodes of a
 * role are connected when a first call may use that role, and kept up from then on.
 */
export class ReplicatedRouter implements Router {
  readonly name: string
  readonly #provider: Loan<TopologyProvider>
  readonly #nodes: NodeSource
  readonly #connectTimeout: Milliseconds
  readonly #room: WaitingRoom
  readonly #members: Record<Role, Map<Address, Member>> = { primary: new Map(), replica: new Map() }
  readonly #wanted = new Set<Tiers>()
  readonly #roles = new Set<Role>()
  readonly #pushListeners = new Set<(push: Push, node: Node, generation: number) => void>()
  readonly #lostListeners = new Set<(node: Node, generation: number) => void>()
  readonly #topologyListeners = new Set<(event: TopologyEvent) => void>()
  readonly #unsubscribe: readonly (() => void)[]
  /** The nodes of {@link #members}, in arrays that the hot path reads. */
  #candidates: Record<Role, readonly Node[]> = { primary: [], replica: [] }
  #failure: CacheError | undefined
  #closed = false

  constructor(provider: Loan<TopologyProvider>, nodes: NodeSource, options: ReplicatedRouterOptions, clock: Clock) {
    this.#provider = provider
    this.name = provider.value.name
    this.#nodes = nodes
    this.#connectTimeout = options.connectTimeout
    const choose = (request: Request, context: CallContext): Node | undefined => this.#choose(request, context)
    const explain = (request: Request, context: CallContext): Error => this.#explain(request, context)
    this.#room = new WaitingRoom(this.name, options.maxPending, clock, choose, explain)
    this.#unsubscribe = [
      provider.value.onChange((after, before) => this.#follow(after, before)),
      provider.value.onFailure((error) => this.#fail(error)),
    ]
  }

  pick(request: Request, context: CallContext): Node | Promise<Node> {
    if (this.#closed) throw new ClosedError(this.name)
    const tiers = tiersFor(request.intent, context.readFrom)
    if (!this.#wanted.has(tiers)) this.#want(tiers)
    return this.#choose(request, context) ?? this.#room.wait(request, context)
  }

  failed(node: Node, error: unknown): void {
    if (error instanceof CommandTimeoutError && error.sent) node.doubt(error)
    if (error instanceof CommandError && error.retryable) this.#provider.value.refresh()
  }

  topology(): TopologySnapshot {
    const { current } = this.#provider.value
    const [primary] = this.#candidates.primary
    return {
      state: current === undefined ? 'none' : primary !== undefined && primary.state !== 'up' ? 'suspect' : 'steady',
      primary: current?.primary && addressOf(current.primary),
      replicas: (current?.replicas ?? []).map(addressOf),
      sentinels: current?.sentinels ?? [],
      epoch: current?.epoch ?? 0,
    }
  }

  onTopology(listener: (event: TopologyEvent) => void): () => void {
    this.#topologyListeners.add(listener)
    return () => this.#topologyListeners.delete(listener)
  }

  onPush(listener: (push: Push, node: Node, generation: number) => void): () => void {
    this.#pushListeners.add(listener)
    return () => this.#pushListeners.delete(listener)
  }

  onLost(listener: (node: Node, generation: number) => void): () => void {
    this.#lostListeners.add(listener)
    return () => this.#lostListeners.delete(listener)
  }

  async close(): Promise<void> {
    this.#stop()
    await Promise.all([...this.#loans(), this.#provider].map((loan) => loan.release()))
  }

  destroy(reason: Error): void {
    this.#stop()
    for (const loan of [...this.#loans(), this.#provider]) void loan.release(reason)
  }

  #stop(): void {
    if (this.#closed) return
    this.#closed = true
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#provider.value.suspect(this, false)
    this.#room.fail(new ClosedError(this.name), 0)
  }

  #loans(): readonly Loan<unknown>[] {
    return [...this.#members.primary.values(), ...this.#members.replica.values()].map(({ loan }) => loan)
  }

  /** @throws {AuthenticationError} E_AUTH when every node that may serve it refuses our credentials */
  #choose({ intent }: Request, { readFrom, tried }: CallContext): Node | undefined {
    const tiers = tiersFor(intent, readFrom)
    const node = chooseNode(tiers, this.#candidates, tried, Math.random)
    if (node === undefined) this.#checkCredentials(tiers)
    return node
  }

  #checkCredentials(tiers: Tiers): void {
    const errors = tiers.flat().flatMap((role) => this.#candidates[role].map(({ lastError }) => lastError))
    if (errors.length > 0 && errors.every((error) => error instanceof AuthenticationError)) throw errors[0]
  }

  /** The first call that may use these roles: connects their nodes, now or as soon as they are known. */
  #want(tiers: Tiers): void {
    const { value: provider } = this.#provider
    this.#wanted.add(tiers)
    for (const role of tiers.flat()) this.#roles.add(role)
    provider.start()
    if (provider.current !== undefined) this.#reconcile(provider.current)
  }

  #follow(after: Topology, before: Topology | undefined): void {
    this.#reconcile(after)
    if (before !== undefined) this.#announce(diffTopology(before, after))
    this.#room.wake()
  }

  #announce(events: readonly TopologyEvent[]): void {
    for (const event of events) for (const listener of this.#topologyListeners) listener(event)
  }

  #fail(error: CacheError): void {
    this.#failure = error
    this.#room.fail(error, this.#connectTimeout)
  }

  #reconcile({ primary, replicas }: Topology): void {
    this.#employ('primary', primary === undefined ? [] : [primary])
    this.#employ('replica', replicas)
  }

  /** Lets go of the nodes that lost the role, dropping their sockets at once, and connects those that gained it. */
  #employ(role: Role, targets: readonly NodeTarget[]): void {
    if (!this.#roles.has(role)) return
    const members = this.#members[role]
    const wanted = new Map(targets.map((target) => [addressOf(target), target]))
    for (const [address, member] of members) if (!wanted.has(address)) this.#dismiss(role, address, member)
    for (const [address, target] of wanted) if (!members.has(address)) members.set(address, this.#hire(role, target))
    this.#candidates = { ...this.#candidates, [role]: [...members.values()].map(({ loan }) => loan.value) }
    if (role === 'primary') this.#judgePrimary()
    for (const node of this.#candidates[role]) node.keepUp()
  }

  #hire(role: Role, target: NodeTarget): Member {
    const loan = this.#nodes({ ...target, role })
    const node = loan.value
    const unsubscribe = [
      node.onChange(() => this.#changed(node)),
      node.pool.onPush((push, generation) =>
        this.#pushListeners.forEach((listener) => listener(push, node, generation)),
      ),
      node.pool.onLost((_, generation) => this.#lostListeners.forEach((listener) => listener(node, generation))),
    ]
    return { loan, unsubscribe }
  }

  #dismiss(role: Role, address: Address, { loan, unsubscribe }: Member): void {
    this.#members[role].delete(address)
    for (const stop of unsubscribe) stop()
    void loan.release(
      new ConnectionError(address, role === 'primary' ? 'is no longer the primary' : 'is no longer a replica'),
    )
  }

  #changed(node: Node): void {
    if (node.lastError instanceof RoleMismatchError) this.#provider.value.refresh()
    if (this.#candidates.primary.includes(node)) this.#judgePrimary()
    this.#room.wake()
  }

  /** Suspect once it failed; a primary that is being connected for the first time, or refuses us, has not. */
  #judgePrimary(): void {
    const error = this.#candidates.primary[0]?.lastError
    this.#provider.value.suspect(this, error !== undefined && !(error instanceof AuthenticationError))
  }

  #explain({ intent }: Request, { readFrom }: CallContext): Error {
    if (this.#provider.value.current === undefined) return this.#failure ?? new SentinelUnreachableError(this.name, [])
    const roles = tiersFor(intent, readFrom).flat()
    const tried = roles.flatMap((role) => this.#candidates[role].map((node) => describe(role, node)))
    return roles.includes('primary')
      ? new PrimaryNotFoundError(this.name, tried)
      : new ReplicaNotFoundError(this.name, tried)
  }
}

function describe(role: Role, { address, state, lastError }: Node): string {
  const reason = lastError instanceof Error ? lastError.message.replace(/\.$/, '') : `${address} is ${state}`
  return `${role} ${reason}`
}
