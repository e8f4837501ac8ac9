import { addressOf } from '../../connection/connection.js'
import { loopClock } from '../../connection/deadlines.js'
import type { Meter } from '../../telemetry/meter.js'
import type { Topology } from '../../topology/topology.js'
import { longestTimer, type Milliseconds } from '../../units.js'

/**
 * Why writes are held.
 * `announced`: a failover was announced, and its candidate was not: a sentinel in TILT mode leaves it at that for half a
 * minute ·
 * `replaced`: the primary is about to be replaced, and what it still accepts would be lost ·
 * `paused`: it hands over in a coordinated failover, and answers no write until that is over ·
 * `dropping`: the new primary of a coordinated failover is about to drop its clients, and their writes with them.
 */
export type HoldReason = 'announced' | 'replaced' | 'paused' | 'dropping'

/** Why writes are to be held by what is known of the servers; `undefined`: they are not. Pure. */
export function reasonToHold({ primary, failover }: Pick<Topology, 'primary' | 'failover'>): HoldReason | undefined {
  if (failover === undefined) return undefined
  const { candidate, coordinated } = failover
  if (!coordinated) return candidate === undefined ? 'announced' : 'replaced'
  const isDone = primary !== undefined && candidate !== undefined && addressOf(primary) === addressOf(candidate)
  return isDone ? 'dropping' : 'paused'
}

/** The reason as the error of a write that waited in vain says it. */
export const holdReasons: Readonly<Record<HoldReason, string>> = {
  announced: 'writes are held, for a failover was announced',
  replaced: 'writes are held while a failover is under way',
  paused: 'the primary is paused for a coordinated failover',
  dropping: 'writes are held until the new primary has dropped its clients, as it does in a coordinated failover',
}

/**
 * Whether writes are held.
 * One hold for each reason of each failover, for as long as the reason stands and `longest` at most; a paused primary
 * would not answer, so there the hold lasts as long as the pause.
 */
export class WriteHold {
  readonly #longest: Milliseconds
  readonly #released: () => void
  readonly #meter: Meter | undefined
  #timer: NodeJS.Timeout | undefined
  #current: { readonly failover: number; readonly reason: HoldReason } | undefined
  #held = false
  #since: Milliseconds = 0

  /**
   * @param released called when a hold ends by itself
   * @param meter counts holds
   */
  constructor(longest: Milliseconds, released: () => void, meter?: Meter) {
    this.#longest = Math.min(longest, longestTimer)
    this.#released = released
    this.#meter = meter
  }

  get active(): boolean {
    return this.#held
  }

  /** Why writes are held; `undefined` while they are not. */
  get reason(): HoldReason | undefined {
    return this.#held ? this.#current?.reason : undefined
  }

  /** Begins a hold, or ends it; whoever calls looks after the writes that waited. */
  follow(topology: Pick<Topology, 'primary' | 'failover'>): void {
    const reason = reasonToHold(topology)
    const failover = topology.failover?.id
    if (failover === this.#current?.failover && reason === this.#current?.reason) return
    this.stop()
    this.#current = failover === undefined || reason === undefined ? undefined : { failover, reason }
    if (this.#current === undefined || this.#longest <= 0) return
    this.#held = true
    this.#since = loopClock.now()
    if (reason !== 'paused') this.#timer = setTimeout(() => this.release(), this.#longest)
  }

  /** The new primary has dropped its clients, or the longest time is over: the writes that waited may leave. */
  release(): void {
    if (!this.#held) return
    this.stop()
    this.#released()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#held) this.#meter?.ended(loopClock.now() - this.#since)
    this.#held = false
  }
}
