import { Cache } from '../cache/cache.js'
import { NearClient } from '../cache/near/near-client.js'
import { MemoryCopies } from '../cache/near/memory-copies.js'
import { NearStore } from '../cache/near/near-store.js'
import { KeptWrites } from '../cache/recovery/kept-writes.js'
import { RecoveringClient } from '../cache/recovery/recovering-client.js'
import type { Client, ClientFactory } from '../clients/client.js'
import { ClusterClient } from '../clients/cluster/client.js'
import { MemoryClient } from '../clients/memory/client.js'
import { RemoteClient, type ClusterPart } from '../clients/remote.js'
import { ShardClient } from '../clients/shard/client.js'
import { ReplicatedRouter } from '../clients/routing/replicated.js'
import type { Router } from '../clients/routing/router.js'
import { SplitBrainAdvice } from '../clients/split-brain-advice.js'
import { SingleRouter } from '../clients/routing/single.js'
import { createCodec } from '../codec/create-codec.js'
import { addressOf, type Address } from '../connection/connection.js'
import { loopClock } from '../connection/deadlines.js'
import { MultiplexedPool } from '../connection/multiplexed-pool.js'
import { Node, type NodeSource } from '../connection/node.js'
import { usualMaxPending } from '../connection/options.js'
import type { PoolTarget } from '../connection/pool.js'
import { Registry, type Loan } from '../connection/registry.js'
import { RespConnectionFactory, type Met, type RespConnectionFactoryParts } from '../connection/resp/factory.js'
import { trackingInitialiser, type Tracking } from '../connection/tracking.js'
import { ConfigurationError } from '../errors.js'
import { matchesGlob } from '../keys/glob.js'
import { KeyMaker } from '../keys/key-maker.js'
import { CacheTelemetry } from '../telemetry/cache-telemetry.js'
import { CommandTraces } from '../telemetry/command-traces.js'
import { Reporter } from '../telemetry/reporter.js'
import { ClusterProvider } from '../topology/cluster/provider.js'
import { readOnlyInitialiser } from '../topology/cluster/readonly.js'
import type { ClusterSource } from '../topology/cluster/source.js'
import { redirectInitialiser } from '../topology/redirect.js'
import { subscribeInitialiser } from '../topology/sentinel/link.js'
import { SentinelProvider } from '../topology/sentinel/provider.js'
import { StaticProvider } from '../topology/static.js'
import type { TopologyProvider } from '../topology/provider.js'
import { monotonicClock, show } from '../units.js'
import { Identity } from './identity.js'
import { ReplicaAdvice } from './replica-advice.js'
import type { ResolvedCache } from './resolve.js'
import {
  usualDeadlines,
  type ResolvedCluster,
  type ResolvedRemote,
  type ResolvedSentinel,
  type ResolvedShard,
} from './resolve-remote.js'

/** What the client of a cache is made with. */
interface ClientParts {
  readonly keys: KeyMaker
  readonly reporter: Reporter
  readonly telemetry: CacheTelemetry
}

/** Puts resolved options together; what is the same for several caches is made once and shared. */
export class Assembly {
  readonly #identity = new Identity()
  readonly #nodes = new Registry<Node>()
  readonly #providers = new Registry<TopologyProvider>()
  readonly #maps = new Registry<ClusterSource>()
  readonly #reporter = new Reporter(monotonicClock)
  readonly #advice = new SplitBrainAdvice(this.#reporter)
  readonly #replicas = new ReplicaAdvice()
  readonly #warn = (problem: string): void =>
    this.#reporter.advise('CERTIFICATE', `The files of certificates are used as they were before: ${problem}`)

