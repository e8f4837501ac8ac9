import { addressOf, type Address, type NodeTarget } from '../../connection/connection.js'
import { AuthenticationError, SentinelUnreachableError, UnknownServiceError, type CacheError } from '../../errors.js'
import type { Clock, Milliseconds } from '../../units.js'
import { unknownService, type Answer } from './answer.js'
import { Electorate, latestOfEach, type Vote } from './electorate.js'
import type { SentinelEvent } from './events.js'
import { confirm, follow, quiet, type FailoverLog } from './failover.js'
import { SentinelLink, type LinkContext } from './link.js'
import type { Observation, ObservationBy } from './observation.js'
import type { SentinelView } from './replies.js'

/** One sentinel, and the latest that it said. */
interface Member {
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

/** What the sentinels tell their owner. */
export interface SentinelListener {
  /** A sentinel answered, or failed to. */
  answered(): void
  /** A sentinel sent a message of our service. */
  told(event: SentinelEvent): void
}

/**
 * The sentinels of one service: those the user named and those that they named, all asked side by side.
 * Nobody waits for a slow or frozen one. One that was named by another is forgotten after some failures in a row: it is
 * dialled no more, and still counts wherever a majority is needed.
 */
export class SentinelSet {
  readonly #context: LinkContext
  readonly #clock: Clock
  readonly #listener: SentinelListener
  readonly #electorate: Electorate
  readonly #members = new Map<Address, Member>()

  constructor(seeds: readonly NodeTarget[], context: LinkContext, listener: SentinelListener) {
    this.#context = context
    this.#clock = context.clock
    this.#listener = listener
    this.#electorate = new Electorate(seeds.length)
    for (const seed of seeds) this.#add(seed, true)
  }

  /** How many there are and when most of them answered, as far as they told us. */
  get electorate(): Electorate {
    return this.#electorate
  }

  get busy(): boolean {
    return this.#all().some(({ link }) => link.busy)
  }

  /** Those whose last answer was an observation; one that is reached by two addresses goes by the first. */
  get answering(): readonly Address[] {
    const current = this.#votes().filter((vote) => vote.current)
    const byVoter = new Map(current.toReversed().map(({ voter, by }) => [voter, by]))
    return current.map(({ by }) => by).filter((address) => [...byVoter.values()].includes(address))
  }

  get failovers(): readonly FailoverLog[] {
    return this.#all().map(({ log }) => log)
  }

  /** What was said since then, by whom; the latest of each sentinel. */
  observations(since: Milliseconds): readonly ObservationBy[] {
    const recent = this.#votes().filter(({ at }) => at >= since)
    return latestOfEach(recent).map(({ observation, by }) => ({ ...observation, by }))
  }

  /** Whether every sentinel that can be asked was, after this moment, and has answered. */
  heardSince(at: Milliseconds): boolean {
    return this.#all().every(({ link, askedAt }) => !link.busy && (askedAt >= at || !link.due))
  }

  /** Asks all of them now; those that are being asked once more when they have answered. */
  ask(): void {
    for (const member of this.#all()) {
      if (member.link.busy) member.askAgain = true
      else if (member.link.due) this.#ask(member)
    }
  }

  /** Counts the sentinels anew, now that we act on a claim of this epoch. */
  count(epoch: number): void {
    this.#electorate.count(this.#votes(), epoch)
  }

  /** After a step back to a lower epoch, what was heard before it counts no more. */
  forgetNewerThan(epoch: number): void {
    for (const member of this.#all()) if ((member.observation?.epoch ?? 0) > epoch) delete member.observation
  }

  /** What is wrong when nobody has an answer; `undefined` while somebody may. */
  failure(): CacheError | undefined {
    const all = this.#all()
    if (!all.every(({ problem }) => problem !== undefined)) return undefined
    return explain(this.#context.serviceName, all)
  }

  destroy(): void {
    for (const member of this.#all()) this.#drop(member)
  }

  #all(): readonly Member[] {
    return [...this.#members.values()]
  }

  #votes(): readonly (Vote & { readonly by: Address; readonly observation: Observation })[] {
    const ids = this.#announcedIds()
    return this.#all().flatMap(({ link, observation, problem }) => {
      if (observation === undefined) return []
      const { epoch, electorate, at } = observation
      const voter = observation.id ?? ids.get(link.address) ?? link.address
      return [{ voter, epoch, electorate, at, current: problem === undefined, by: link.address, observation }]
    })
  }

  /** The run ids that sentinels know of each other, for those that do not tell us their own. */
  #announcedIds(): ReadonlyMap<Address, string> {
    const views = this.#all().flatMap(({ observation }) => observation?.sentinels ?? [])
    return new Map(views.filter(({ id }) => id !== '').map((view) => [addressOf(view), view.id]))
  }

  #add(target: NodeTarget, seed: boolean): void {
    const address = addressOf(target)
    if (this.#members.has(address)) return
    const tell = (event: SentinelEvent): void => {
      member.log = follow(member.log, event)
      this.#listener.told(event)
    }
    const link = new SentinelLink(target, seed, this.#context, tell)
    const member: Member = { link, log: quiet, askedAt: -Infinity }
    this.#members.set(address, member)
  }

  #ask(member: Member): void {
    clearTimeout(member.retry)
    member.askAgain = false
    member.askedAt = this.#clock.now()
    member.link
      .ask()
      .then(
        (answer) => this.#hear(member, answer),
        (error: unknown) => this.#miss(member, error),
      )
      .finally(() => {
        if (member.askAgain && member.link.due && this.#has(member)) this.#ask(member)
      })
  }

  #hear(member: Member, answer: Answer): void {
    if (!this.#has(member)) return
    if (answer === unknownService) {
      delete member.observation
      member.problem = answer
      member.log = quiet
    } else {
      member.observation = answer
      delete member.problem
      member.log = confirm(member.log, answer.failover)
      this.#learn(answer)
    }
    this.#listener.answered()
  }

  /** Dials the sentinels that it names; of connections that turn out to lead to the same sentinel one stays, and seeds. */
  #learn({ id, sentinels }: Observation): void {
    for (const sentinel of sentinels) if (!this.#reaches(sentinel)) this.#add(toTarget(sentinel), false)
    const [, ...others] = this.#all()
      .filter((other) => id !== undefined && isReached(other, id))
      .sort((one, other) => Number(other.link.seed) - Number(one.link.seed))
    for (const twin of others) if (!twin.link.seed) this.#drop(twin)
  }

  #reaches({ id }: SentinelView): boolean {
    return id !== '' && this.#all().some((member) => isReached(member, id))
  }

  #miss(member: Member, error: unknown): void {
    member.problem = error
    member.log = quiet
    if (!this.#has(member)) return
    if (this.#isForgotten(member)) this.#drop(member)
    else member.retry = setTimeout(() => this.#ask(member), member.link.dueIn)
    this.#listener.answered()
  }

  #has(member: Member): boolean {
    return this.#members.get(member.link.address) === member
  }

  /** While nobody answers, nobody would name it again. */
  #isForgotten({ link: { seed, failures } }: Member): boolean {
    return !seed && failures >= mostFailures && this.answering.length > 0
  }

  #drop(member: Member): void {
    clearTimeout(member.retry)
    member.link.destroy()
    this.#members.delete(member.link.address)
  }
}

function isReached({ observation, problem }: Member, id: string): boolean {
  return problem === undefined && observation?.id === id
}

function toTarget({ host, port }: NodeTarget): NodeTarget {
  return { host, port }
}

/** Wrong credentials, missing rights and a wrong name are found by whoever is reached. */
function explain(serviceName: string, all: readonly Member[]): CacheError {
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
