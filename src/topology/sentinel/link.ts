import { addressOf, type Address, type Connection, type NodeTarget } from '../../connection/connection.js'
import type { ConnectionFactory } from '../../connection/factory.js'
import type { Initialiser } from '../../connection/initialiser.js'
import type { Clock, Milliseconds } from '../../units.js'
import { idQuestion, questions, readAnswer, type Answer } from './answer.js'
import { parseSentinelEvent, sentinelChannels, type SentinelEvent } from './events.js'
import { explainRefusal } from './refusal.js'
import { parseId } from './replies.js'

/** Every connection to a sentinel listens for events from its first moment on. */
export const subscribeInitialiser: Initialiser = {
  name: 'SUBSCRIBE',
  command: { args: ['SUBSCRIBE', ...sentinelChannels], decode: 'text', confirmations: sentinelChannels.length },
  resp3For: 'asking a sentinel and listening to it on one connection',
}

/** One sentinel: one connection that both asks and listens. Fails on its own, at its own pace. */
export class SentinelLink {
  readonly address: Address
  /** Named by the user, so never dropped. */
  readonly seed: boolean
  readonly #target: NodeTarget
  readonly #context: LinkContext
  readonly #tell: (event: SentinelEvent) => void
  readonly #ended = new AbortController()
  #connection: Connection | undefined
  /** The run id of the sentinel behind the connection, which is asked for once. */
  #id: string | undefined
  #idAsked = false
  #asking: Promise<Answer> | undefined
  #failures = 0
  #notBefore = -Infinity

  /** @param tell called with each message about our service; with a hint too when the subscription was lost */
  constructor(target: NodeTarget, seed: boolean, context: LinkContext, tell: (event: SentinelEvent) => void) {
    this.address = addressOf(target)
    this.seed = seed
    this.#target = target
    this.#context = context
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
    return this.#connection === undefined ? Math.max(0, this.#notBefore - this.#now()) : 0
  }

  /**
   * Asks for everything in one trip; each step has the same short deadline.
   * @throws {AuthenticationError} E_AUTH the sentinel refuses our credentials, or our user may not ask
   * @throws {CacheError} it cannot be reached, or does not answer in time
   */
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
      const { serviceName, timeout } = this.#context
      const commands = [...questions(serviceName), ...(this.#idAsked ? [] : [idQuestion])]
      const replies = await connection.batch(commands, { deadline: this.#now() + timeout })
      if (!this.#idAsked) this.#id = parseId(replies.at(-1) ?? null)
      this.#idAsked = true
      const answer = readAnswer(this.address, replies, this.#id, this.#now())
      this.#failures = 0
      return answer
    } catch (error) {
      this.#connection?.destroy()
      const pause = Math.min(longestPause, shortestPause * 2 ** this.#failures++)
      this.#notBefore = this.#now() + pause * (1 + Math.random())
      throw explainRefusal(this.address, error)
    }
  }

  async #connect(): Promise<Connection> {
    const connection = await this.#context.factory.connect(this.#target, undefined, this.#ended.signal)
    connection.onPush((push) => {
      const event = parseSentinelEvent(push, this.#context.serviceName)
      if (event !== undefined) this.#tell(event)
    })
    connection.onLost(() => {
      this.#connection = undefined
      this.#idAsked = false
      if (!this.#ended.signal.aborted) this.#tell({ kind: 'hint' })
    })
    return connection
  }

  #now(): Milliseconds {
    return this.#context.clock.now()
  }
}

/** What all links of a service share. */
export interface LinkContext {
  readonly factory: ConnectionFactory
  readonly serviceName: string
  /** One step with one sentinel: connecting, or a reply. */
  readonly timeout: Milliseconds
  readonly clock: Clock
}

/** Between a failed try and the next, in ms: doubled each time, and up to twice as long by chance. */
const shortestPause = 100
const longestPause = 1_000
