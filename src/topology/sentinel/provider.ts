import { addressOf, type NodeTarget } from '../../connection/connection.js'
import type { ConnectionFactory } from '../../connection/factory.js'
import { Listeners } from '../../connection/listeners.js'
import type { CacheError } from '../../errors.js'
import type { Clock, Milliseconds } from '../../units.js'
import { diffTopology, type TopologyEvent } from '../events.js'
import type { TopologyProvider } from '../provider.js'
import type { FailoverNotice, Topology } from '../topology.js'
import { decideClaim, decideReplicas, type Belief, type Claim, type Sighting } from './decide.js'
import { Disagreement, type ClaimBy } from './disagreement.js'
import type { SentinelEvent } from './events.js'
import { linkGrace } from './eligible.js'
import { failoverOf } from './failover.js'
import { SentinelPanel } from './panel.js'

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
 * A candidate that proves to be primary is believed about a second before the sentinels announce it; until they do the
 * claim is provisional, and their older answers do not count against it while the failover goes on.
 */
export class SentinelProvider implements TopologyProvider {
  readonly name: string
  readonly #clock: Clock
  readonly #panel: SentinelPanel
  readonly #interval: Milliseconds
  readonly #disagreement: Disagreement
  readonly #doubters = new Set<object>()
  readonly #changeListeners = new Listeners<[after: Topology, events: readonly TopologyEvent[]]>()
  readonly #failureListeners = new Listeners<[error: CacheError]>()
  #sightings: ReadonlyMap<string, Sighting> = new Map()
  #claim: Belief | undefined
  /** What was believed before a provisional claim. */
  #replaced: Claim | undefined
  #current: Topology | undefined
  #notice: FailoverNotice | undefined
  #troubleSince: Milliseconds | undefined
  #alarm: { readonly at: Milliseconds; readonly timer: NodeJS.Timeout } | undefined
  #timer: NodeJS.Timeout | undefined
  #due = Infinity
  #grace: NodeJS.Timeout | undefined
  #running = false
  #ended = false

