import { CommandError, ConnectionError } from '../../errors.js'
import { addressOf, type Connection, type NodeTarget, type Reply } from '../../connection/connection.js'
import { limited } from '../../connection/limit.js'
import { resolveConnectionOptions } from '../../connection/options.js'
import { RespConnectionFactory } from '../../connection/resp/factory.js'
import { monotonicClock, type Milliseconds } from '../../units.js'

/** How long an unused connection stays open; an open one keeps the user's process alive. */
const idle: Milliseconds = 200

export interface ControlOptions {
  readonly password: string | undefined
  /** @default 0 */
  readonly database?: number
}

/** The lab's own line to one server: opened when it is needed, closed when it is not, never kept in a user's way. */
export class Control {
  readonly #target: NodeTarget
  readonly #factory: RespConnectionFactory
  #connection: Promise<Connection> | undefined
  #closing: NodeJS.Timeout | undefined
  #waiting = 0

  constructor(target: NodeTarget, { password, database }: ControlOptions) {
    this.#target = target
    this.#factory = new RespConnectionFactory(
      resolveConnectionOptions({ password, database, clientName: 'lab' }, String),
    )
  }

  /** Any failure but the server's own error ends the connection; the next question opens a new one. */
  async ask(args: readonly string[], timeout: Milliseconds): Promise<Reply> {
    clearTimeout(this.#closing)
    this.#waiting += 1
    const opening = (this.#connection ??= this.#open(timeout))
    try {
      const connection = await opening
      return await connection.execute({ args, decode: 'text' }, { deadline: monotonicClock.now() + timeout })
    } catch (error) {
      if (!(error instanceof CommandError) && this.#connection === opening) this.drop()
      throw error
    } finally {
      this.#waiting -= 1
      if (this.#waiting === 0) this.#closing = setTimeout(() => this.drop(), idle).unref()
    }
  }

  drop(): void {
    clearTimeout(this.#closing)
    const connection = this.#connection
    this.#connection = undefined
    connection?.then(
      (open) => open.destroy(),
      () => {},
    )
  }

  #open(timeout: Milliseconds): Promise<Connection> {
    const late = (): Error =>
      new ConnectionError(addressOf(this.#target), `no connection for the lab within ${timeout} ms`)
    const opening = limited(neverAborted, timeout, late, (limit) =>
      this.#factory.connect(this.#target, undefined, limit),
    )
    const forget = (): void => {
      if (this.#connection === opening) this.#connection = undefined
    }
    opening.then((connection) => connection.onLost(forget), forget)
    return opening
  }
}

const neverAborted = new AbortController().signal
