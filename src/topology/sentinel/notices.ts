import { addressOf, type NodeTarget } from '../../connection/connection.js'
import type { Clock, Milliseconds } from '../../units.js'
import type { FailoverNotice } from '../topology.js'
import { failoverOf, handoverTo, type FailoverLog } from './failover.js'

/**
 * What there is to say of a failover of the current primary: that one is under way, or, after an alarm, that it was not
 * ruled out yet.
 */
export class FailoverNotices {
  readonly #clock: Clock
  readonly #alarmEnded: () => void
  #notice: FailoverNotice | undefined
  #alarm: { readonly at: Milliseconds; readonly timer: NodeJS.Timeout } | undefined

  /** @param alarmEnded called when an alarm ends because nobody confirmed it in time */
  constructor(clock: Clock, alarmEnded: () => void) {
    this.#clock = clock
    this.#alarmEnded = alarmEnded
  }

  get current(): FailoverNotice | undefined {
    return this.#notice
  }

  /** When the alarm was raised that is not settled yet. */
  get alarmedAt(): Milliseconds | undefined {
    return this.#alarm?.at
  }

  /** Somebody saw signs of a failover: there is a notice until the sentinels were asked, or for a short time. */
  raiseAlarm(): void {
    this.#alarm ??= { at: this.#clock.now(), timer: setTimeout(() => this.#giveUp(), longestAlarm) }
  }

  endAlarm(): void {
    clearTimeout(this.#alarm?.timer)
    this.#alarm = undefined
  }

  /** Takes in what is heard of failovers of this primary, or of the handover that made it the primary. */
  update(primary: NodeTarget, failovers: readonly FailoverLog[]): void {
    const failover = failoverOf(primary, failovers) ?? handoverTo(primary, failovers)
    if (failover === undefined && this.#alarm === undefined) this.#notice = undefined
    else this.#notice = nextNotice(this.#notice, failover?.candidate, failover?.coordinated ?? false)
  }

  /** There is another primary: what was noticed was about the one before. */
  clear(): void {
    this.#notice = undefined
    this.endAlarm()
  }

  #giveUp(): void {
    this.endAlarm()
    this.#alarmEnded()
  }
}

/** The same object for as long as it says the same. */
function nextNotice(
  notice: FailoverNotice | undefined,
  candidate: NodeTarget | undefined,
  coordinated: boolean,
): FailoverNotice {
  if (notice === undefined) return { id: ++notices, candidate, coordinated }
  const known = candidate ?? notice.candidate
  if (sameTarget(known, notice.candidate) && coordinated === notice.coordinated) return notice
  return { ...notice, candidate: known, coordinated }
}

function sameTarget(one: NodeTarget | undefined, other: NodeTarget | undefined): boolean {
  return (one && addressOf(one)) === (other && addressOf(other))
}

let notices = 0
/** An alarm that no sentinel confirms in this time was false, though not all have answered. */
const longestAlarm: Milliseconds = 150
