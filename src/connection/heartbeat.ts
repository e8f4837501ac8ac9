import { AuthenticationError, CommandError } from '../errors.js'
import { monotonicClock, type Milliseconds } from '../units.js'
import type { EncodedCommand, Role } from './connection.js'
import { loopClock } from './deadlines.js'
import type { Pool } from './pool.js'
import { parseRole, type RoleReport } from './resp/role.js'
import { readingOf, timeCommand, type ServerClock } from './server-clock.js'

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
  /** The server does not tell its role: the user may not ask, or it does not know the command. */
  refused(): void
}

/**
 * Asks a server for its ROLE again and again, on the connection that carries its commands: a primary four times a
 * second, anything else once; the next time when the last one is answered. A user that may not run ROLE has no heartbeat,
 * unless its connections are to be heard all the time: then it goes on with PING.
 * Once a minute it asks for the server's time as well, and at once when that is not known.
 */
export class Heartbeat {
  readonly #pool: Pool
  readonly #interval: Milliseconds
  readonly #listener: HeartbeatListener
  readonly #clock: ServerClock
  readonly #goesOn: boolean
  #asked: EncodedCommand = role
  #timer: NodeJS.Timeout | undefined
  #early: NodeJS.Timeout | undefined
  #pause = shortestPause
  #asking = false
  #asksTime = true

  /** @param goesOn whether a server that does not tell its role is asked to answer nevertheless */
  constructor(pool: Pool, role: Role | undefined, clock: ServerClock, listener: HeartbeatListener, goesOn: boolean) {
    this.#goesOn = goesOn
    this.#pool = pool
    this.#clock = clock
    this.#interval = role === 'primary' ? primaryInterval : replicaInterval
    this.#listener = listener
  }

  /** Beats from now on, and at once: a replica is not read before it was heard. */
  start(): void {
    if (this.#timer !== undefined) return
    this.#timer = setInterval(() => void this.#ask(), this.#interval).unref()
    void this.#ask()
  }

  stop(): void {
    clearInterval(this.#timer)
    clearTimeout(this.#early)
    this.#timer = undefined
    this.#asked = role
    this.#pause = shortestPause
    this.#asksTime = true
  }

  /** Asks PING where ROLE is refused and the server has to be heard: its silence is noticed by a command without a reply. */
  #denied(): void {
    if (this.#goesOn && this.#asked === role) this.#asked = ping
    else this.stop()
  }

  /** A replica without a link may not be read yet, so it is asked again soon, and later each time. */
  #askAgain(): void {
    clearTimeout(this.#early)
    this.#early = setTimeout(() => void this.#ask(), this.#pause).unref()
    this.#pause = Math.min(2 * this.#pause, this.#interval)
  }

  async #ask(): Promise<void> {
    if (this.#asking) return
    this.#asking = true
    const asked = loopClock.now()
    if (this.#clock.isOld && this.#asksTime) void this.#askTime()
    try {
      const reply = await this.#pool.execute(this.#asked, { deadline: asked + longestWait, control: true })
      const [report, at] = [parseRole(reply), loopClock.now()]
      if (report === undefined || this.#timer === undefined) return
      this.#listener.beat({ report, at, took: at - asked })
      if (report.role === 'replica' && report.link !== 'connected') this.#askAgain()
    } catch (error) {
      if (isRefusal(error)) this.#listener.refused()
      if (error instanceof AuthenticationError) this.#denied()
    } finally {
      this.#asking = false
    }
  }

  /** Beside ROLE, in the same write. A server that refuses it is not asked again on this connection. */
  async #askTime(): Promise<void> {
    const asked = monotonicClock.now()
    this.#asksTime = false
    try {
      const reply = await this.#pool.execute(timeCommand, { deadline: loopClock.now() + longestWait, control: true })
      this.#clock.learn(readingOf(reply, asked, monotonicClock.now()))
      this.#asksTime = true
    } catch (error) {
      this.#asksTime = !isRefusal(error)
    }
  }
}

/** Anything but an answer that passes, such as LOADING. */
export function isRefusal(error: unknown): boolean {
  return error instanceof AuthenticationError || (error instanceof CommandError && !error.retryable)
}

const role = { args: ['ROLE'], decode: 'text', intent: 'read' } as const
const ping = { args: ['PING'], decode: 'text', intent: 'read' } as const
const primaryInterval: Milliseconds = 250
const replicaInterval: Milliseconds = 1_000
/** The first pause after a replica said that it has no link. */
const shortestPause: Milliseconds = 20
/** After this time another one is sent: the reply to this may have no way back. */
const longestWait: Milliseconds = 5_000