  constructor(options: SentinelProviderOptions, factory: ConnectionFactory, clock: Clock) {
    const { serviceName, seeds, timeout, fenceAfter = Infinity } = options
    this.name = serviceName
    this.#interval = Math.min(calmInterval, fenceAfter / 4)
    this.#clock = clock
    this.#disagreement = new Disagreement(clock)
    this.#panel = new SentinelPanel(seeds, { factory, serviceName, timeout }, clock, {
      answered: () => this.#conclude(),
      told: (event) => this.#take(event),
    })
  }

  get current(): Topology | undefined {
    return this.#current
  }

  get quorateAt(): Milliseconds {
    return this.#panel.quorateAt
  }

  start(): void {
    if (this.#running || this.#ended) return
    this.#running = true
    this.#look()
  }

  refresh(): void {
    this.#schedule(coalescing)
  }

  suspect(observer: object, suspected: boolean): void {
    if (suspected === this.#doubters.has(observer)) return
    if (suspected) this.#doubters.add(observer)
    else this.#doubters.delete(observer)
    this.#noteTrouble()
    if (suspected) this.refresh()
  }

  alarm(): void {
    if (this.#alarm !== undefined || this.#claim === undefined || !this.#running) return
    this.#alarm = { at: this.#clock.now(), timer: setTimeout(() => this.#silenceAlarm(), longestAlarm) }
    this.#decide()
    this.#look()
  }

  promote(candidate: NodeTarget): void {
    if (this.#claim === undefined || !this.#running) return
    const failover = failoverOf(this.#claim.primary, this.#panel.failovers)
    if (failover?.candidate === undefined || addressOf(failover.candidate) !== addressOf(candidate)) return
    const epoch = Math.max(failover.epoch ?? 0, this.#claim.epoch + 1)
    this.#replaced = this.#claim
    this.#believe({ primary: candidate, epoch, since: this.#clock.now(), provisional: true })
    this.#decide()
  }

  onChange(listener: (after: Topology, events: readonly TopologyEvent[]) => void): () => void {
    return this.#changeListeners.add(listener)
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
    clearTimeout(this.#timer)
    clearTimeout(this.#grace)
    clearTimeout(this.#alarm?.timer)
    this.#panel.destroy()
  }

  /** Looks again in this many ms, or earlier if that was planned already. */
  #schedule(delay: Milliseconds): void {
    const due = this.#clock.now() + delay
    if (!this.#running || due >= this.#due) return
    this.#due = due
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#look(), delay)
  }

  #look(): void {
    this.#due = Infinity
    this.#panel.ask()
    this.#schedule(this.#unsettled ? urgentInterval : this.#interval * (0.9 + Math.random() * 0.2))
  }

  get #unsettled(): boolean {
    const { provisional } = this.#claim ?? { provisional: true }
    return provisional || this.#doubters.size > 0 || this.#notice !== undefined
  }

  /** A message changes what is known of failovers at once; for everything else it is a reason to ask. */
  #take(event: SentinelEvent): void {
    if (!this.#running || event.kind === 'epoch') return
    if (event.kind === 'aborted') this.#stepBack()
    if (this.#claim !== undefined) this.#decide()
    this.refresh()
  }

  /** The failover behind a provisional claim was given up: the sentinels will undo the promotion. */
  #stepBack(): void {
    if (!this.#claim?.provisional || this.#replaced === undefined || this.#promotionGoesOn()) return
    this.#believe({ ...this.#replaced, since: this.#clock.now() })
    this.#replaced = undefined
  }

  #promotionGoesOn(): boolean {
    return this.#replaced !== undefined && failoverOf(this.#replaced.primary, this.#panel.failovers) !== undefined
  }

  /** The first sight waits a moment for a newer one; after that every answer counts at once. */
  #conclude(): void {
    if (!this.#running) return
    if (this.#alarm !== undefined && this.#panel.heardSince(this.#alarm.at)) this.#endAlarm()
    if (this.#claim !== undefined || !this.#panel.busy) return this.#decideOrFail()
    if (this.#panel.observations(-Infinity).length > 0) this.#grace ??= setTimeout(() => this.#decide(), firstGrace)
  }

  #decideOrFail(): void {
    const failure = this.#claim === undefined ? this.#panel.failure() : undefined
    if (failure === undefined) this.#decide()
    else this.#failureListeners.tell(failure)
  }

  #decide(): void {
    const now = this.#clock.now()
    const observations = this.#panel.observations(now - 3 * calmInterval)
    if (this.#claim?.provisional && this.#promotionGoesOn()) this.#claim = { ...this.#claim, since: now }
    const claim = decideClaim(observations, this.#claim, this.#panel.size, this.#doubters.size === 0)
    if (claim === undefined) return
    if (claim !== this.#claim) this.#adopt(claim, now)
    this.#sightings = decideReplicas(observations, claim, this.#sightings, now)
    this.#scheduleExpiry(now)
    this.#publish(claim, observations)
  }

  /** A replica whose grace ends before it is seen again is not fit from that moment on. */
  #scheduleExpiry(now: Milliseconds): void {
    for (const { at } of this.#sightings.values()) if (at + linkGrace > now) this.#schedule(at + linkGrace - now)
  }

  #adopt({ primary, epoch }: Claim, since: Milliseconds): void {
    if (this.#claim !== undefined && epoch < this.#claim.epoch) this.#panel.forgetNewerThan(epoch)
    this.#believe({ primary, epoch, since })
    this.#replaced = undefined
  }

  /** What was noticed of a failover was about the primary before. */
  #believe(claim: Belief): void {
    if (this.#claim !== undefined && addressOf(this.#claim.primary) !== addressOf(claim.primary)) {
      this.#notice = undefined
      this.#endAlarm()
    }
    this.#claim = claim
  }

  #publish({ primary, epoch }: Claim, observations: readonly ClaimBy[]): void {
    const trouble = this.#troubleSince
    this.#takeNotice(primary)
    const sentinels = this.#panel.answering
    const after: Topology = Object.freeze({
      primary,
      replicas: [...this.#sightings.keys()].sort().map((address) => (this.#sightings.get(address) as Sighting).target),
      sentinels,
      epoch,
      provisional: this.#claim?.provisional ?? false,
      failover: this.#notice,
      quorate: sentinels.length * 2 > this.#panel.size,
    })
    const before = this.#current
    const events = before === undefined ? [] : this.#eventsBetween(before, after, trouble, observations)
    this.#current = after
    if (before === undefined || events.length > 0 || !sameView(before, after)) this.#changeListeners.tell(after, events)
  }

  #eventsBetween(
    before: Topology,
    after: Topology,
    trouble: Milliseconds | undefined,
    observations: readonly ClaimBy[],
  ): readonly TopologyEvent[] {
    const now = this.#clock.now()
    const changes = diffTopology(before, after, now - (trouble ?? now))
    const claims = this.#disagreement.look(observations)
    if (this.#disagreement.brewing) this.#schedule(urgentInterval)
    return claims === undefined ? changes : [...changes, { type: 'disagreement', claims }]
  }

  /** What there is to say of a failover of this primary: that one is under way, or that it was not ruled out yet. */
  #takeNotice(primary: NodeTarget): void {
    const failover = failoverOf(primary, this.#panel.failovers)
    if (failover === undefined && this.#alarm === undefined) this.#notice = undefined
    else this.#notice = nextNotice(this.#notice, failover?.candidate)
    this.#noteTrouble()
    if (this.#notice !== undefined) this.#schedule(urgentInterval)
  }

  #noteTrouble(): void {
    if (this.#doubters.size === 0 && this.#notice === undefined) this.#troubleSince = undefined
    else this.#troubleSince ??= this.#clock.now()
  }

  #silenceAlarm(): void {
    this.#endAlarm()
    this.#decide()
  }

  #endAlarm(): void {
    clearTimeout(this.#alarm?.timer)
    this.#alarm = undefined
  }
}

/** The same object for as long as it says the same. */
function nextNotice(notice: FailoverNotice | undefined, candidate: NodeTarget | undefined): FailoverNotice {
  if (notice === undefined) return { id: ++notices, candidate }
  if (candidate === undefined || (notice.candidate && addressOf(notice.candidate) === addressOf(candidate)))
    return notice
  return { ...notice, candidate }
}

function sameView(before: Topology, after: Topology): boolean {
  return (['epoch', 'provisional', 'failover', 'quorate'] as const).every((part) => before[part] === after[part])
}

let notices = 0
/** Looks that are wanted at nearly the same time are one. */
const coalescing: Milliseconds = 5
const urgentInterval: Milliseconds = 100
const calmInterval: Milliseconds = 5_000
/** How long the first answer waits for one with a higher epoch. */
const firstGrace: Milliseconds = 50
/** An alarm that no sentinel confirms in this time was false, though not all have answered. */
const longestAlarm: Milliseconds = 150
