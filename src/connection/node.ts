import { isIP } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectionError, RoleMismatchError } from '../errors.js'
import type { Milliseconds } from '../units.js'
import { addressOf, type Address, type Role } from './connection.js'
import { loopClock } from './deadlines.js'
import { Heartbeat, isRefusal, type Beat } from './heartbeat.js'
import { Listeners } from './listeners.js'
import type { Pool, PoolTarget } from './pool.js'
import type { Loan } from './registry.js'
import { ServerClock } from './server-clock.js'
import { infoCommand, zoneOf } from './zone.js'

/**
 * `up`: connected and answering, be it slowly · `stalled`: connected, and of no use: busy or frozen, or of another role
 * by now · `down`: not connected, or not yet.
 */
export type NodeState = 'up' | 'stalled' | 'down'

/** One server in one role, its connections, and what we see of its health. Knows nothing of other servers. */
export class Node {
  readonly address: Address
  readonly role: Role | undefined
  readonly pool: Pool
  /** The scripts that the server is known to have, by their hashes; forgotten with a connection. */
  readonly scripts: Set<string> = new Set()
  readonly #listeners = new Listeners<[node: Node]>()
  readonly #beatListeners = new Listeners<[beat: Beat]>()
  readonly #clock: ServerClock
  readonly #heartbeat: Heartbeat
  readonly #ended = new AbortController()
  readonly #host: string
  #zone: string | undefined
  #zoneTimer: NodeJS.Timeout | undefined
  #state: NodeState = 'down'
  #lastError: unknown
  #usefulUntil: Milliseconds = -Infinity
  #linked = false
  #watching = false
  #otherRole: RoleMismatchError | undefined

