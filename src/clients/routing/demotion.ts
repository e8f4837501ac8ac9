import type { Address } from '../../connection/connection.js'
import type { Node } from '../../connection/node.js'
import type { RoleReport } from '../../connection/resp/role.js'
import { RoleMismatchError } from '../../errors.js'
import type { TopologyEvent } from '../../topology/events.js'
import type { Clock, Milliseconds } from '../../units.js'

/**
 * Tells, once, when the server that is named as the primary goes on saying that it is a replica.
 * The sentinels did not do that: somebody ran FAILOVER or REPLICAOF on it. They go on naming it until they notice, which
 * takes them half a minute, or for ever in a list of locations; until then there is nobody to write to.
 */
export class DemotionWatch {
  readonly #clock: Clock
  readonly #tell: (event: TopologyEvent) => void
  #demoted: { readonly address: Address; readonly since: Milliseconds; told: boolean } | undefined
  #follows: Address | undefined

  constructor(clock: Clock, tell: (event: TopologyEvent) => void) {
    this.#clock = clock
    this.#tell = tell
  }

  /** Takes in what the primary says of itself. */
  hear(report: RoleReport): void {
    this.#follows = report.role === 'replica' ? report.primary : undefined
  }

  /**
   * Looks at the primary, each time that something was heard of it.
   * @param failingOver whether a failover is under way: then it is meant to become a replica
   */
  look({ address, lastError }: Pick<Node, 'address' | 'lastError'>, failingOver: boolean): void {
    if (failingOver || !(lastError instanceof RoleMismatchError)) {
      this.#demoted = undefined
      return
    }
    if (this.#demoted?.address !== address) this.#demoted = { address, since: this.#clock.now(), told: false }
    if (this.#demoted.told || this.#clock.now() - this.#demoted.since < patience) return
    this.#demoted.told = true
    this.#tell({ type: 'primary-demoted', address, reason: this.#reason() })
  }

  #reason(): string {
    const whose = this.#follows === undefined ? '' : ` of ${this.#follows}`
    return (
      `says that it is a replica${whose}, and no failover is heard of; was FAILOVER or REPLICAOF run on it? ` +
      'Writes wait until another primary is named, or it is one again'
    )
  }
}

/** A failover by the sentinels is heard of within this time, in ms. */
const patience: Milliseconds = 1_000
