import type { Address } from '../../connection/connection.js'
import type { Node } from '../../connection/node.js'
import type { RoleReport } from '../../connection/resp/role.js'
import type { TopologyEvent } from '../../topology/events.js'
import type { Milliseconds } from '../../units.js'
import type { Candidates } from './choose.js'
import { unfitness, type PrimaryPresence, type ReplicaFacts, type Unfitness } from './replica-fitness.js'
import { ReplicationLag } from './replication-lag.js'

type ReplicaReport = Extract<RoleReport, { role: 'replica' }>

/** What a replica said on its present connection. */
interface Heard {
  readonly at: Milliseconds
  /** Since when it has been saying that it finds no primary; `undefined` when it found one. */
  readonly searchingSince: Milliseconds | undefined
  /** Its last known place in its primary's stream. */
  readonly offset: number | undefined
  readonly lag: Milliseconds | undefined
}

/**
 * Which replicas are read: those that answer, have synced with their primary, and are not too far behind. Tells when one
 * drops out and when it is back.
 */
export class ReplicaHealth {
  readonly #maxLag: Milliseconds
  readonly #primary: () => PrimaryPresence
  readonly #tell: (event: TopologyEvent) => void
  readonly #replication = new ReplicationLag()
  readonly #heard = new Map<Node, Heard>()
  /** Those that are not read where there is a primary. */
  readonly #unfit = new Set<Node>()
  /** Those that were read once. */
  readonly #known = new Set<Address>()
  readonly #ejected = new Set<Address>()

  constructor(maxLag: Milliseconds | undefined, primary: () => PrimaryPresence, tell: (event: TopologyEvent) => void) {
    this.#maxLag = maxLag ?? Infinity
    this.#primary = primary
    this.#tell = tell
  }

  /** How far it is behind, in ms; `undefined` while that is not known. */
  lagOf(node: Node): Milliseconds | undefined {
    return this.#heard.get(node)?.lag
  }

  /** The candidates without replicas that are not read. The usual case, that there are none of those, costs nothing. */
  fit(candidates: Candidates): Candidates {
    if (this.#unfit.size === 0) return candidates
    return { ...candidates, replica: candidates.replica.filter((node) => !this.#isUnfit(node)) }
  }

  /** Why a replica that is up is not read, in words; `undefined`: it is. */
  whyUnfit(node: Node): string | undefined {
    const why = this.#unfit.has(node) ? this.#unfitness(node) : undefined
    return why && this.#inWords(why, node)
  }

  hearPrimary(offset: number, at: Milliseconds): void {
    this.#replication.note(offset, at)
  }

  /** Takes in what a replica says. @returns whether it may be read from now on, and might not before */
  hear(node: Node, report: ReplicaReport, at: Milliseconds): boolean {
    const { searchingSince = at, offset: lastOffset } = this.#heard.get(node) ?? {}
    const offset = report.offset ?? lastOffset
    const lag = offset === undefined ? undefined : this.#replication.of(offset, at)
    const wasUnfit = this.#unfit.has(node)
    const since = report.link === 'searching' ? searchingSince : undefined
    this.#heard.set(node, { at, searchingSince: since, offset, lag })
    this.changed(node)
    return wasUnfit && !this.#unfit.has(node)
  }

  /** Forgets those that are not replicas any more. */
  keep(replicas: readonly Node[]): void {
    for (const nodes of [this.#heard, this.#unfit])
      for (const node of nodes.keys()) if (!replicas.includes(node)) nodes.delete(node)
    const addresses = new Set(replicas.map(({ address }) => address))
    for (const set of [this.#known, this.#ejected])
      for (const address of set) if (!addresses.has(address)) set.delete(address)
    for (const node of replicas) this.#judge(node)
  }

  /** The state of a replica changed, or what it says. */
  changed(node: Node): void {
    const { address, state } = node
    if (state === 'down') this.#heard.delete(node)
    this.#judge(node)
    const fit = state === 'up' && !this.#isUnfit(node)
    if (fit) this.#known.add(address)
    if (fit && this.#ejected.delete(address)) this.#tell({ type: 'replica-restored', address })
    if (fit || this.#ejected.has(address) || !this.#known.has(address)) return
    this.#ejected.add(address)
    this.#tell({ type: 'replica-ejected', address, reason: this.#reason(node) })
  }

  #judge(node: Node): void {
    if (unfitness(this.#factsOf(node), this.#maxLag, 'up') === undefined) this.#unfit.delete(node)
    else this.#unfit.add(node)
  }

  #isUnfit(node: Node): boolean {
    return this.#unfit.has(node) && this.#unfitness(node) !== undefined
  }

  #unfitness(node: Node): Unfitness | undefined {
    return unfitness(this.#factsOf(node), this.#maxLag, this.#primary())
  }

  #factsOf(node: Node): ReplicaFacts {
    const { at = 0, searchingSince = at, lag } = this.#heard.get(node) ?? {}
    return { linked: node.linked, searching: at - searchingSince, lag }
  }

  #reason(node: Node): string {
    const why = node.state === 'up' ? this.#unfitness(node) : undefined
    if (why !== undefined) return this.#inWords(why, node)
    return node.lastError instanceof Error ? node.lastError.message : `is ${node.state}`
  }

  #inWords(why: Unfitness, node: Node): string {
    if (why === 'unlinked') return 'has not synced with its primary yet'
    if (why === 'unmeasured') return 'does not say how far it is behind its primary'
    return `is ${Math.round(this.lagOf(node) ?? 0)} ms behind its primary`
  }
}
