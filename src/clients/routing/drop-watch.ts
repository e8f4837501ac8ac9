import type { Role } from '../../connection/connection.js'
import type { Node } from '../../connection/node.js'
import { abortable } from '../../connection/limit.js'

/**
 * Tells when the new primary of a coordinated failover has dropped its clients.
 * It does so once, up to a second after its promotion. Proof is the loss of a connection that was there in between: the
 * one that asks for ROLE, if both answers came on it, or the one that was made to the new primary.
 */
export class DropWatch {
  readonly #seen: Promise<void>
  readonly #unsubscribe: readonly (() => void)[]
  /** What the server said on the present connection that asks. */
  readonly #roles = new Set<Role>()

  /**
   * @param probe its connection asks the server for its ROLE
   * @param heir connects only while the server is primary
   */
  constructor(probe: Node, heir: Node) {
    let resolve!: () => void
    this.#seen = new Promise((dropped) => (resolve = dropped))
    this.#unsubscribe = [
      probe.pool.onLost(() => {
        if (this.#roles.size === 2) resolve()
        this.#roles.clear()
      }),
      heir.pool.onLost(resolve),
    ]
  }

  /** Takes in what the server answered to ROLE. */
  hear(role: Role): void {
    this.#roles.add(role)
  }

  /** Resolves when the clients were dropped. */
  seen(signal: AbortSignal): Promise<void> {
    return abortable(this.#seen, signal)
  }

  stop(): void {
    for (const stop of this.#unsubscribe) stop()
  }
}
