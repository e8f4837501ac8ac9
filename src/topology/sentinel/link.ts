import {
  addressOf,
  ErrorReply,
  type Address,
  type Connection,
  type EncodedCommand,
  type NodeTarget,
  type Reply,
} from '../../connection/connection.js'
import type { ConnectionFactory } from '../../connection/factory.js'
import type { Initialiser } from '../../connection/initialiser.js'
import { replyError } from '../../connection/reply-error.js'
import { monotonicClock, type Milliseconds } from '../../units.js'
import type { Observation } from './decide.js'
import { parseSentinelEvent, sentinelChannels, type SentinelEvent } from './events.js'
import {
  parseAddress,
  parsePrimary,
  parseReplicas,
  parseSentinels,
  type PrimaryView,
  type ReplicaView,
} from './replies.js'

/** Every connection to a sentinel listens for events from its first moment on. */
export const subscribeInitialiser: Initialiser = {
  name: 'SUBSCRIBE',
  command: { args: ['SUBSCRIBE', ...sentinelChannels], decode: 'text', confirmations: sentinelChannels.length },
}

/** What asking a sentinel came to. */
export type Answer = Observation | typeof unknownService

/** It answers, and does not monitor this service. */
export const unknownService = 'unknown service'

/** One sentinel: one connection that both asks and listens. Fails on its own, at its own pace. */
export class SentinelLink {
  readonly address: Address
  /** Named by the user, so never dropped. */
  readonly seed: boolean
  readonly #target: NodeTarget
  readonly #factory: ConnectionFactory
  readonly #serviceName: string
  readonly #timeout: Milliseconds
  readonly #tell: (event: SentinelEvent) => void
  readonly #ended = new AbortController()
  #connection: Connection | undefined
  #asking: Promise<Answer> | undefined
  #failures = 0
  #notBefore = -Infinity

  /** @param tell called with each message about our service; with a hint too when the subscription was lost */
  constructor(target: NodeTarget, seed: boolean, context: LinkContext, tell: (event: SentinelEvent) => void) {
    this.address = addressOf(target)
    this.seed = seed
    this.#target = target
    this.#factory = context.factory
    this.#serviceName = context.serviceName
    this.#timeout = context.timeout
    this.#tell = tell
  }

  /** How often in a row it did not answer. */
  get failures(): number {
    return this.#failures
  }

  /** Whether it is being asked now. */
  get busy(): boolean {
    return this.#asking !== undefined
  }

  /** Whether it may be asked. */
  get due(): boolean {
    return this.dueIn === 0
  }

  /** One that failed is left alone for a while, longer each time: how much longer, in ms. */
  get dueIn(): Milliseconds {
    return this.#connection === undefined ? Math.max(0, this.#notBefore - monotonicClock.now()) : 0
  }

  /** Asks for everything in one trip; each step has the same short deadline. */
  ask(): Promise<Answer> {
    return (this.#asking ??= this.#ask().finally(() => (this.#asking = undefined)))
  }

  destroy(): void {
    this.#ended.abort()
    this.#connection?.destroy()
  }

  async #ask(): Promise<Answer> {
    try {
      const connection = (this.#connection ??= await this.#connect())
      const commands = questions(this.#serviceName)
      const replies = await connection.batch(commands, { deadline: monotonicClock.now() + this.#timeout })
      this.#failures = 0
      return readAnswer(this.address, replies)
    } catch (error) {
      this.#connection?.destroy()
      const pause = Math.min(longestPause, shortestPause * 2 ** this.#failures++)
      this.#notBefore = monotonicClock.now() + pause * (1 + Math.random())
      throw error
    }
  }

  async #connect(): Promise<Connection> {
    const connection = await this.#factory.connect(this.#target, undefined, this.#ended.signal)
    connection.onPush((push) => {
      const event = parseSentinelEvent(push, this.#serviceName)
      if (event !== undefined) this.#tell(event)
    })
    connection.onLost(() => {
      this.#connection = undefined
      if (!this.#ended.signal.aborted) this.#tell({ kind: 'hint' })
    })
    return connection
  }
}

/** What all links of a service share. */
export interface LinkContext {
  readonly factory: ConnectionFactory
  readonly serviceName: string
  readonly timeout: Milliseconds
}

function questions(serviceName: string): readonly EncodedCommand[] {
  return ['GET-MASTER-ADDR-BY-NAME', 'MASTER', 'REPLICAS', 'SENTINELS'].map((question) => ({
    args: ['SENTINEL', question, serviceName],
    decode: 'text',
  }))
}

/** The address counts, for the leader of a failover keeps the old one in MASTER for another second. */
function readAnswer(address: Address, replies: readonly Reply[]): Answer {
  const [primary, details, replicas, sentinels] = replies as [Reply, Reply, Reply, Reply]
  if (primary instanceof ErrorReply) throw replyError(address, 'SENTINEL', primary)
  const target = parseAddress(primary)
  if (target === undefined) return unknownService
  const view = parsePrimary(details)
  const others = { replicas: parseReplicas(replicas), sentinels: parseSentinels(sentinels) }
  const primaryDown = view.flags.has('s_down') || view.flags.has('o_down')
  const failover = failoverIn(view, others.replicas)
  return { primary: target, epoch: view.epoch, primaryDown, ...others, failover, at: monotonicClock.now() }
}

/** While it leads a failover a sentinel says so in MASTER, which names the old primary, and marks the candidate. */
function failoverIn(view: PrimaryView, replicas: readonly ReplicaView[]): Observation['failover'] {
  if (!view.flags.has('failover_in_progress')) return undefined
  const candidate = replicas.find(({ flags }) => flags.has('promoted'))
  return { from: addressOf(view), candidate: candidate && { host: candidate.host, port: candidate.port } }
}

/** Between a failed try and the next, in ms: doubled each time, and up to twice as long by chance. */
const shortestPause = 100
const longestPause = 1_000
