import { slotOf } from '../../keys/slot.js'
import type { Milliseconds } from '../../units.js'
import { eventually } from '../eventually.js'
import type { WaitOptions } from '../group/group.js'
import type { GroupParts } from '../group/start.js'
import { live } from '../group/view.js'
import { LabError } from '../lab-error.js'
import type { LabServer } from '../server/server.js'
import type { ClusterNode } from './config.js'
import { configure, forget, join, promote } from './membership.js'
import { usual, type ResolvedClusterOptions } from './options.js'
import { isReplica, ownersOf, primariesIn } from './owners.js'
import { chooseSlots, moveAtomically, moveSlots } from './reshard.js'
import { whyUnsettled } from './settled.js'
import { viewOf, type ClusterView } from './view.js'

/** Which slots move, and how. */
export interface ReshardOptions {
  /** How many: the highest that `from` owns; or which ones. */
  readonly slots: number | readonly number[]
  readonly from: LabServer
  readonly to: LabServer
  /** All in one step, with CLUSTER MIGRATESLOTS, which Valkey has from version 9 on. @default false */
  readonly atomic?: boolean | undefined
}

/** What a new node is to be. */
export interface AddNodeOptions {
  /** The primary that it follows. @default none: it is a primary without slots */
  readonly replicaOf?: LabServer | undefined
}

/** Shards of one primary and its replicas each, all real processes. */
export class LabCluster {
  readonly #parts: GroupParts
  readonly #options: ResolvedClusterOptions
  #nodes: readonly ClusterNode[]

  /** @internal The lab makes them. */
  constructor(parts: GroupParts, options: ResolvedClusterOptions, nodes: readonly ClusterNode[]) {
    this.#parts = parts
    this.#options = options
    this.#nodes = nodes
  }

  /** Its servers: the first primaries by their slots, then the first replica of each, and so on; then those added. */
  get nodes(): readonly LabServer[] {
    return this.#nodes.map(({ server }) => server)
  }

  /** What a cache takes as its location, with `client: 'cluster'`. */
  get locations(): readonly string[] {
    const scheme = this.#options.tls ? 'valkeys' : 'valkey'
    return this.nodes.map(({ address }) => `${scheme}://${address}`)
  }

