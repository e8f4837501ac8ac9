import { addressOf, type NodeTarget } from '../../connection/connection.js'
import type { ConnectionFactory } from '../../connection/factory.js'
import { Listeners } from '../../connection/listeners.js'
import type { CacheError } from '../../errors.js'
import type { Clock, Milliseconds } from '../../units.js'
import type { TopologyEvent } from '../events.js'
import type { TopologyProvider } from '../provider.js'
import type { Topology } from '../topology.js'
import { Acceptance } from './acceptance.js'
import { decideClaim, sameClaim, type Claim } from './decide-claim.js'
import { decideReplicas, type FitReplica, type FitReplicas } from './decide-replicas.js'
import { linkGrace } from './eligible.js'
import type { SentinelEvent } from './events.js'
import { FailoverNotices } from './notices.js'
import type { ObservationBy } from './observation.js'
import { Publication } from './publication.js'
import { Schedule } from '../schedule.js'
import { SentinelSet } from './sentinel-set.js'

export interface SentinelProviderOptions {
  readonly serviceName: string
  readonly seeds: readonly NodeTarget[]
  /** One step with one sentinel: connecting, or a reply. */
  readonly timeout: Milliseconds
  /** Somebody fences writes when no majority answers for this long: they are asked four times as often. */
  readonly fenceAfter: Milliseconds | undefined
}

/**
 * The topology as the sentinels tell it.
 * Each answer counts when it comes. Events only say that it is time to ask; asking every few seconds is the guarantee,
 * and every 100 ms while something is wrong. Losing sentinels changes nothing for those who have a topology.
 * A candidate that proves to be primary is accepted about a second before the sentinels announce it; until they do the
 * claim is provisional, and their older answers do not count against it while the failover goes on.
 */
export class SentinelProvider implements TopologyProvider {
  readonly name: string
  readonly #clock: Clock
  readonly #calmInterval: Milliseconds
  readonly #sentinels: SentinelSet
  readonly #schedule: Schedule
  readonly #acceptance = new Acceptance()
  readonly #notices: FailoverNotices
  readonly #publication: Publication
  /** Those who cannot use the primary. */
  readonly #suspectedBy = new Set<object>()
  readonly #failureListeners = new Listeners<[error: CacheError]>()
  #replicas: FitReplicas = new Map()
  #firstDecision: NodeJS.Timeout | undefined
  #running = false
  #startedAt: Milliseconds = -Infinity
  #ended = false

