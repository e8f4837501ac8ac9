import { addressOf, type Address, type NodeTarget } from '../../connection/connection.js'
import { loopClock } from '../../connection/deadlines.js'
import { RespConnectionFactory } from '../../connection/resp/factory.js'
import type { ConnectionFactory } from '../../connection/factory.js'
import type { ResolvedConnectionOptions, TlsOptions } from '../../connection/options.js'
import type { Translate } from '../../connection/address-map.js'
import type { ResolvedRemote } from '../../config/resolve-remote.js'
import { wallClock, type Clock, type Milliseconds } from '../../units.js'
import { lookAtCertificate } from './certificate.js'
import { contact, type ContactContext } from './contact.js'
import type { CertificateFacts, Facts, NodeFacts, SentinelFacts } from './facts.js'
import { askNode } from './node.js'
import type { Rights } from './rights.js'
import { askSentinel, nodesOf } from './sentinel.js'

/** How thoroughly it is looked. */
export interface LookOptions {
  /** When a server that has not answered counts as silent, in ms after the beginning. @default 800 */
  readonly patience?: Milliseconds | undefined
  /** Commands of which every node says whether our user may run them; with them nodes tell their clients and certificates too. @default none */
  readonly rights?: Rights | undefined
  /** The same, of every sentinel. @default none */
  readonly sentinelRights?: Rights | undefined
  /** The clock of this host. @default the real one */
  readonly clock?: Clock | undefined
}

/**
 * Looks at all servers of a cache once, side by side: those that the configuration names, and those that they name. Nobody
 * waits for a server that does not answer, and nothing is changed on any of them. Never rejects.
 */
export async function look(remote: ResolvedRemote, options: LookOptions = {}): Promise<Facts> {
  const { servers, sentinel, cluster } = remote
  const looker = new Look(remote, options)
  if (sentinel !== undefined) await Promise.all(sentinel.seeds.map((seed) => looker.sentinel(seed, true)))
  else await Promise.all([servers.primary, ...servers.replicas, ...servers.seeds].map((node) => looker.node(node)))
  const named = cluster?.seeds ?? [servers.primary, ...servers.replicas]
  const addresses = named.flatMap((target) => (target === undefined ? [] : [addressOf(target)]))
  const name = sentinel === undefined ? addresses.join(',') : servers.common.host
  const at = (options.clock ?? wallClock).now()
  const [sentinels, nodes] = await Promise.all([looker.sentinels(), looker.nodes()])
  const clustered = sentinel === undefined && nodes.some(({ told }) => told?.cluster !== undefined)
  const primary = servers.primary && addressOf(servers.primary)
  return { name, kind: clustered ? 'cluster' : servers.kind, primary, sentinels, nodes, at }
}

/** One look that is under way: each server is asked once, whoever names it. */
class Look {
  readonly #remote: ResolvedRemote
  readonly #rights: LookOptions['rights']
  readonly #sentinelRights: LookOptions['sentinelRights']
  readonly #sentinelContext: ContactContext
  readonly #nodeContext: ContactContext
  readonly #translate: Translate
  readonly #sentinels = new Map<Address, Promise<SentinelFacts>>()
  readonly #nodes = new Map<Address, Promise<NodeFacts>>()

  constructor(remote: ResolvedRemote, { patience = usualPatience, rights, sentinelRights, clock }: LookOptions) {
    const { sentinel, cluster, connection, connectionFactory } = remote
    const translate = (sentinel ?? cluster)?.translate
    const deadline = loopClock.now() + patience
    const sentinels = factoryOf(sentinel?.connection ?? connection, { translate, patience })
    const nodes = connectionFactory ?? factoryOf(connection, { translate, patience })
    this.#remote = remote
    this.#rights = rights
    this.#sentinelRights = sentinelRights
    this.#translate = translate ?? ((target) => target)
    this.#sentinelContext = { factory: sentinels, deadline, clock }
    this.#nodeContext = { factory: nodes, deadline, clock }
  }

  /** One sentinel, then what it names. */
  async sentinel(target: NodeTarget, configured: boolean): Promise<void> {
    const address = addressOf(target)
    if (this.#sentinels.has(address)) return
    const question = askSentinel(this.#remote.servers.common.host, this.#sentinelRights)
    const asking = contact(target, this.#sentinelContext, question)
    const certificate = this.#certificateOf(target, this.#remote.sentinel?.connection.tls)
    const finding = Promise.all([asking, certificate])
    this.#sentinels.set(
      address,
      finding.then(([found, shown]) => ({ ...found, configured, certificate: shown })),
    )
    const { told } = await asking
    const others = (told?.view?.others ?? []).map(({ host, port }) => this.sentinel({ host, port }, false))
    const nodes = told?.view === undefined ? [] : nodesOf(told.view).map((node) => this.node(node))
    await Promise.all([...others, ...nodes])
  }

  /** One data node, then what its map of the cluster names. */
  async node(target: NodeTarget | undefined): Promise<void> {
    if (target === undefined || this.#nodes.has(addressOf(target))) return
    const { tls } = this.#remote.connection
    const extras = { secure: tls !== undefined, rights: this.#rights }
    const asking = contact(target, this.#nodeContext, askNode(target, extras))
    const finding = Promise.all([asking, this.#certificateOf(target, tls)])
    this.#nodes.set(
      addressOf(target),
      finding.then(([found, certificate]) => ({ ...found, certificate })),
    )
    const { told } = await asking
    const others = told?.cluster?.view.flatMap(({ nodes }) => nodes) ?? []
    await Promise.all(others.map((other) => this.node(other.target)))
  }

  /** The configured ones first; one that is reached by two addresses goes by the first. */
  async sentinels(): Promise<readonly SentinelFacts[]> {
    const all = await Promise.all(this.#sentinels.values())
    const ids = all.map(({ told }) => told?.id)
    return all.filter((_, index) => ids[index] === undefined || ids.indexOf(ids[index]) === index)
  }

  /** By their addresses; a node of a cluster that a seed has another name for goes by that which the cluster has. */
  async nodes(): Promise<readonly NodeFacts[]> {
    const all = await Promise.all(this.#nodes.values())
    const ids = all.map(({ address, told }) => (told?.cluster && told.info?.get('run_id')) ?? address)
    return all
      .filter((_, index) => ids.lastIndexOf(ids[index] ?? '') === index)
      .sort((one, other) => one.address.localeCompare(other.address, undefined, { numeric: true }))
  }

  async #certificateOf(target: NodeTarget, tls: TlsOptions | undefined): Promise<CertificateFacts | undefined> {
    if (tls === undefined || this.#rights === undefined) return undefined
    const timeout = Math.max(1, this.#nodeContext.deadline - loopClock.now())
    // Files that cannot be used are told of by the connection itself.
    return lookAtCertificate(target, { tls, dialled: this.#translate(target), timeout }).catch(() => undefined)
  }
}

function factoryOf(
  connection: ResolvedConnectionOptions,
  { translate, patience }: { readonly translate: Translate | undefined; readonly patience: Milliseconds },
): ConnectionFactory {
  const options = { ...connection, clientName: ownName, connectTimeout: patience }
  return new RespConnectionFactory(options, { translate })
}

/** What servers call the connections of the command line in CLIENT LIST. */
export const ownName = 'valkey-cache-cli'

const usualPatience: Milliseconds = 800
