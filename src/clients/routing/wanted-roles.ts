import type { Role } from '../../connection/connection.js'
import type { Tiers } from '../../topology/read-from.js'

/** The roles that calls may use so far. */
export class WantedRoles {
  readonly #tiers = new Set<Tiers>()
  readonly #roles: Set<Role>

  /** @param always roles that are needed whatever is called */
  constructor(always: readonly Role[]) {
    this.#roles = new Set(always)
  }

  has(role: Role): boolean {
    return this.#roles.has(role)
  }

  /** @returns whether it is the first call that may use these */
  add(tiers: Tiers): boolean {
    if (this.#tiers.has(tiers)) return false
    this.#tiers.add(tiers)
    for (const role of tiers.flat()) this.#roles.add(role)
    return true
  }
}