  constructor(options: SentinelProviderOptions, factory: ConnectionFactory, clock: Clock) {
    const { serviceName, seeds, timeout, fenceAfter = Infinity } = options
    this.name = serviceName
    this.#clock = clock
    this.#calmInterval = Math.min(calmInterval, fenceAfter / 4)
    this.#schedule = new Schedule(clock, () => this.#look())
    this.#notices = new FailoverNotices(clock, () => this.#decide())
    this.#publication = new Publication(clock)
    const context = { factory, serviceName, timeout, clock }
    this.#sentinels = new SentinelSet(seeds, context, {
      answered: () => this.#takeAnswer(),
      told: (event) => this.#takeEvent(event),
    })
  }

  get current(): Topology | undefined {
    return this.#publication.current
  }

  get quorateAt(): Milliseconds {
    return this.#sentinels.electorate.quorateAt
  }

  get startedAt(): Milliseconds {
    return this.#startedAt
  }

  start(): void {
    if (this.#running || this.#ended) return
    this.#running = true
    this.#startedAt = this.#clock.now()
    this.#schedule.now()
  }

  refresh(): void {
    if (this.#running) this.#schedule.within(coalescing)
  }

  suspect(observer: object, suspected: boolean): void {
    if (suspected === this.#suspectedBy.has(observer)) return
    if (suspected) this.#suspectedBy.add(observer)
    else this.#suspectedBy.delete(observer)
    this.#noteTrouble()
    if (suspected) this.refresh()
  }

  alarm(): void {
    if (this.#notices.alarmedAt !== undefined || this.#acceptance.claim === undefined || !this.#running) return
    this.#notices.raiseAlarm()
    this.#decide()
    this.#schedule.now()
  }

  promote(candidate: NodeTarget): boolean {
    const { claim } = this.#acceptance
    if (claim === undefined || !this.#running) return false
    if (addressOf(claim.primary) === addressOf(candidate)) return true
    if (!this.#acceptance.promote(candidate, this.#sentinels.failovers, this.#clock.now())) return false
    this.#notices.clear()
    this.#decide()
    return true
  }

  onChange(listener: (after: Topology, events: readonly TopologyEvent[]) => void): () => void {
    return this.#publication.onChange(listener)
  }

  onFailure(listener: (error: CacheError) => void): () => void {
    return this.#failureListeners.add(listener)
  }

  async close(): Promise<void> {
    this.destroy()
  }

  destroy(): void {
    this.#ended = true
    this.#running = false
    this.#schedule.stop()
    this.#notices.endAlarm()
    clearTimeout(this.#firstDecision)
    this.#sentinels.destroy()
  }

  #look(): void {
    this.#sentinels.ask()
    this.#schedule.within(this.#unsettled ? urgentInterval : this.#calmInterval * (0.9 + Math.random() * 0.2))
  }

  get #unsettled(): boolean {
    const { provisional } = this.#acceptance.claim ?? { provisional: true }
    return provisional || this.#suspectedBy.size > 0 || this.#notices.current !== undefined
  }

  /** A message changes what is known of failovers at once; for everything else it is a reason to ask. */
  #takeEvent(event: SentinelEvent): void {
    if (!this.#running || event.kind === 'epoch') return
    if (event.kind === 'aborted') this.#withdraw()
    if (this.#acceptance.claim !== undefined) this.#decide()
    this.refresh()
  }

  #withdraw(): void {
    const before = this.#acceptance.claim
    this.#acceptance.withdraw(this.#sentinels.failovers, this.#clock.now())
    this.#noteChange(before)
  }

  /** The first answer waits a moment for one of a higher epoch; after that every answer counts at once. */
  #takeAnswer(): void {
    if (!this.#running) return
    const { alarmedAt } = this.#notices
    if (alarmedAt !== undefined && this.#sentinels.heardSince(alarmedAt)) this.#notices.endAlarm()
    if (this.#acceptance.claim !== undefined || !this.#sentinels.busy) this.#decideOrFail()
    else if (this.#sentinels.observations(-Infinity).length > 0)
      this.#firstDecision ??= setTimeout(() => this.#decide(), firstGrace)
  }

  #decideOrFail(): void {
    const failure = this.#acceptance.claim === undefined ? this.#sentinels.failure() : undefined
    if (failure === undefined) this.#decide()
    else this.#failureListeners.tell(failure)
  }

  #decide(): void {
    const now = this.#clock.now()
    const observations = this.#sentinels.observations(now - 3 * calmInterval)
    this.#sentinels.count(this.#acceptance.claim?.epoch ?? -Infinity)
    this.#acceptance.renew(this.#sentinels.failovers, now)
    this.#decideClaim(observations, now)
    const { claim } = this.#acceptance
    if (claim === undefined) return
    this.#replicas = decideReplicas(observations, claim, this.#replicas, now)
    this.#scheduleExpiry(now)
    this.#notices.update(claim.primary, this.#sentinels.failovers)
    this.#publication.publish(this.#topology(claim, observations), observations)
    this.#noteTrouble()
    if (this.#notices.current !== undefined || this.#publication.disagreementPending)
      this.#schedule.within(urgentInterval)
  }

  #decideClaim(observations: readonly ObservationBy[], now: Milliseconds): void {
    const before = this.#acceptance.claim
    const claim = decideClaim(observations, before, this.#sentinels.electorate.size, this.#suspectedBy.size === 0)
    if (claim === undefined || claim === before) return
    if (before !== undefined && claim.epoch < before.epoch) this.#sentinels.forgetNewerThan(claim.epoch)
    this.#acceptance.accept(claim, now)
    this.#noteChange(before)
  }

  #noteChange(before: Claim | undefined): void {
    const { claim } = this.#acceptance
    if (before && claim && addressOf(before.primary) !== addressOf(claim.primary)) this.#notices.clear()
  }

  /** A replica whose grace ends before it is seen again is not fit from that moment on. */
  #scheduleExpiry(now: Milliseconds): void {
    for (const { fitAt } of this.#replicas.values())
      if (fitAt + linkGrace > now) this.#schedule.within(fitAt + linkGrace - now)
  }

  #topology(claim: Claim & { readonly provisional?: boolean }, observations: readonly ObservationBy[]): Topology {
    const { primary, epoch, provisional = false } = claim
    return Object.freeze({
      primary,
      replicas: [...this.#replicas.keys()].sort().map((address) => (this.#replicas.get(address) as FitReplica).target),
      sentinels: this.#sentinels.answering,
      epoch,
      provisional,
      failover: this.#notices.current,
      quorate: this.#sentinels.electorate.quorate,
      primaryDown: observations.some((observation) => observation.primaryDown && sameClaim(observation, claim)),
    })
  }

  #noteTrouble(): void {
    this.#publication.noteTrouble(this.#suspectedBy.size > 0 || this.#notices.current !== undefined)
  }
}

/** Looks that are wanted at nearly the same time are one. */
const coalescing: Milliseconds = 5
const urgentInterval: Milliseconds = 100
const calmInterval: Milliseconds = 5_000
/** How long the first answer waits for one with a higher epoch. */
const firstGrace: Milliseconds = 50