  cache(resolved: ResolvedCache): Cache {
    const { name, prefix, version, keyFunctions, failSafe, ttl, loading, closeTimeout } = resolved
    const keys = new KeyMaker(prefix, version, keyFunctions)
    const codec = createCodec(resolved.codec)
    const reporter = this.#reporterFor(resolved)
    if (resolved.advice !== undefined) reporter.advise('LOCATION', resolved.advice)
    const remote = typeof resolved.client === 'object' ? resolved.client : undefined
    const telemetry = new CacheTelemetry(name, allowing(resolved.traceKeys, keys), remote?.connection.database)
    const own = this.#client(resolved, { keys, reporter, telemetry })
    own.onTopology((event) => telemetry.event(event))
    const recovering = this.#recovering(resolved, own, reporter)
    const isDeleted = (key: string): boolean => recovering instanceof RecoveringClient && recovering.deletes(key)
    const isKept = (key: string): boolean => recovering instanceof RecoveringClient && recovering.keeps(key)
    const { near } = resolved
    const store = resolved.client === 'memory' ? new MemoryCopies(near) : near && new NearStore(near, keys.start)
    if (store instanceof NearStore && recovering instanceof RecoveringClient)
      recovering.onKept((keys) => store.onWrite(keys))
    const client = store instanceof NearStore ? new NearClient(recovering, store) : recovering
    return new Cache({
      name,
      client,
      near: store && { store, codec, clone: resolved.clone },
      keys,
      codec,
      reporter,
      telemetry,
      failSafe,
      ttl,
      loading,
      readDeadline: remote?.commands.readDeadline,
      closeTimeout,
      isDeleted,
      isKept,
    })
  }

