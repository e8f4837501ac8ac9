import { addressOf, type Address, type NodeTarget } from '../../connection/connection.js'
import type { ConnectionFactory } from '../../connection/factory.js'
import { AuthenticationError, SentinelUnreachableError, UnknownServiceError, type CacheError } from '../../errors.js'
import type { Clock, Milliseconds } from '../../units.js'
import { diffTopology, type Topology, type TopologyProvider } from '../topology.js'
import { decideClaim, decideReplicas, type Belief, type Observation, type Sighting } from './decide.js'
import { SentinelLink, unknownService, type Answer, type LinkContext } from './link.js'

export interface SentinelProviderOptions {
  readonly serviceName: string
  readonly seeds: readonly NodeTarget[]
  /** One step with one sentinel: connecting, or a reply. */
  readonly timeout: Milliseconds
}

/** The latest of one sentinel. */
interface Heard {
  readonly link: SentinelLink
  observation?: Observation
  /** What came instead of an observation, the last time it was asked. */
  problem?: unknown
  /** A hint came while it was being asked: the answer may be older than the event. */
  askAgain?: boolean
}

/**
 * The topology as the sentinels tell it.
 * All of them are asked side by side and each answer counts when it comes: nobody waits for a slow or frozen one.
 * Events only say that it is time to ask; asking every few seconds is the guarantee, and every 100 ms while the
 * primary cannot be used. Losing sentinels changes nothing for those who have a topology.
 */
export class SentinelProvider implements TopologyProvider {
  readonly name: string
  readonly #clock: Clock
  readonly #context: LinkContext
  readonly #heard = new Map<Address, Heard>()
  readonly #doubters = new Set<object>()
  readonly #changeListeners = new Set<(after: Topology, before: Topology | undefined) => void>()
  readonly #failureListeners = new Set<(error: CacheError) => void>()
  #sightings: ReadonlyMap<Address, Sighting> = new Map()
  #claim: Belief | undefined
  #current: Topology | undefined
  #timer: NodeJS.Timeout | undefined
  #due = Infinity
  #grace: NodeJS.Timeout | undefined
  #running = false
  #ended = false

  constructor(options: SentinelProviderOptions, factory: ConnectionFactory, clock: Clock) {
    this.name = options.serviceName
    this.#clock = clock
    this.#context = { ...options, factory, hint: () => this.refresh() }
    for (const seed of options.seeds) this.#add(seed, true)
  }

