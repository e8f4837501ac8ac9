import type { Address } from '../../connection/connection.js'
import type { Node } from '../../connection/node.js'
import type { TopologyEvent } from '../../topology/events.js'
import type { Milliseconds } from '../../units.js'
import type { Candidates } from './choose.js'
import { ReplicationLag } from './replication-lag.js'

/** Which replicas are of use: those that answer, and are not too far behind. Tells when one drops out and is back. */
export class ReplicaHealth {
  readonly #maxLag: Milliseconds
  readonly #tell: (event: TopologyEvent) => void
  readonly #replication = new ReplicationLag()
  readonly #lags = new Map<Node, Milliseconds | undefined>()
  /** Those that were of use once. */
  readonly #known = new Set<Address>()
  readonly #ejected = new Set<Address>()

  constructor(maxLag: Milliseconds | undefined, tell: (event: TopologyEvent) => void) {
    this.#maxLag = maxLag ?? Infinity
    this.#tell = tell
  }

  /** How far it is behind, in ms; `undefined` while that is not known. */
  lagOf(node: Node): Milliseconds | undefined {
    return this.#lags.get(node)
  }

  /** The candidates without replicas that are too far behind. */
  fit(candidates: Candidates): Candidates {
    if (this.#maxLag === Infinity) return candidates
    return { ...candidates, replica: candidates.replica.filter((node) => !this.#isLate(node)) }
  }

  hearPrimary(offset: number, at: Milliseconds): void {
    this.#replication.note(offset, at)
  }

  hear(node: Node, offset: number, at: Milliseconds): void {
    this.#lags.set(node, this.#replication.of(offset, at))
    this.changed(node)
  }

  /** Forgets those that are not replicas any more. */
  keep(replicas: readonly Node[]): void {
    for (const node of this.#lags.keys()) if (!replicas.includes(node)) this.#lags.delete(node)
    const addresses = new Set(replicas.map(({ address }) => address))
    for (const set of [this.#known, this.#ejected])
      for (const address of set) if (!addresses.has(address)) set.delete(address)
  }

  changed(node: Node): void {
    const { address, state } = node
    const fit = state === 'up' && !this.#isLate(node)
    if (fit) this.#known.add(address)
    if (fit && this.#ejected.delete(address)) this.#tell({ type: 'replica-restored', address })
    if (fit || this.#ejected.has(address) || !this.#known.has(address)) return
    this.#ejected.add(address)
    this.#tell({ type: 'replica-ejected', address, reason: this.#reason(node) })
  }

  #isLate(node: Node): boolean {
    return (this.#lags.get(node) ?? 0) > this.#maxLag
  }

  #reason(node: Node): string {
    if (node.state === 'up') return `is ${Math.round(this.#lags.get(node) ?? 0)} ms behind its primary`
    return node.lastError instanceof Error ? node.lastError.message : `is ${node.state}`
  }
}
