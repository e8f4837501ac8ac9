import { RemoteClient } from '../../src/clients/remote.js'
import { ReplicatedRouter } from '../../src/clients/routing/replicated.js'
import {
  addressOf,
  type Address,
  type Connection,
  type NodeTarget,
  type Role,
} from '../../src/connection/connection.js'
import { loopClock } from '../../src/connection/deadlines.js'
import type { ConnectionFactory } from '../../src/connection/factory.js'
import { MultiplexedPool } from '../../src/connection/multiplexed-pool.js'
import { Node, type NodeSource } from '../../src/connection/node.js'
import { resolveConnectionOptions, type ConnectionOptions } from '../../src/connection/options.js'
import { Registry } from '../../src/connection/registry.js'
import { RespConnectionFactory } from '../../src/connection/resp/factory.js'
import { ConnectionError } from '../../src/errors.js'
import { eventually } from '../../src/lab/index.js'
import { ClusterProvider } from '../../src/topology/cluster/provider.js'
import type { ClusterMap, ClusterShard } from '../../src/topology/cluster/source.js'
import type { TopologyEvent } from '../../src/topology/events.js'

/** The way from a client to the nodes: names that lead to addresses, and nodes that cannot be reached. */
export class WayToNodes implements ConnectionFactory {
  readonly names = new Map<Address, NodeTarget>()
  readonly cut = new Set<Address>()
  readonly #inner: ConnectionFactory

  constructor(options: ConnectionOptions = {}) {
    const translate = (target: NodeTarget): NodeTarget => this.names.get(addressOf(target)) ?? target
    this.#inner = new RespConnectionFactory(resolveConnectionOptions(options, String), { translate })
  }

  async connect(target: NodeTarget, role: Role | undefined, signal: AbortSignal): Promise<Connection> {
    if (this.cut.has(addressOf(target))) throw new ConnectionError(addressOf(target), 'is cut off')
    return this.#inner.connect(target, role, signal)
  }
}

/** A source of a cluster's map, and all that it told. */
export class WatchedSource {
  readonly provider: ClusterProvider
  readonly events: TopologyEvent[] = []
  readonly errors: Error[] = []

  constructor(seeds: readonly NodeTarget[], way: ConnectionFactory = new WayToNodes()) {
    const options = { seeds, timeout: 1_000, secure: false, path: 'caches.default.location' }
    this.provider = new ClusterProvider(options, way, loopClock)
    this.provider.onChange((_, events) => this.events.push(...events))
    this.provider.onFailure((error) => this.errors.push(error))
    this.provider.start()
  }

  /** The map, once there is one. */
  map(): Promise<ClusterMap> {
    return eventually(() => this.provider.current ?? false)
  }

  async shardOf(slot: number): Promise<ClusterShard> {
    const { shards } = await this.map()
    const shard = shards.find(({ slots }) => slots.some(([from, to]) => from <= slot && slot <= to))
    if (shard === undefined) throw new Error(`no shard serves slot ${slot}`)
    return shard
  }
}

/** A client of one shard. */
export function clientOf(source: WatchedSource, shard: ClusterShard, way: ConnectionFactory): RemoteClient {
  const registry = new Registry<Node>()
  const nodes: NodeSource = (target) =>
    registry.borrow(
      `${target.role} ${addressOf(target)}`,
      () => new Node(target, new MultiplexedPool(target, way, { connections: 1, leases: 64 })),
    )
  const { maxPending } = resolveConnectionOptions({}, String)
  const provider = { value: source.provider.shard(shard.id), release: async (): Promise<void> => {} }
  const router = new ReplicatedRouter(provider, nodes, {
    maxPending,
    connectTimeout: 1_000,
    holdTimeout: 3_000,
    maxLag: undefined,
    fenceAfter: undefined,
  })
  const limits = { readDeadline: 15_000, writeDeadline: 15_000, attemptTimeout: undefined }
  return new RemoteClient(router, {
    ...limits,
    readFrom: 'primary',
    readYourWrites: 0,
    minReplicas: 0,
    readOnly: undefined,
  })
}