  /** @param isTracked whether its server announces changes, and so must be heard even where it does not tell its role */
  constructor(target: PoolTarget, pool: Pool, isTracked = false) {
    this.address = addressOf(target)
    this.role = target.role
    this.#host = target.host
    this.#zone = target.zone
    this.pool = pool
    this.#clock = pool.health?.clock ?? new ServerClock()
    const listener = { beat: (beat: Beat): void => this.#hear(beat), refused: (): void => this.#link() }
    this.#heartbeat = new Heartbeat(pool, target.role, this.#clock, listener, isTracked)
  }

  get state(): NodeState {
    return this.#state
  }

  /** Why it is not up. */
  get lastError(): unknown {
    return this.#lastError
  }

  /** When it was last up, and answering; before it ever was, when it was first wanted; `-Infinity` before that. */
  get usefulUntil(): Milliseconds {
    return this.#state === 'up' ? loopClock.now() : this.#usefulUntil
  }

  /** How long a round trip takes, in ms: a moving average that forgets; `undefined` before the first. */
  get rtt(): Milliseconds | undefined {
    return this.pool.health?.roundTrip
  }

  /** Its availability zone, `''` where it has none or does not tell it; `undefined` while that is not known. */
  get zone(): string | undefined {
    return this.pool.health?.zone ?? this.#zone
  }

  /** The IP address at which it is connected; `undefined` where only its name is known, and for a unix socket. */
  get ip(): string | undefined {
    return this.pool.health?.ip ?? (isIP(this.#host) === 0 ? undefined : this.#host)
  }

  /** Commands that wait for their replies. */
  get pending(): number {
    return this.pool.pending
  }

  /** What time it is on its clock, in ms since 1970; `undefined` before that is known. */
  get time(): Milliseconds | undefined {
    return this.#clock.now
  }

  /** Whether it has been silent for longer than this although a command waits for its reply. */
  isInDoubt(after: Milliseconds | undefined, more: Milliseconds = 0): boolean {
    if (this.pending === 0) return false
    const silence = this.pool.health?.silence ?? 0
    return silence > 0 && silence >= (after ?? this.usualPatience) + more
  }

  /** How long a reply may usually take to begin, in ms: 50 ms, or four round trips if that is longer. */
  get usualPatience(): Milliseconds {
    return Math.max(50, 4 * (this.rtt ?? 0))
  }

  /**
   * Whether it has said since it was connected that its link to its primary is up; one that is no replica, or does not
   * tell its role, counts as linked too. A link that breaks later changes nothing here.
   */
  get linked(): boolean {
    return this.#linked
  }

  /** Connects, and connects again whenever the last connection is lost, until the node is closed. */
  keepUp(): void {
    if (this.#watching) return
    this.#watching = true
    this.#usefulUntil = loopClock.now()
    this.pool.onLost((reason) => this.#lose(reason))
    this.pool.health?.onChange(() => this.#judge())
    void this.#connect()
  }

  /** Called whenever the state changes, and when another try to connect has failed. */
  onChange(listener: (node: Node) => void): () => void {
    return this.#listeners.add(listener)
  }

  /** Called with each answer to the heartbeat. */
  onBeat(listener: (beat: Beat) => void): () => void {
    return this.#beatListeners.add(listener)
  }

  close(): Promise<void> {
    this.#end()
    return this.pool.close()
  }

  destroy(reason?: Error): void {
    this.#end()
    this.pool.destroy(reason)
  }

  async #connect(): Promise<void> {
    const { signal } = this.#ended
    while (!signal.aborted) {
      try {
        await this.pool.connect()
        this.#otherRole = undefined
        this.#judge()
        if (!signal.aborted) this.#begin()
        return
      } catch (error) {
        this.#become('down', error)
        await sleep(pauseAfterFailure, undefined, { signal }).catch(() => {})
      }
    }
  }

  /** Its zone is asked for in one write with its first ROLE, and before it: when a replica may be read, its zone is known. */
  #begin(): void {
    this.#askZone()
    this.#heartbeat.start()
  }

  /**
   * Asks a server whose reply to HELLO does not tell zones, until it answers. A refusal is an answer: the connection serves
   * all the same, and asking again would be refused again (findings/glide-az-refused-info.sh).
   */
  #askZone(): void {
    if (this.pool.health?.zone !== undefined || !this.pool.connected) return
    const options = { deadline: loopClock.now() + longestQuestion, control: true }
    this.pool.execute(infoCommand, options).then(
      (info) => this.#learnZone(zoneOf(info)),
      (error: unknown) => {
        if (isRefusal(error)) this.#learnZone('')
        else this.#askZoneLater()
      },
    )
  }

  /** The server was busy, or its answer was lost; on a lost connection nothing is asked. */
  #askZoneLater(): void {
    clearTimeout(this.#zoneTimer)
    if (this.#ended.signal.aborted) return
    this.#zoneTimer = setTimeout(() => this.#askZone(), pauseAfterQuestion).unref()
  }

  #learnZone(zone: string): void {
    if (zone === this.#zone) return
    this.#zone = zone
    this.#listeners.tell(this)
  }

  #lose(reason: unknown): void {
    this.scripts.clear()
    if (this.#ended.signal.aborted || this.pool.connected) return
    this.#heartbeat.stop()
    clearTimeout(this.#zoneTimer)
    this.#become('down', reason)
    void this.#connect()
  }

  /** A server may change its role and keep our connection: it is of no use then, until it has the role again. */
  #hear(beat: Beat): void {
    const { report, took } = beat
    if (report.role === 'primary' || report.link === 'connected') this.#linked = true
    const { health } = this.pool
    if (health !== undefined) health.roundTrip = smoothed(health.roundTrip, took)
    const fits = this.role === undefined || report.role === this.role
    const known = this.#otherRole !== undefined
    this.#otherRole = fits ? undefined : new RoleMismatchError(this.address, String(this.role), report.role)
    if (known === fits) this.#judge()
    this.#beatListeners.tell(beat)
  }

  /** What the state is while a connection is open. */
  #judge(): void {
    if (!this.pool.connected) return
    const { unresponsive = false } = this.pool.health ?? {}
    const problem =
      this.#otherRole ??
      (unresponsive
        ? new ConnectionError(
            this.address,
            'does not answer, on a new connection neither; is it overloaded, or frozen?',
          )
        : undefined)
    this.#become(problem === undefined ? 'up' : 'stalled', problem)
  }

  /** It does not say whether it is linked, so it counts as that. */
  #link(): void {
    if (this.#linked || this.#state === 'down') return
    this.#linked = true
    this.#listeners.tell(this)
  }

  #become(state: NodeState, error?: unknown): void {
    if (this.#ended.signal.aborted) return
    if (state === 'down') this.#linked = false
    if (this.#state === 'up') this.#usefulUntil = loopClock.now() - (this.pool.health?.silence ?? 0)
    this.#state = state
    this.#lastError = error
    this.#listeners.tell(this)
  }

  #end(): void {
    this.#state = 'down'
    this.#heartbeat.stop()
    clearTimeout(this.#zoneTimer)
    this.#ended.abort()
    this.#listeners.clear()
    this.#beatListeners.clear()
  }
}

/** A moving average; one answer that took long, as after a pause of the server, does not move it far. */
function smoothed(average: Milliseconds | undefined, took: Milliseconds): Milliseconds {
  if (average === undefined) return took
  return average + (Math.min(took, 4 * average + 50) - average) * newest
}

/** How long a server may take to tell its zone, in ms. */
const longestQuestion = 5_000
/** Before a server that could not tell its zone is asked again, in ms. */
const pauseAfterQuestion = 250
/** Between two tries to connect, in ms; a pool has pauses of its own beside it. */
const pauseAfterFailure = 100
/** The weight of the newest round trip in the average. */
const newest = 0.2

/** Where routers get their nodes from. Sockets are shared by everything that makes two connections differ: address,
 * role, database, credentials, TLS, timeouts, initialisers; never by a URL alone. */
export type NodeSource = (target: PoolTarget) => Loan<Node>