  /** Where nobody listens, all caches warn together: once a second of each kind, and of each advice. */
  #reporterFor({ listeners }: ResolvedCache): Reporter {
    const { onError, logger } = listeners
    return onError === undefined && logger === undefined ? this.#reporter : new Reporter(monotonicClock, listeners)
  }

  /** Nothing in this process has an outage. */
  #recovering(resolved: ResolvedCache, client: Client, reporter: Reporter): Client {
    const { name, client: kind, recovery: limits } = resolved
    if (limits === undefined || kind === 'memory') return client
    const bounds = typeof kind === 'function' ? usualBounds : boundsOf(kind)
    return new RecoveringClient(client, {
      cache: name,
      reporter,
      limits,
      kept: this.#keptFor(resolved, kind),
      ...bounds,
    })
  }

  /** Caches that have the same keys on the same servers share what is kept; nobody knows what clients of users have. */
  #keptFor({ prefix, keyFunctions }: ResolvedCache, client: ClientFactory | ResolvedRemote): Loan<KeptWrites> {
    const make = (): KeptWrites => new KeptWrites(monotonicClock)
    if (typeof client === 'function') return new Registry<KeptWrites>().borrow('own', make)
    const shards = client.shards?.map(({ node, remote }) => [node, placeOf(remote)] as const)
    // By prefix and function a cache knows on which shard a helper key lies; the order of the shards means nothing.
    const placed = shards && [Object.fromEntries(shards), prefix, keyFunctions.keyFunction]
    return keptOfServers.borrow(identityOfServers.of(placed ?? placeOf(client)), make)
  }

  #client({ name, client }: ResolvedCache, parts: ClientParts): Client {
    if (client === 'memory') return new MemoryClient()
    if (typeof client === 'function') return checkMade(client({ name }), 'onTopology', `caches.${name}.client`)
    const advised = withZoneAdvice(client, parts.reporter)
    if (advised.shards !== undefined) return this.#sharded(advised, advised.shards, parts)
    const observed = observedBy(parts.telemetry, advised)
    if (client.cluster !== undefined) return this.#cluster(observed, client.cluster)
    return this.#remote(observed, parts.reporter)
  }

  #remote(remote: ResolvedRemote, reporter: Reporter): RemoteClient {
    return new RemoteClient(this.#router(remote, reporter), remote.commands)
  }

  /** Every shard is what it would be as the location of a cache of its own. */
  #sharded(
    { commands }: ResolvedRemote,
    shards: readonly ResolvedShard[],
    { keys, reporter, telemetry }: ClientParts,
  ): Client {
    const clients = shards.map(({ remote }) => this.#remote(observedBy(telemetry, remote), reporter))
    const nodes = shards.map(({ node }) => node)
    return new ShardClient(clients, { ...commands, nodes, homeOf: (key) => keys.homeOf(key) })
  }

  /** Every shard is a primary and its replicas, whose topology is a part of the cluster's map. */
  #cluster(remote: ResolvedRemote, cluster: ResolvedCluster): Client {
    const { commands, routing } = remote
    const source = this.#nodeSource(remote)
    const shard = (provider: TopologyProvider, part: ClusterPart): RemoteClient =>
      new RemoteClient(new ReplicatedRouter(lent(provider), source, routing), { ...commands, cluster: part })
    return new ClusterClient(this.#map(remote, cluster), { ...commands, ...routing, shard })
  }

  /** Whatever database the values are in, the map is the same. */
  #map({ servers, connection, connectionFactory }: ResolvedRemote, cluster: ResolvedCluster): Loan<ClusterSource> {
    const { seeds, addressMap, translate } = cluster
    const asking = { ...connection, database: 0 }
    const identity = this.#identity.of({ seeds, addressMap, asking, connectionFactory })
    return this.#maps.borrow(`cluster ${identity}`, () => {
      const factory = connectionFactory ?? new RespConnectionFactory(asking, { translate, warn: this.#warn })
      const { connectTimeout: timeout, tls } = connection
      return new ClusterProvider({ seeds, timeout, secure: tls !== undefined, path: servers.path }, factory, loopClock)
    })
  }

  #router(remote: ResolvedRemote, reporter: Reporter): Router {
    const { kind, primary, replicas, roles } = remote.servers
    const node = primary ?? replicas[0]
    if (kind === 'single' && node !== undefined) {
      const look: Met = (address, hello) => this.#replicas.look(address, hello, reporter)
      const source = this.#nodeSource(remote, roles === 'replica' ? undefined : look)
      const { connectTimeout, maxPending } = remote.routing
      return new SingleRouter(source({ ...node, role: undefined }), connectTimeout, maxPending)
    }
    const { routing, sentinel, servers } = remote
    const primaryUp = (found: Node): void => void this.#advice.look(servers.common.host, found)
    const options = sentinel === undefined ? routing : { ...routing, primaryUp }
    return new ReplicatedRouter(this.#provider(remote), this.#nodeSource(remote), options)
  }

  #provider({ servers, sentinel }: ResolvedRemote): Loan<TopologyProvider> {
    if (sentinel !== undefined) return this.#sentinels(servers.common.host, sentinel)
    const provider = new StaticProvider(servers.primary, servers.replicas)
    return this.#providers.borrow(`static ${this.#identity.of(provider)}`, () => provider)
  }

  #sentinels(serviceName: string, sentinel: ResolvedSentinel): Loan<TopologyProvider> {
    const { seeds, connection, addressMap, translate, fenceAfter } = sentinel
    const identity = this.#identity.of({ serviceName, seeds, connection, addressMap, fenceAfter })
    return this.#providers.borrow(`sentinel ${identity}`, () => {
      const factory = new RespConnectionFactory(connection, {
        initialisers: [subscribeInitialiser],
        translate,
        purpose: 'sentinel',
        warn: this.#warn,
      })
      const options = { serviceName, seeds, timeout: connection.connectTimeout, fenceAfter }
      return new SentinelProvider(options, factory, loopClock)
    })
  }

  /** Roles are proven where servers gave them; a role in a list of locations is the user's word. */
  #nodeSource(remote: ResolvedRemote, met?: Met): NodeSource {
    const { connection, connectionFactory, pool, poolFactory, sentinel, cluster, tracking, leaveAt } = remote
    const { addressMap, seeds, translate } = cluster ?? sentinel ?? nothingAnnounced
    const parts = { ...partsFor(remote), translate, leaveAt, met, warn: this.#warn }
    const ownFactory = connectionFactory ?? new RespConnectionFactory(connection, parts)
    const factory =
      tracking === undefined ? ownFactory : new RespConnectionFactory(connection, tracked(parts, tracking))
    const makePool = poolFactory ?? ((target: PoolTarget) => new MultiplexedPool(target, factory, pool, ownFactory))
    const identity = this.#identity.of({
      cluster: cluster !== undefined,
      leaveAt,
      connection,
      connectionFactory,
      pool,
      poolFactory,
      tracking,
      seeds,
      addressMap,
    })
    const announced = seeds !== undefined
    return (asked) => {
      const target = announced ? asked : { ...asked, role: undefined }
      const key = `${identity} ${target.role} ${addressOf(target)}`
      return this.#nodes.borrow(key, () => {
        const made = checkMade(makePool(target, factory, pool), 'onLost', 'pool')
        return new Node(target, made, tracking !== undefined)
      })
    }
  }
}

