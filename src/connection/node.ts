import { setTimeout as sleep } from 'node:timers/promises'
import { CommandTimeoutError, RoleMismatchError } from '../errors.js'
import { monotonicClock, type Clock, type Milliseconds } from '../units.js'
import { addressOf, type Address, type Role } from './connection.js'
import { Heartbeat, type Beat } from './heartbeat.js'
import { Listeners } from './listeners.js'
import type { Pool, PoolTarget } from './pool.js'
import type { Loan } from './registry.js'

/**
 * `up`: connected and answering · `stalled`: connected, and of no use: no reply in time, or another role by now ·
 * `down`: not connected, or not yet.
 */
export type NodeState = 'up' | 'stalled' | 'down'

/** One server in one role, its connections, and what we see of its health. Knows nothing of other servers. */
export class Node {
  readonly address: Address
  readonly role: Role | undefined
  readonly pool: Pool
  readonly #listeners = new Listeners<[node: Node]>()
  readonly #beatListeners = new Listeners<[beat: Beat]>()
  readonly #clock: Clock
  readonly #heartbeat: Heartbeat
  readonly #ended = new AbortController()
  #state: NodeState = 'down'
  #lastError: unknown
  #usefulUntil: Milliseconds = -Infinity
  #rtt: Milliseconds | undefined
  #watching = false

  constructor(target: PoolTarget, pool: Pool, clock: Clock = monotonicClock) {
    this.address = addressOf(target)
    this.role = target.role
    this.pool = pool
    this.#clock = clock
    this.#heartbeat = new Heartbeat(pool, target.role, clock, {
      beat: (beat) => this.#hear(beat),
      silence: (error) => this.doubt(error),
    })
  }

  get state(): NodeState {
    return this.#state
  }

  /** Why it is not up. */
  get lastError(): unknown {
    return this.#lastError
  }

  /** When it was last up, and answering; `-Infinity` before it ever was. */
  get usefulUntil(): Milliseconds {
    return this.#state === 'up' ? this.#clock.now() : this.#usefulUntil
  }

  /** How long a heartbeat takes, in ms: a moving average that forgets; `undefined` before the first. */
  get rtt(): Milliseconds | undefined {
    return this.#rtt
  }

  /** Connects, and connects again whenever the connection is lost, until the node is closed. */
  keepUp(): void {
    if (this.#watching) return
    this.#watching = true
    this.pool.onLost((reason) => this.#reconnect(reason))
    void this.#connect()
  }

  /**
   * A command got no reply in time: takes no part until a PING is answered. The same connection carries it, so a
   * server that was only slow is back after one round trip, and a hung one stays out.
   */
  doubt(reason: unknown): void {
    if (this.#state !== 'up') return
    this.#become('stalled', reason)
    this.pool.execute({ args: ['PING'], decode: 'text' }, { deadline: Infinity }).then(
      () => {
        if (this.#state === 'stalled' && this.#lastError === reason) this.#become('up')
      },
      () => {},
    )
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
        this.#become('up')
        if (!signal.aborted) this.#heartbeat.start()
        return
      } catch (error) {
        this.#become('down', error)
        await sleep(shortestPause + Math.random() * jitter, undefined, { signal }).catch(() => {})
      }
    }
  }

  #reconnect(reason: unknown): void {
    if (this.#ended.signal.aborted) return
    this.#heartbeat.stop()
    this.#become('down', reason)
    void this.#connect()
  }

  /** A server may change its role and keep our connection: it is of no use then, until it has the role again. */
  #hear(beat: Beat): void {
    const { report, took } = beat
    this.#rtt = this.#rtt === undefined ? took : this.#rtt + (took - this.#rtt) * newest
    const fits = this.role === undefined || report.role === this.role
    const misfit = this.#lastError instanceof RoleMismatchError
    if (!fits && !misfit) this.#become('stalled', new RoleMismatchError(this.address, String(this.role), report.role))
    if (fits && misfit) this.#become('up')
    this.#beatListeners.tell(beat)
  }

  #become(state: NodeState, error?: unknown): void {
    if (this.#ended.signal.aborted) return
    const silence = error instanceof CommandTimeoutError ? error.after : 0
    if (this.#state === 'up') this.#usefulUntil = this.#clock.now() - silence
    this.#state = state
    this.#lastError = error
    this.#listeners.tell(this)
  }

  #end(): void {
    this.#state = 'down'
    this.#heartbeat.stop()
    this.#ended.abort()
    this.#listeners.clear()
    this.#beatListeners.clear()
  }
}

/** Between two tries to connect, in ms: at most ten a second, and never in step with other processes. */
const shortestPause = 100
const jitter = 200
/** The weight of the newest round trip in the average. */
const newest = 0.2

/** Where routers get their nodes from. Sockets are shared by everything that makes two connections differ: address,
 * role, database, credentials, TLS, timeouts, initialisers; never by a URL alone. */
export type NodeSource = (target: PoolTarget) => Loan<Node>
