import { slotOf } from '../../keys/slot.js'
import type { Milliseconds } from '../../units.js'
import { eventually } from '../eventually.js'
import type { WaitOptions } from '../group/group.js'
import { live } from '../group/view.js'
import { LabError } from '../lab-error.js'
import type { LabServer } from '../server/server.js'
import type { ClusterPlace } from './config.js'
import type { ResolvedClusterOptions } from './options.js'
import { ownersOf } from './owners.js'
import { whyUnsettled } from './settled.js'
import { viewOf, type ClusterView } from './view.js'

/** A node with its place. */
export interface ClusterNode {
  readonly server: LabServer
  readonly place: ClusterPlace
}

/** Shards of one primary and its replicas each, all real processes. */
export class LabCluster {
  readonly #options: ResolvedClusterOptions
  #nodes: readonly ClusterNode[]

  /** @internal The lab makes them. */
  constructor(options: ResolvedClusterOptions, nodes: readonly ClusterNode[]) {
    this.#options = options
    this.#nodes = nodes
  }

  /** Its servers: first the first primaries, by their slots, then the first replica of each, and so on. */
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
    const owners = ownersOf(await this.#views())
    return [...new Set(owners)].flatMap((id) => (id === undefined ? [] : this.#byId(id)))
  }

  /** The live replicas, of all shards or of one primary. */
  async replicas(of?: LabServer): Promise<LabServer[]> {
    const primary = of && this.#idOf(of)
    const own = (await this.#views()).flatMap(({ server, id, nodes }) =>
      nodes.flatMap((listed) => (listed.id === id ? [{ server, of: listed.of }] : [])),
    )
    const wanted = own.filter((node) => node.of !== undefined && (primary === undefined || node.of === primary))
    return wanted.map(({ server }) => server)
  }

  /**
   * The node that owns a key's slot.
   * @throws {LabError} E_LAB when nobody does
   */
  async primaryOf(key: string): Promise<LabServer> {
    const slot = slotOf(key)
    const owner = ownersOf(await this.#views())[slot]
    if (owner === undefined) throw new LabError(`Nobody owns slot ${slot}.`)
    return this.#byId(owner)
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

  /** What the nodes say that answer. */
  async #views(): Promise<ClusterView[]> {
    const views = await Promise.allSettled(live(this.nodes).map(viewOf))
    return views.flatMap((view) => (view.status === 'fulfilled' ? [view.value] : []))
  }

  #byId(id: string): LabServer {
    const node = this.#nodes.find(({ place }) => place.id === id)
    if (node) return node.server
    throw new LabError(`${id} is none of the cluster's nodes.`)
  }

  #idOf(server: LabServer): string {
    const node = this.#nodes.find((candidate) => candidate.server === server)
    if (node) return node.place.id
    throw new LabError(`${server.address} is none of the cluster's nodes.`)
  }
}

/** Between two looks at all nodes, whose answers are long. */
const pause: Milliseconds = 20
