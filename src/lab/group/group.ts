import type { Address } from '../../connection/connection.js'
import { CommandError } from '../../errors.js'
import { monotonicClock, type Milliseconds } from '../../units.js'
import { eventually } from '../eventually.js'
import { groupView, live, namedPrimary } from './view.js'
import { LabError } from '../lab-error.js'
import { nodeViewOf } from './node-view.js'
import { primaryAccordingTo, viewOf } from './sentinel-view.js'
import type { LabServer } from '../server/server.js'
import { whyLinkUnseen, whyUnsettled } from './settled.js'

/** The members of a group, in the order they were made: the first node was the first primary. */
export interface GroupMembers {
  readonly nodes: readonly LabServer[]
  readonly sentinels: readonly LabServer[]
}

/** How long to wait. */
export interface WaitOptions {
  /** When to give up, in ms. @default 15000 for a failover, else 30000 */
  readonly timeout?: Milliseconds | undefined
}

/** What counts as settled, and how long to wait for it. */
export interface SettledOptions extends WaitOptions {
  /** Waits too until all sentinels have seen all links up; they ask every 10 s only. @default false */
  readonly linksSeen?: boolean | undefined
}

/** When a sentinel first named another primary; `at` is on the clock of performance.now(). */
export interface AddressChange {
  readonly address: Address
  readonly at: Milliseconds
}

/** One primary, its replicas and the sentinels that watch them, all real processes. */
export class LabGroup {
  readonly serviceName: string
  readonly nodes: readonly LabServer[]
  readonly sentinels: readonly LabServer[]

  /** @internal The lab makes them. */
  constructor(serviceName: string, { nodes, sentinels }: GroupMembers) {
    this.serviceName = serviceName
    this.nodes = nodes
    this.sentinels = sentinels
  }

  /** What a cache takes as its location, beside `sentinelAddresses`; without sentinels the list of the nodes. */
  get location(): string {
    if (this.sentinels.length > 0) return `valkey://${this.serviceName}/0`
    return this.nodes.map(({ address }) => `valkey://${address}/0`).join(',')
  }

  get sentinelAddresses(): readonly (readonly [host: string, port: number])[] {
    return this.sentinels.map(({ host, port }) => [host, port] as const)
  }

  /**
   * The node that the sentinels send clients to; without sentinels the one that says it is the primary.
   * @throws {LabError} E_LAB when nobody can tell
   */
  async primary(): Promise<LabServer> {
    return this.#node(this.sentinels.length > 0 ? await this.#namedPrimary() : await this.#selfDeclaredPrimary())
  }

  /** The live nodes beside the primary. */
  async replicas(): Promise<LabServer[]> {
    const primary = await this.primary()
    return live(this.nodes).filter((node) => node !== primary)
  }

  /** Orders a failover; resolves with the new primary when all live sentinels name it. */
  async failover({ timeout = 15_000 }: WaitOptions = {}): Promise<LabServer> {
    const before = await this.primary()
    await eventually(() => this.#orderFailover(), { timeout, interval: 50 })
    const after = await eventually(() => this.#nextPrimary(before.address), { timeout })
    return this.#node(after)
  }

  /** Resolves when all live servers agree on who is who, every link is up and no failover is under way. */
  async settled({ timeout = 30_000, linksSeen = false }: SettledOptions = {}): Promise<void> {
    await eventually(
      async () => {
        const view = await groupView(this.serviceName, this.nodes, this.sentinels)
        const reason = whyUnsettled(view) ?? (linksSeen ? whyLinkUnseen(view) : undefined)
        if (reason) throw new LabError(`${this.serviceName} has not settled: ${reason}.`)
      },
      { timeout },
    )
  }

  /** Resolves as soon as the first sentinel names another primary than `from`. */
  async addressChanged(from: Address, { timeout = 30_000 }: WaitOptions = {}): Promise<AddressChange> {
    const decided = new AbortController()
    const watch = async (sentinel: LabServer): Promise<AddressChange> => {
      const address = await primaryAccordingTo(sentinel, this.serviceName)
      if (address === from) throw new LabError(`${sentinel.address} still names ${from} as primary.`)
      return { address, at: monotonicClock.now() }
    }
    try {
      const options = { timeout, signal: decided.signal }
      return await Promise.any(live(this.sentinels).map((sentinel) => eventually(() => watch(sentinel), options)))
    } catch (cause) {
      throw new LabError(`No sentinel of ${this.serviceName} named another primary within ${timeout} ms.`, { cause })
    } finally {
      decided.abort()
    }
  }

  /** `false` while no replica is fit for it; one that is under way already will do. */
  async #orderFailover(): Promise<boolean> {
    const [sentinel] = live(this.sentinels)
    if (!sentinel) throw new LabError(`${this.serviceName} has no live sentinel to ask.`)
    try {
      await sentinel.command('SENTINEL', 'FAILOVER', this.serviceName)
      return true
    } catch (error) {
      if (error instanceof CommandError) return error.reply.startsWith('INPROG')
      throw error
    }
  }

  /** Whom all live sentinels name, once it is another one. */
  async #nextPrimary(before: Address): Promise<Address | false> {
    const answers = live(this.sentinels).map((sentinel) => primaryAccordingTo(sentinel, this.serviceName))
    const [named, ...different] = new Set(await Promise.all(answers))
    return named !== undefined && named !== before && different.length === 0 ? named : false
  }

  async #namedPrimary(): Promise<Address | undefined> {
    return namedPrimary(await answersOf(live(this.sentinels).map((sentinel) => viewOf(sentinel, this.serviceName))))
  }

  async #selfDeclaredPrimary(): Promise<Address | undefined> {
    const views = await answersOf(live(this.nodes).map(nodeViewOf))
    return views.find(({ role }) => role === 'primary')?.address
  }

  #node(address: Address | undefined): LabServer {
    const node = this.nodes.find((candidate) => candidate.address === address)
    if (node) return node
    throw new LabError(`${this.serviceName} has no primary that is one of its nodes: ${address ?? 'nobody'} is named.`)
  }
}

async function answersOf<T>(questions: readonly Promise<T>[]): Promise<T[]> {
  const answers = await Promise.allSettled(questions)
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
}
