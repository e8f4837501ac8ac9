import { setTimeout as sleep } from 'node:timers/promises'
import { addressOf, type Address, type Role } from './connection.js'
import { Listeners } from './listeners.js'
import type { Pool, PoolTarget } from './pool.js'
import type { Loan } from './registry.js'

/**
 * `up`: connected and answering · `stalled`: connected, and a command got no reply in time ·
 * `down`: not connected, or not yet.
 */
export type NodeState = 'up' | 'stalled' | 'down'

/** One server in one role, its connections, and what we see of its health. Knows nothing of other servers. */
export class Node {
  readonly address: Address
  readonly role: Role | undefined
  readonly pool: Pool
  readonly #listeners = new Listeners<[node: Node]>()
  readonly #ended = new AbortController()
  #state: NodeState = 'down'
  #lastError: unknown
  #watching = false

  constructor(target: PoolTarget, pool: Pool) {
    this.address = addressOf(target)
    this.role = target.role
    this.pool = pool
  }

  get state(): NodeState {
    return this.#state
  }

  /** Why it is not up. */
  get lastError(): unknown {
    return this.#lastError
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
        if (this.#state === 'stalled') this.#become('up')
      },
      () => {},
    )
  }

  /** Called whenever the state changes, and when another try to connect has failed. */
  onChange(listener: (node: Node) => void): () => void {
    return this.#listeners.add(listener)
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
        return this.#become('up')
      } catch (error) {
        this.#become('down', error)
        await sleep(shortestPause + Math.random() * jitter, undefined, { signal }).catch(() => {})
      }
    }
  }

  #reconnect(reason: unknown): void {
    if (this.#ended.signal.aborted) return
    this.#become('down', reason)
    void this.#connect()
  }

  #become(state: NodeState, error?: unknown): void {
    if (this.#ended.signal.aborted) return
    this.#state = state
    this.#lastError = error
    this.#listeners.tell(this)
  }

  #end(): void {
    this.#state = 'down'
    this.#ended.abort()
    this.#listeners.clear()
  }
}

/** Between two tries to connect, in ms: at most ten a second, and never in step with other processes. */
const shortestPause = 100
const jitter = 200

/** Where routers get their nodes from. Sockets are shared by everything that makes two connections differ: address,
 * role, database, credentials, TLS, timeouts, initialisers; never by a URL alone. */
export type NodeSource = (target: PoolTarget) => Loan<Node>
