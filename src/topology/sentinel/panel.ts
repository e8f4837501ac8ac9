import { addressOf, type Address, type NodeTarget } from '../../connection/connection.js'
import { AuthenticationError, SentinelUnreachableError, UnknownServiceError, type CacheError } from '../../errors.js'
import type { Clock, Milliseconds } from '../../units.js'
import type { Observation } from './decide.js'
import type { SentinelEvent } from './events.js'
import { confirm, follow, quiet, type FailoverLog } from './failover.js'
import { SentinelLink, unknownService, type Answer, type LinkContext } from './link.js'

/** The latest of one sentinel. */
interface Heard {
  readonly link: SentinelLink
  log: FailoverLog
  observation?: Observation
  /** What came instead of an observation, the last time it was asked. */
  problem?: unknown
  /** When it was asked the question that it answered last, or has not answered yet. */
  askedAt: Milliseconds
  /** A hint came while it was being asked: the answer may be older than the event. */
  askAgain?: boolean
  /** It failed, and is asked again when it is due. */
  retry?: NodeJS.Timeout
}

/** What the panel tells its owner. */
export interface PanelListener {
  /** A sentinel answered, or failed to. */
  answered(): void
  /** A sentinel sent a message of our service. */
  told(event: SentinelEvent): void
}

/**
 * The sentinels of one service: those the user named and those that they named, all asked side by side.
 * Nobody waits for a slow or frozen one. One that was named by another is forgotten after some failures in a row.
 */
export class SentinelPanel {
  readonly #context: LinkContext
  readonly #clock: Clock
  readonly #listener: PanelListener
  readonly #heard = new Map<Address, Heard>()
  #ended = false

  constructor(seeds: readonly NodeTarget[], context: LinkContext, clock: Clock, listener: PanelListener) {
    this.#context = context
    this.#clock = clock
    this.#listener = listener
    for (const seed of seeds) this.#add(seed, true)
  }

  /** How many there are, as far as we know. */
  get size(): number {
    return this.#heard.size
  }

  get busy(): boolean {
    return this.#all().some(({ link }) => link.busy)
  }

  /** Those whose last answer was an observation. */
  get answering(): readonly Address[] {
    return this.#all().flatMap(({ link, observation, problem }) =>
      observation !== undefined && problem === undefined ? [link.address] : [],
    )
  }

  /** When more than half of them had last answered; `-Infinity` before. */
  get quorateAt(): Milliseconds {
    const latest = this.#all().map(({ observation }) => observation?.at ?? -Infinity)
    return latest.sort((one, other) => other - one)[Math.floor(this.size / 2)] ?? -Infinity
  }

  get failovers(): readonly FailoverLog[] {
    return this.#all().map(({ log }) => log)
  }

  /** What was said since then, by whom. */
  observations(since: Milliseconds): readonly (Observation & { readonly by: Address })[] {
    return this.#all().flatMap(({ link, observation }) =>
      observation !== undefined && observation.at >= since ? [{ ...observation, by: link.address }] : [],
    )
  }

  /** Whether every sentinel that can be asked was, after this moment, and has answered. */
  heardSince(at: Milliseconds): boolean {
    return this.#all().every(({ link, askedAt }) => !link.busy && (askedAt >= at || !link.due))
  }

  /** Asks all of them now; those that are being asked once more when they have answered. */
  ask(): void {
    for (const heard of this.#all()) {
      if (heard.link.busy) heard.askAgain = true
      else if (heard.link.due) this.#ask(heard)
    }
  }

  /** After a step back to a lower epoch, what was heard before it counts no more. */
  forgetNewerThan(epoch: number): void {
    for (const heard of this.#all()) if ((heard.observation?.epoch ?? 0) > epoch) delete heard.observation
  }

  /** What is wrong when nobody has an answer; `undefined` while somebody may. */
  failure(): CacheError | undefined {
    const all = this.#all()
    if (!all.every(({ problem }) => problem !== undefined)) return undefined
    return explain(this.#context.serviceName, all)
  }

  destroy(): void {
    this.#ended = true
    for (const heard of this.#all()) this.#drop(heard)
  }

  #all(): readonly Heard[] {
    return [...this.#heard.values()]
  }

  #add(target: NodeTarget, seed: boolean): void {
    const address = addressOf(target)
    if (this.#heard.has(address)) return
    const tell = (event: SentinelEvent): void => {
      heard.log = follow(heard.log, event)
      this.#listener.told(event)
    }
    const link = new SentinelLink(target, seed, this.#context, tell)
    const heard: Heard = { link, log: quiet, askedAt: -Infinity }
    this.#heard.set(address, heard)
  }

  #ask(heard: Heard): void {
    clearTimeout(heard.retry)
    heard.askAgain = false
    heard.askedAt = this.#clock.now()
    heard.link
      .ask()
      .then(
        (answer) => this.#hear(heard, answer),
        (error: unknown) => this.#miss(heard, error),
      )
      .finally(() => {
        if (heard.askAgain && heard.link.due && !this.#ended) this.#ask(heard)
      })
  }

  #hear(heard: Heard, answer: Answer): void {
    if (answer === unknownService) {
      delete heard.observation
      heard.problem = answer
      heard.log = quiet
    } else {
      heard.observation = answer
      delete heard.problem
      heard.log = confirm(heard.log, answer.failover)
      for (const sentinel of answer.sentinels) this.#add(sentinel, false)
    }
    this.#listener.answered()
  }

  #miss(heard: Heard, error: unknown): void {
    heard.problem = error
    heard.log = quiet
    if (this.#ended) return
    if (this.#isForgotten(heard)) this.#drop(heard)
    else heard.retry = setTimeout(() => this.#ask(heard), heard.link.dueIn)
    this.#listener.answered()
  }

  /** While nobody answers, nobody would name it again. */
  #isForgotten({ link: { seed, failures } }: Heard): boolean {
    return !seed && failures >= mostFailures && this.answering.length > 0
  }

  #drop(heard: Heard): void {
    clearTimeout(heard.retry)
    heard.link.destroy()
    this.#heard.delete(heard.link.address)
  }
}

/** Wrong credentials and a wrong name are found by whoever is reached. */
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

/** A learned sentinel that failed this often in a row is forgotten; the others will name it again. */
const mostFailures = 5
