import type { Address } from '../../connection/connection.js'
import type { Node } from '../../connection/node.js'
import { RoleMismatchError } from '../../errors.js'
import type { TopologyProvider } from '../../topology/provider.js'

/**
 * Notices without a word of sentinels or a cluster that a replica is being promoted: whoever writes elsewhere may write in
 * vain. And that there is another replica, which may be read once it is named.
 */
export class PromotedReplicas {
  readonly #provider: TopologyProvider
  /** Replicas that said that they are primary. */
  readonly #known = new WeakSet<Node>()
  /** Those that the primary had when it was heard last. */
  #replicas: readonly Address[] | undefined

  constructor(provider: TopologyProvider) {
    this.#provider = provider
  }

  forgetPrimary(): void {
    this.#replicas = undefined
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
    const before = this.#replicas ?? replicas
    this.#replicas = replicas
    if (before.some((address) => !replicas.includes(address))) this.#provider.alarm()
    else if (replicas.some((address) => !before.includes(address))) this.#provider.refresh()
  }
}