  get current(): Topology | undefined {
    return this.#current
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
    if (!suspected) this.#doubters.delete(observer)
    else if (this.#doubters.size !== this.#doubters.add(observer).size) this.refresh()
  }

  onChange(listener: (after: Topology, before: Topology | undefined) => void): () => void {
    this.#changeListeners.add(listener)
    return () => this.#changeListeners.delete(listener)
  }

  onFailure(listener: (error: CacheError) => void): () => void {
    this.#failureListeners.add(listener)
    return () => this.#failureListeners.delete(listener)
  }

  async close(): Promise<void> {
    this.destroy()
  }

  destroy(): void {
    this.#ended = true
    this.#running = false
    clearTimeout(this.#timer)
    clearTimeout(this.#grace)
    for (const { link } of this.#heard.values()) link.destroy()
  }

  #add(target: NodeTarget, seed: boolean): void {
    const address = addressOf(target)
    if (!this.#heard.has(address)) this.#heard.set(address, { link: new SentinelLink(target, seed, this.#context) })
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
    for (const heard of this.#heard.values()) {
      if (heard.link.busy) heard.askAgain = true
      else if (heard.link.due) this.#ask(heard)
    }
    const urgent = this.#claim === undefined || this.#doubters.size > 0
    this.#schedule(urgent ? urgentInterval : calmInterval * (0.9 + Math.random() * 0.2))
  }

  #ask(heard: Heard): void {
    heard.askAgain = false
    heard.link
      .ask()
      .then(
        (answer) => this.#hear(heard, answer),
        (error: unknown) => this.#miss(heard, error),
      )
      .finally(() => {
        if (heard.askAgain && heard.link.due && this.#running) this.#ask(heard)
      })
  }

  #hear(heard: Heard, answer: Answer): void {
    if (answer === unknownService) {
      delete heard.observation
      heard.problem = answer
    } else {
      heard.observation = answer
      delete heard.problem
      for (const sentinel of answer.sentinels) this.#add(sentinel, false)
    }
    this.#conclude()
  }

  #miss(heard: Heard, error: unknown): void {
    heard.problem = error
    if (!heard.link.seed && heard.link.failures >= mostFailures) {
      this.#heard.delete(heard.link.address)
      heard.link.destroy()
    }
    this.#conclude()
  }

  /** The first sight waits a moment for a newer one; after that every answer counts at once. */
  #conclude(): void {
    if (!this.#running) return
    const all = [...this.#heard.values()]
    if (this.#claim === undefined && all.every(({ problem }) => problem !== undefined)) return this.#fail(all)
    if (this.#claim !== undefined || all.every(({ link }) => !link.busy)) return this.#decide()
    if (all.some(({ observation }) => observation)) this.#grace ??= setTimeout(() => this.#decide(), firstGrace)
  }

  #fail(all: readonly Heard[]): void {
    const error = explain(this.name, all)
    for (const listener of this.#failureListeners) listener(error)
  }

  #decide(): void {
    const observations = this.#freshObservations()
    const claim = decideClaim(observations, this.#claim, this.#heard.size, this.#doubters.size === 0)
    if (claim === undefined) return
    if (this.#claim !== undefined && claim.epoch < this.#claim.epoch) this.#forgetNewerThan(claim.epoch)
    const now = this.#clock.now()
    if (claim !== this.#claim) this.#claim = { primary: claim.primary, epoch: claim.epoch, since: now }
    this.#sightings = decideReplicas(observations, claim, this.#sightings, now)
    this.#publish({
      primary: claim.primary,
      replicas: [...this.#sightings.keys()].sort().map((address) => (this.#sightings.get(address) as Sighting).target),
      sentinels: [...this.#heard].filter(([, heard]) => answers(heard)).map(([address]) => address),
      epoch: claim.epoch,
    })
  }

  #freshObservations(): readonly Observation[] {
    const oldest = this.#clock.now() - 3 * calmInterval
    return [...this.#heard.values()].flatMap(({ observation }) =>
      observation !== undefined && observation.at >= oldest ? [observation] : [],
    )
  }

  /** After a step back to a lower epoch, what was heard before it counts no more. */
  #forgetNewerThan(epoch: number): void {
    for (const heard of this.#heard.values()) if ((heard.observation?.epoch ?? 0) > epoch) delete heard.observation
  }

  #publish(after: Topology): void {
    const before = this.#current
    this.#current = Object.freeze(after)
    if (before?.epoch === after.epoch && diffTopology(before, after).length === 0) return
    for (const listener of this.#changeListeners) listener(after, before)
  }
}

function answers({ observation, problem }: Heard): boolean {
  return observation !== undefined && problem === undefined
}

/** What is wrong when nobody has an answer: wrong credentials and a wrong name are found by whoever is reached. */
function explain(serviceName: string, all: readonly Heard[]): CacheError {
  const refusal = all.find(({ problem }) => problem instanceof AuthenticationError)?.problem
  if (refusal !== undefined) return refusal as AuthenticationError
  const tried = all.map(({ link, problem }) =>
    problem instanceof Error ? problem.message.replace(/\.$/, '') : `${link.address} does not know it`,
  )
  return all.some(({ problem }) => problem === unknownService)
    ? new UnknownServiceError(serviceName, tried)
    : new SentinelUnreachableError(serviceName, tried)
}

/** Looks that are wanted at nearly the same time are one. */
const coalescing: Milliseconds = 5
const urgentInterval: Milliseconds = 100
const calmInterval: Milliseconds = 5_000
/** How long the first answer waits for one with a higher epoch. */
const firstGrace: Milliseconds = 50
/** A learned sentinel that failed this often in a row is forgotten; the others will name it again. */
const mostFailures = 5
