import type { Address } from '../../connection/connection.js'
import type { Node } from '../../connection/node.js'
import { RoleMismatchError } from '../../errors.js'
import type { TopologyProvider } from '../../topology/provider.js'

/** Notices without a word of the sentinels that a replica is being promoted: whoever writes elsewhere may write in vain. */
export class PromotedReplicas {
  readonly #provider: TopologyProvider
  /** Replicas that said that they are primary. */
  readonly #known = new WeakSet<Node>()
  #replicas: readonly Address[] = []

  constructor(provider: TopologyProvider) {
    this.#provider = provider
  }

  forgetPrimary(): void {
    this.#replicas = []
  }

  /** A replica that says that it is primary was promoted; it says so once. */
  changed(node: Node, isPrimary: boolean): void {
    if (node.state === 'up') this.#known.delete(node)
    if (!(node.lastError instanceof RoleMismatchError)) return
    if (isPrimary || this.#known.has(node)) return this.#provider.refresh()
    this.#known.add(node)
    this.#provider.alarm()
  }

  /** A replica that leaves its primary may be on its way to become one. */
  hearPrimary(replicas: readonly Address[]): void {
    const left = this.#replicas.some((address) => !replicas.includes(address))
    this.#replicas = replicas
    if (left) this.#provider.alarm()
  }
}