  /** The nodes that own slots, by the lowest of them, as the live nodes say; one of them may be down. */
  async primaries(): Promise<LabServer[]> {
    return primariesIn(await this.#views()).map((id) => this.#byId(id).server)
  }

  /** The live replicas, of all shards or of one primary. */
  async replicas(of?: LabServer): Promise<LabServer[]> {
    const primary = of && this.#nodeOf(of).place.id
    const views = await this.#views()
    return views.filter((view) => isReplica(view, primary)).map(({ id }) => this.#byId(id).server)
  }

  /**
   * The node that owns a key's slot.
   * @throws {LabError} E_LAB when nobody does
   */
  async primaryOf(key: string): Promise<LabServer> {
    const slot = slotOf(key)
    const owner = ownersOf(await this.#views())[slot]
    if (owner === undefined) throw new LabError(`Nobody owns slot ${slot}.`)
    return this.#byId(owner).server
  }

  /**
   * Orders a failover of the primary with this index in `primaries()`, planned while it lives, else forced. Resolves
   * with the new primary when all live nodes agree.
   * @throws {LabError} E_LAB when there is no such primary, or it has no live replica
   */
  async failover(n: number, { timeout = 15_000 }: WaitOptions = {}): Promise<LabServer> {
    const primary = (await this.primaries())[n]
    if (!primary) throw new LabError(`There is no primary ${n}.`)
    const [replica] = await this.replicas(primary)
    if (!replica) throw new LabError(`${primary.address} has no live replica.`)
    await eventually(() => promote(replica, primary.state === 'running' ? [] : ['FORCE']), { timeout })
    await this.settled({ timeout })
    return replica
  }

  /**
   * Moves slots with their keys from one primary to another, under load as well; resolves when all live nodes agree.
   * Whoever loses its last slot stays a primary. One that fails may leave slots open; it can be asked for again.
   * @throws {LabError} E_LAB when `from` does not own them
   */
  async reshard({ slots, from, to, atomic = false }: ReshardOptions): Promise<void> {
    const ends = { from: this.#nodeOf(from), to: this.#nodeOf(to) }
    const chosen = chooseSlots(slots, await this.#slotsOf(ends.from))
    const { requirepass = [], 'cluster-databases': databases = 1 } = this.#options.config
    const move = { ...ends, slots: chosen, password: [requirepass].flat()[0], databases: Number(databases) }
    const shard = [from, ...(await this.replicas(from))]
    // They would follow `to` when the last slot has gone, and leave it open.
    const still = { 'cluster-allow-replica-migration': 'no' }
    await configure(shard, still)
    try {
      await (atomic ? moveAtomically(move) : moveSlots(move))
      await this.settled()
    } finally {
      await configure(live(shard), usual(still, this.#options))
    }
  }

  /** Starts one more node; resolves when all live nodes agree on it. */
  async addNode({ replicaOf }: AddNodeOptions = {}): Promise<LabServer> {
    const [view] = await this.#views()
    if (!view) throw new LabError('The cluster has no live node to join.')
    const joined = { parts: this.#parts, options: this.#options, nodes: this.#nodes, listed: view.nodes }
    const node = await join(joined, replicaOf && this.#nodeOf(replicaOf))
    this.#nodes = [...this.#nodes, node]
    await this.#gossiping(() => this.settled())
    return node.server
  }

  /**
   * Takes a node out: moves its slots to the other primaries, gives its replicas to one of them, kills it and makes all
   * others forget it. Resolves when all live nodes agree.
   * @throws {LabError} E_LAB when it is the last primary, or is down and still owns slots
   */
  async removeNode(server: LabServer): Promise<void> {
    const node = this.#nodeOf(server)
    const heirs = (await this.primaries()).filter((primary) => primary !== server)
    if (heirs.length === 0) throw new LabError(`${server.address} is the last primary.`)
    await this.#giveAway(node, heirs)
    for (const replica of await this.replicas(server))
      await replica.command('CLUSTER', 'REPLICATE', this.#nodeOf(heirs[0] as LabServer).place.id)
    await server.kill()
    this.#nodes = this.#nodes.filter((other) => other !== node)
    await this.#gossiping(async () => {
      await forget(live(this.nodes), node.place.id)
      await this.settled()
    })
  }

  /**
   * Resolves when all live nodes agree: every slot has one live owner and is not on its way, every replica's link is up,
   * every live node is seen as online, and every other one as failed.
   */
  async settled({ timeout = 30_000 }: WaitOptions = {}): Promise<void> {
    const look = async (): Promise<void> => {
      const reason = whyUnsettled(await Promise.all(live(this.nodes).map(viewOf)))
      if (reason) throw new LabError(`The cluster has not settled: ${reason}.`)
    }
    await eventually(look, { timeout, interval: pause })
  }

  /** Kills its nodes. */
  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((server) => server.kill()))
  }

  /** As {@link stop}, at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  /** Moves all slots of a node, in equal parts. */
  async #giveAway(node: ClusterNode, heirs: readonly LabServer[]): Promise<void> {
    const slots = await this.#slotsOf(node)
    if (slots.length > 0 && node.server.state !== 'running')
      throw new LabError(`${node.server.address} is down and still owns slots: fail it over first.`)
    const share = Math.ceil(slots.length / heirs.length)
    for (const [index, to] of heirs.entries()) {
      const part = slots.slice(index * share, (index + 1) * share)
      if (part.length > 0) await this.reshard({ slots: part, from: node.server, to })
    }
  }

  async #slotsOf({ place }: ClusterNode): Promise<number[]> {
    return ownersOf(await this.#views()).flatMap((owner, slot) => (owner === place.id ? [slot] : []))
  }

  /** Nodes tell each other of themselves more often than they would, where that changes nothing else. */
  async #gossiping(work: () => Promise<void>): Promise<void> {
    const { serving } = this.#options.features
    if (!serving) return work()
    await configure(live(this.nodes), serving)
    await work()
    await configure(live(this.nodes), usual(serving, this.#options))
  }

  /** What all live nodes say; they are asked again while one of them is slow or has just been killed. */
  #views(): Promise<ClusterView[]> {
    return eventually(() => Promise.all(live(this.nodes).map(viewOf)))
  }

  #byId(id: string): ClusterNode {
    const node = this.#nodes.find(({ place }) => place.id === id)
    if (node) return node
    throw new LabError(`${id} is none of the cluster's nodes.`)
  }

  #nodeOf(server: LabServer): ClusterNode {
    const node = this.#nodes.find((candidate) => candidate.server === server)
    if (node) return node
    throw new LabError(`${server.address} is none of the cluster's nodes.`)
  }
}

/** Between two looks at all nodes, whose answers are long. */
const pause: Milliseconds = 20
