import { addressOf } from './connection.js'
import { Node } from './node.js'
import type { PoolTarget } from './pool.js'

/** A node in use; given back when its user needs it no more. */
export interface NodeLoan {
  readonly node: Node
  /** Gives it back. The last one out ends it: at once with a reason, else after what runs. */
  release(reason?: Error): Promise<void>
}

/** Where routers get their nodes from. */
export interface NodeSource {
  borrow(target: PoolTarget): NodeLoan
}

/**
 * Shares nodes, and so their sockets, between caches.
 * Identity: everything that makes two connections differ (address, role, database, credentials, TLS, timeouts,
 * initialisers), never a URL alone.
 */
export class NodeRegistry {
  readonly #entries = new Map<string, { readonly node: Node; users: number }>()

  /** @param identity what the connections of this source have in common beside address and role */
  source(identity: string, create: (target: PoolTarget) => Node): NodeSource {
    return { borrow: (target) => this.#borrow(`${identity} ${target.role} ${addressOf(target)}`, () => create(target)) }
  }

  #borrow(key: string, create: () => Node): NodeLoan {
    const entry = this.#entries.get(key) ?? { node: create(), users: 0 }
    this.#entries.set(key, entry)
    entry.users++
    let released: Promise<void> | undefined
    return { node: entry.node, release: (reason) => (released ??= this.#release(key, entry, reason)) }
  }

  async #release(key: string, entry: { readonly node: Node; users: number }, reason: Error | undefined): Promise<void> {
    if (--entry.users > 0) return
    if (this.#entries.get(key) === entry) this.#entries.delete(key)
    if (reason === undefined) await entry.node.close()
    else entry.node.destroy(reason)
  }
}
