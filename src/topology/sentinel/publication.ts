import { Listeners } from '../../connection/listeners.js'
import type { Clock, Milliseconds } from '../../units.js'
import { diffTopology, type TopologyEvent } from '../events.js'
import type { Topology } from '../topology.js'
import { Disagreement } from './disagreement.js'
import type { ObservationBy } from './observation.js'

/** The topology as it was made known last, and those to whom changes are told. */
export class Publication {
  readonly #clock: Clock
  readonly #disagreement: Disagreement
  readonly #listeners = new Listeners<[after: Topology, events: readonly TopologyEvent[]]>()
  #current: Topology | undefined
  #troubleSince: Milliseconds | undefined

  constructor(clock: Clock) {
    this.#clock = clock
    this.#disagreement = new Disagreement(clock)
  }

  get current(): Topology | undefined {
    return this.#current
  }

  /** Whether sentinels disagree, and have not done so for long enough to tell it. */
  get disagreementPending(): boolean {
    return this.#disagreement.pending
  }

  onChange(listener: (after: Topology, events: readonly TopologyEvent[]) => void): () => void {
    return this.#listeners.add(listener)
  }

  /** Tells the listeners if anything is different. @param observations what the topology was made from */
  publish(after: Topology, observations: readonly ObservationBy[]): void {
    const before = this.#current
    this.#current = after
    const events = before === undefined ? [] : this.#eventsBetween(before, after, observations)
    if (before === undefined || events.length > 0 || !sameView(before, after)) this.#listeners.tell(after, events)
  }

  /** Since when there has been trouble with the primary is what a switch counts its duration from. */
  noteTrouble(troubled: boolean): void {
    if (troubled) this.#troubleSince ??= this.#clock.now()
    else this.#troubleSince = undefined
  }

  #eventsBetween(before: Topology, after: Topology, observations: readonly ObservationBy[]): readonly TopologyEvent[] {
    const now = this.#clock.now()
    const changes = diffTopology(before, after, now - (this.#troubleSince ?? now))
    const claims = this.#disagreement.update(observations)
    return claims === undefined ? changes : [...changes, { type: 'disagreement', claims }]
  }
}

function sameView(before: Topology, after: Topology): boolean {
  return (['epoch', 'provisional', 'failover', 'quorate', 'primaryDown'] as const).every(
    (part) => before[part] === after[part],
  )
}
