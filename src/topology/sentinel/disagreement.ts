import { addressOf, type Address } from '../../connection/connection.js'
import type { Clock, Milliseconds } from '../../units.js'
import type { SentinelClaim } from '../events.js'
import { lag, type Claim } from './decide-claim.js'

/** What a sentinel claims. */
export type ClaimBy = Claim & { readonly by: Address }

/**
 * Whether the sentinels name different primaries for longer than news takes among them: then there is a partition.
 * Each disagreement is told once.
 */
export class Disagreement {
  readonly #clock: Clock
  #since: Milliseconds | undefined
  #told = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @returns who claims what, when it has just become worth telling */
  update(claims: readonly ClaimBy[]): readonly SentinelClaim[] | undefined {
    const groups = byPrimary(claims)
    if (groups.length < 2) {
      this.#since = undefined
      this.#told = false
      return undefined
    }
    this.#since ??= this.#clock.now()
    if (this.#told || this.#clock.now() - this.#since < lag) return undefined
    this.#told = true
    return groups
  }

  /** Whether there is one that is not told yet: it is worth looking again soon. */
  get pending(): boolean {
    return this.#since !== undefined && !this.#told
  }
}

/** The highest epoch first. */
function byPrimary(claims: readonly ClaimBy[]): readonly SentinelClaim[] {
  const groups = new Map<Address, { primary: Address; epoch: number; sentinels: Address[] }>()
  for (const { primary, epoch, by } of claims) {
    const address = addressOf(primary)
    const group = groups.get(address) ?? { primary: address, epoch, sentinels: [] }
    groups.set(address, { ...group, epoch: Math.max(group.epoch, epoch), sentinels: [...group.sentinels, by].sort() })
  }
  return [...groups.values()].sort((one, other) => other.epoch - one.epoch)
}
