import { addressOf, type Address, type NodeTarget } from '../../connection/connection.js'
import type { ConnectionFactory } from '../../connection/factory.js'
import { Listeners } from '../../connection/listeners.js'
import type { CacheError } from '../../errors.js'
import type { Clock, Milliseconds } from '../../units.js'
import type { TopologyEvent } from '../events.js'
import type { TopologyProvider } from '../provider.js'
import { candidates } from './candidates.js'
import { diffMaps } from './diff.js'
import { addEvidence, applyEvidence, evidenceOf, isProvisional, remaining, type Evidence } from './evidence.js'
import { failureOf } from './failure.js'
import { HeirCheck } from './heir-check.js'
import { identify, type KnownShard } from './identity.js'
import { LookSchedule, type LookOutcome } from './look-schedule.js'
import { Look } from './look.js'
import { mapOf } from './map.js'
import { ask, servesSlots, type Answer, type QuestionContext } from './question.js'
import { ShardProvider, type ShardFacts, type ShardHost } from './shard-provider.js'
import type { ClusterMap, ClusterSource } from './source.js'
import { is, isWhole, primaryOf, replicasOf, shardOfNode, type ClusterView } from './view.js'
import { vote } from './vote.js'

export interface ClusterProviderOptions {
  /** Nodes of the cluster that are asked first, and whenever no other answers. */
  readonly seeds: readonly NodeTarget[]
  /** The longest that connecting to a node may take, in ms; a question to it takes 400 ms at most. */
  readonly timeout: Milliseconds
  /** Whether the nodes are reached by TLS: it has a port of its own in their maps. */
  readonly secure: boolean
  /** Where the seeds stand in the options, for messages. */
  readonly path: string
}

/**
 * The map of a cluster, as its nodes tell it.
 * A look asks one node, and others when its answer is news; what most say is the map. What servers say on the
 * connections that are in use counts at once and before any map, for a second: a MOVED, or a replica that says that
 * it is primary. So looks only confirm, and may be few: one a second at most, at times of chance.
 */
export class ClusterProvider implements ClusterSource, ShardHost {
  readonly name: string
  readonly #seeds: readonly NodeTarget[]
  readonly #question: QuestionContext
  readonly #clock: Clock
  readonly #schedule: LookSchedule
  readonly #heirs: HeirCheck
  readonly #shards = new Map<string, ShardProvider>()
  readonly #changeListeners = new Listeners<[after: ClusterMap, events: readonly TopologyEvent[]]>()
  readonly #failureListeners = new Listeners<[error: CacheError]>()
  readonly #ended = new AbortController()
  #evidence: readonly Evidence[] = []
  #known: readonly KnownShard[] = []
  #current: ClusterMap | undefined
  #answeredAt: Milliseconds = -Infinity
  #answering = false
  #nodeTimeout: Milliseconds = usualNodeTimeout
  #askedLast: ReadonlySet<Address> = new Set()
  #failed: ReadonlySet<Address> = new Set()
  /** How many looks in a row found no news; they grow rarer while a node is missing. */
  #quietLooks = 0
  #names = 0
  #running = false

  constructor(options: ClusterProviderOptions, factory: ConnectionFactory, clock: Clock) {
    const { seeds, timeout, secure, path } = options
    this.name = seeds.map(addressOf).join(',')
    this.#seeds = seeds
    this.#question = { factory, timeout: Math.min(timeout, longestQuestion), secure, path }
    this.#clock = clock
    this.#schedule = new LookSchedule(clock, () => this.#look())
    this.#heirs = new HeirCheck(
      clock,
      (target) => servesSlots(target, this.#question, this.#ended.signal),
      (heir) => this.#heir(heir),
    )
  }

  get current(): ClusterMap | undefined {
    return this.#current
  }

  get nodeTimeout(): Milliseconds {
    return this.#nodeTimeout
  }

  get answeredAt(): Milliseconds {
    return this.#answeredAt
  }

