import { AuthenticationError, CommandTimeoutError } from '../errors.js'
import type { Clock, Milliseconds } from '../units.js'
import type { Role } from './connection.js'
import type { Pool } from './pool.js'
import { parseRole, type RoleReport } from './resp/role.js'

/** What a heartbeat came to. */
export interface Beat {
  readonly report: RoleReport
  /** When the answer came. */
  readonly at: Milliseconds
  /** How long it took. */
  readonly took: Milliseconds
}

export interface HeartbeatListener {
  beat(beat: Beat): void
  /** No answer in time. */
  silence(error: CommandTimeoutError): void
}

/**
 * Asks a server for its ROLE again and again, on the connection that carries its commands: a primary four times a
 * second, anything else once. A user that may not run ROLE has no heartbeat.
 */
export class Heartbeat {
  readonly #pool: Pool
  readonly #clock: Clock
  readonly #interval: Milliseconds
  readonly #proves: boolean
  readonly #listener: HeartbeatListener
  #timer: NodeJS.Timeout | undefined
  #asking = false

  constructor(pool: Pool, role: Role | undefined, clock: Clock, listener: HeartbeatListener) {
    this.#pool = pool
    this.#clock = clock
    this.#proves = role !== undefined
    this.#interval = role === 'primary' ? primaryInterval : replicaInterval
    this.#listener = listener
  }

  /** Beats from now on; at once where there is a role to prove. */
  start(): void {
    if (this.#timer !== undefined) return
    this.#timer = setInterval(() => void this.#beat(), this.#interval).unref()
    if (this.#proves) void this.#beat()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  async #beat(): Promise<void> {
    if (this.#asking) return
    this.#asking = true
    const asked = this.#clock.now()
    try {
      const reply = await this.#pool.execute({ args: ['ROLE'], decode: 'text' }, { deadline: asked + patience })
      const [report, at] = [parseRole(reply), this.#clock.now()]
      if (report !== undefined && this.#timer !== undefined) this.#listener.beat({ report, at, took: at - asked })
    } catch (error) {
      if (error instanceof AuthenticationError) this.stop()
      if (error instanceof CommandTimeoutError && error.sent && this.#timer !== undefined) this.#listener.silence(error)
    } finally {
      this.#asking = false
    }
  }
}

const primaryInterval: Milliseconds = 250
const replicaInterval: Milliseconds = 1_000
/** How long an answer may take before the server counts as stalled. */
const patience: Milliseconds = 250
