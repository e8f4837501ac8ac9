import { AuthenticationError } from '../errors.js'
import type { Milliseconds } from '../units.js'
import type { Role } from './connection.js'
import { loopClock } from './deadlines.js'
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

/**
 * Asks a server for its ROLE again and again, on the connection that carries its commands: a primary four times a
 * second, anything else once; the next time when the last one is answered. A user that may not run ROLE has no heartbeat.
 */
export class Heartbeat {
  readonly #pool: Pool
  readonly #interval: Milliseconds
  readonly #proves: boolean
  readonly #beat: (beat: Beat) => void
  #timer: NodeJS.Timeout | undefined
  #asking = false

  constructor(pool: Pool, role: Role | undefined, beat: (beat: Beat) => void) {
    this.#pool = pool
    this.#proves = role !== undefined
    this.#interval = role === 'primary' ? primaryInterval : replicaInterval
    this.#beat = beat
  }

  /** Beats from now on; at once where there is a role to prove. */
  start(): void {
    if (this.#timer !== undefined) return
    this.#timer = setInterval(() => void this.#ask(), this.#interval).unref()
    if (this.#proves) void this.#ask()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  async #ask(): Promise<void> {
    if (this.#asking) return
    this.#asking = true
    const asked = loopClock.now()
    try {
      const reply = await this.#pool.execute(role, { deadline: asked + longestWait, control: true })
      const [report, at] = [parseRole(reply), loopClock.now()]
      if (report !== undefined && this.#timer !== undefined) this.#beat({ report, at, took: at - asked })
    } catch (error) {
      if (error instanceof AuthenticationError) this.stop()
    } finally {
      this.#asking = false
    }
  }
}

const role = { args: ['ROLE'], decode: 'text', intent: 'read' } as const
const primaryInterval: Milliseconds = 250
const replicaInterval: Milliseconds = 1_000
/** After this time another one is sent: the reply to this may have no way back. */
const longestWait: Milliseconds = 5_000