/** @throws {ConfigurationError} E_CONFIG at the option whose function gave what lacks a method, such as a promise */
function checkMade<Made extends object>(made: Made, method: keyof Made, option: string): Made {
  if (typeof (made as Partial<Made> | undefined)?.[method] === 'function') return made
  throw new ConfigurationError(option, `the factory must make one at once, and gave ${show(made)}`)
}

/** Those of all caches of this process. */
const keptOfServers = new Registry<KeptWrites>()
const identityOfServers = new Identity()

/** How long calls of a user's own client wait for what is kept, in ms, and how many may. */
const usualBounds = {
  readDeadline: usualDeadlines.read,
  writeDeadline: usualDeadlines.write,
  maxWaiting: usualMaxPending.commands,
}

/** What tells one database of some servers from others. */
function placeOf({ servers, sentinel, cluster, connection: { database } }: ResolvedRemote): unknown {
  const { kind, seeds, primary, replicas } = servers
  const asked = sentinel?.seeds ?? cluster?.seeds
  return { kind, seeds, primary, replicas, service: servers.common.host, asked, database }
}

function boundsOf({ commands, routing }: ResolvedRemote): typeof usualBounds {
  const { readDeadline, writeDeadline } = commands
  return { readDeadline, writeDeadline, maxWaiting: routing.maxPending.commands }
}

/** The options of a cache whose commands and holds are told and counted. */
function observedBy(telemetry: CacheTelemetry, remote: ResolvedRemote): ResolvedRemote {
  const { calls, holds } = telemetry
  const commands = { ...remote.commands, observer: new CommandTraces(telemetry), meters: calls }
  return { ...remote, commands, routing: { ...remote.routing, holds } }
}

/** Whether a key may be told, of a cache whose `traceKeys` are these patterns of users' keys. */
function allowing(patterns: readonly string[] | undefined, keys: KeyMaker): ((made: string) => boolean) | undefined {
  const made = patterns?.map((pattern) => keys.pattern(pattern))
  return made && ((key) => made.some((pattern) => matchesGlob(pattern, key)))
}

/** The options of a cache that says once, where it reads from its zone, that a server tells none. */
function withZoneAdvice(remote: ResolvedRemote, reporter: Reporter): ResolvedRemote {
  const { zone } = remote.routing
  if (zone === undefined) return remote
  let told = false
  const withoutZone = ({ address }: Node): void => {
    if (!told) reporter.advise('ZONE', noZone(address, zone))
    told = true
  }
  const advised = (one: ResolvedRemote): ResolvedRemote => ({ ...one, routing: { ...one.routing, withoutZone } })
  const shards = remote.shards?.map(({ node, remote: shard }) => ({ node, remote: advised(shard) }))
  return { ...advised(remote), shards }
}

function noZone(address: Address, zone: string): string {
  return (
    `${address} tells no availability zone, so reads from zone '${zone}' go to it as to a server in another one. Set ` +
    'availability-zone there, on Valkey from 8.0 on (before 8.1 our user needs +info), or use readFrom.subnet'
  )
}

const nothingAnnounced = { addressMap: undefined, seeds: undefined, translate: undefined }

/** What connections to the servers of a cache say and expect beyond HELLO. */
function partsFor({ sentinel, cluster }: ResolvedRemote): RespConnectionFactoryParts {
  if (cluster !== undefined) return { initialisers: [readOnlyInitialiser], purpose: 'cluster' }
  return { initialisers: sentinel === undefined ? [] : [redirectInitialiser], purpose: 'data' }
}

/** Switches tracking on for shared connections only: what is read on connections that are lent is not held. */
function tracked(parts: RespConnectionFactoryParts, tracking: Tracking): RespConnectionFactoryParts {
  return { ...parts, initialisers: [...(parts.initialisers ?? []), trackingInitialiser(tracking)] }
}

/** A part of something that is borrowed as a whole. */
function lent(provider: TopologyProvider): Loan<TopologyProvider> {
  return { value: provider, release: () => Promise.resolve() }
}