  start(): void {
    if (this.#running || this.#ended.signal.aborted) return
    this.#running = true
    this.#schedule.within(0)
  }

  refresh(): void {
    if (this.#running) this.#schedule.within(Math.random() * soon)
  }

  look(): Promise<void> {
    this.start()
    if (!this.#running) return Promise.resolve()
    this.refresh()
    return this.#schedule.next()
  }

  moved(slot: number, to: NodeTarget, from: Address): void {
    if (!this.#running || this.#current === undefined) return
    const news = evidenceOf({ slot, to, from }, this.#known, this.#evidence, this.#clock.now())
    if (news.some(({ kind }) => kind === 'primary')) return this.#believePromotion(news)
    this.#believe(news)
    this.#confirm()
  }

  troubled(): void {
    if (this.#running) this.#schedule.within(leastGap * (0.3 + Math.random() * 0.2))
  }

  promote(candidate: NodeTarget): boolean {
    const shard = shardOfNode(this.#known, addressOf(candidate))
    if (!this.#running || shard === undefined) return false
    if (is(primaryOf(shard), addressOf(candidate))) return true
    void this.#heirs.check(candidate)
    return false
  }

  shard(id: string): TopologyProvider {
    const shard = this.#shards.get(id)
    if (shard === undefined) throw new RangeError(`The map has no shard ${id}.`)
    return shard
  }

  onChange(listener: (after: ClusterMap, events: readonly TopologyEvent[]) => void): () => void {
    return this.#changeListeners.add(listener)
  }

  onFailure(listener: (error: CacheError) => void): () => void {
    return this.#failureListeners.add(listener)
  }

  async close(): Promise<void> {
    this.destroy()
  }

  destroy(): void {
    this.#running = false
    this.#ended.abort()
    this.#schedule.stop()
    for (const shard of this.#shards.values()) shard.stop()
  }

  /** A node whose own map says that it serves slots was promoted. */
  #heir(candidate: NodeTarget): void {
    if (!this.#running || shardOfNode(this.#known, addressOf(candidate)) === undefined) return
    this.#believePromotion([{ kind: 'primary', node: candidate, at: this.#clock.now() }])
  }

  async #look(): Promise<LookOutcome> {
    const began = this.#clock.now()
    const look = new Look({
      candidates: this.#candidates(),
      known: this.#current && this.#known,
      ask: (target) => this.#ask(target),
    })
    await look.run()
    if (!this.#running) return { news: false, pause: calmInterval }
    const before = this.#current
    this.#remember(look)
    const view = vote(look.views)
    if (view === undefined) this.#miss(look.problems)
    else this.#take(view, began)
    const alone = before === undefined && look.views.length === 1
    const news = before !== undefined && this.#current !== before
    this.#quietLooks = news ? 0 : this.#quietLooks + 1
    return { news, pause: alone ? leastGap * (1 + Math.random()) : this.#pause }
  }

  #ask(target: NodeTarget): Promise<Answer> {
    this.#schedule.keepGap(this.#current === undefined ? firstGap : leastGap)
    return ask(target, this.#question, this.#ended.signal)
  }

  #candidates(): readonly NodeTarget[] {
    const nodes = this.#known.flatMap(({ nodes: members }) => members.map(({ target }) => target))
    const heirs = new Set([...this.#shards.values()].flatMap(({ current }) => current.heirs ?? []).map(addressOf))
    return candidates(nodes, this.#seeds, { last: this.#askedLast, failed: this.#failed, heirs }, Math.random)
  }

  #remember({ asked, problems, nodeTimeout }: Look): void {
    const candidates = new Set(this.#candidates().map(addressOf))
    const failed = [...this.#failed].filter((address) => !asked.has(address) && candidates.has(address))
    this.#askedLast = asked
    this.#failed = new Set([...failed, ...problems.keys()])
    this.#nodeTimeout = nodeTimeout ?? this.#nodeTimeout
  }

  get #pause(): Milliseconds {
    if (this.#current === undefined) return firstGap
    const troubled = [...this.#shards.values()].some(({ isTroubled }) => isTroubled)
    if (troubled || this.#evidence.length > 0) return leastGap * (1 + Math.random() * 0.2)
    const interval = isWhole(this.#known) ? calmInterval : leastGap * 2 ** (this.#quietLooks + 1)
    return Math.min(calmInterval, interval) * (0.9 + Math.random() * 0.2)
  }

  /** Nothing is known that was not known before; who waits for a first map hears why there is none. */
  #miss(problems: ReadonlyMap<Address, unknown>): void {
    this.#answering = false
    if (this.#current === undefined) this.#failureListeners.tell(failureOf(this.name, problems))
    else this.#tellShards()
  }

  #take(view: ClusterView, began: Milliseconds): void {
    const now = this.#clock.now()
    this.#answeredAt = now
    this.#answering = true
    this.#evidence = remaining(this.#evidence, view, began, now)
    this.#publish(applyEvidence(view, this.#evidence))
  }

  #believe(evidence: readonly Evidence[]): void {
    if (evidence.length === 0) return
    this.#evidence = addEvidence(this.#evidence, evidence, this.#known)
    this.#publish(applyEvidence(this.#known, evidence))
  }

  /** What was believed is confirmed by a look that nobody waits for: it has the time to be spread. */
  #confirm(): void {
    this.#schedule.within(leastGap * (0.5 + Math.random() * 0.5))
  }

  /** After a promotion the nodes need a second or two until they agree, and the look would have to be repeated. */
  #believePromotion(evidence: readonly Evidence[]): void {
    this.#believe(evidence)
    this.#schedule.keepGap(leastGap * (2 + Math.random()))
    this.#schedule.within(0)
  }

  #publish(view: ClusterView): void {
    const before = this.#current
    this.#known = identify(this.#known, view, () => String(++this.#names))
    const after = mapOf(this.#known, before)
    this.#current = after
    this.#tellShards()
    if (after !== before) this.#changeListeners.tell(after, before === undefined ? [] : diffMaps(before, after))
  }

  #tellShards(): void {
    const known = new Map(this.#known.map((shard) => [shard.key, shard]))
    for (const [key, provider] of this.#shards) if (!known.has(key)) this.#drop(key, provider)
    for (const [key, shard] of known) {
      const provider = this.#shards.get(key)
      if (provider === undefined) this.#shards.set(key, this.#provide(shard))
      else provider.follow(this.#factsOf(shard))
    }
  }

  #drop(key: string, provider: ShardProvider): void {
    this.#shards.delete(key)
    provider.stop()
  }

  #provide(shard: KnownShard): ShardProvider {
    const facts = this.#factsOf(shard)
    const name = facts.primary === undefined ? this.name : addressOf(facts.primary)
    return new ShardProvider(name, facts, this, this.#clock)
  }

  #factsOf(shard: KnownShard): ShardFacts {
    const primary = primaryOf(shard)
    return {
      primary: primary?.target,
      replicas: replicasOf(shard).map(({ target }) => target),
      provisional: isProvisional(shard, this.#evidence),
      primaryDown: primary?.online !== true,
      quorate: this.#answering,
    }
  }
}

/** A node has this long to be connected to and to tell the map, in ms. */
const longestQuestion: Milliseconds = 400
/** From the last question of a look to the next look; without a map it is less. */
const leastGap: Milliseconds = 1_000
const firstGap: Milliseconds = 250
const calmInterval: Milliseconds = 60_000
/** A look that somebody needs begins within this time, by chance. */
const soon: Milliseconds = 100
/** The servers' own default. */
const usualNodeTimeout: Milliseconds = 15_000
