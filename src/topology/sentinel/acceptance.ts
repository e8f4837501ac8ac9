import { addressOf, type NodeTarget } from '../../connection/connection.js'
import type { Milliseconds } from '../../units.js'
import type { AcceptedClaim, Claim } from './decide-claim.js'
import { failoverOf, type FailoverLog } from './failover.js'

/**
 * The claim that we act on.
 * It is provisional from the moment that a candidate proved to be primary until a sentinel says so too; until then the
 * claim before it is kept, for a failover may still be given up.
 */
export class Acceptance {
  #claim: AcceptedClaim | undefined
  #before: Claim | undefined

  get claim(): AcceptedClaim | undefined {
    return this.#claim
  }

  /** Accepts what the sentinels claim. */
  accept({ primary, epoch }: Claim, now: Milliseconds): void {
    this.#claim = { primary, epoch, since: now }
    this.#before = undefined
  }

  /**
   * Accepts that a candidate is the primary, by its own word, in the epoch that its failover announced.
   * @returns whether it was the candidate of a failover that is under way
   */
  promote(candidate: NodeTarget, failovers: readonly FailoverLog[], now: Milliseconds): boolean {
    const before = this.#claim
    const failover = before && failoverOf(before.primary, failovers)
    if (before === undefined || failover?.candidate === undefined) return false
    if (addressOf(failover.candidate) !== addressOf(candidate)) return false
    const epoch = Math.max(failover.epoch ?? 0, before.epoch + 1)
    this.#before = before
    this.#claim = { primary: candidate, epoch, since: now, provisional: true }
    return true
  }

  /** While the failover behind a provisional claim goes on, the others' older answers do not count against it. */
  renew(failovers: readonly FailoverLog[], now: Milliseconds): void {
    if (this.#claim?.provisional && this.#goesOn(failovers)) this.#claim = { ...this.#claim, since: now }
  }

  /** Returns to the claim before when the failover behind a provisional one was given up: the sentinels undo it. */
  withdraw(failovers: readonly FailoverLog[], now: Milliseconds): void {
    if (!this.#claim?.provisional || this.#before === undefined || this.#goesOn(failovers)) return
    this.accept(this.#before, now)
  }

  #goesOn(failovers: readonly FailoverLog[]): boolean {
    return this.#before !== undefined && failoverOf(this.#before.primary, failovers) !== undefined
  }
}
