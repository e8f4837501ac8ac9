import { setTimeout as sleep } from 'node:timers/promises'
import {
  addressOf,
  type Address,
  type ExecuteOptions,
  type NodeTarget,
  type Role,
} from '../../connection/connection.js'
import { abortable } from '../../connection/limit.js'
import type { Node, NodeSource } from '../../connection/node.js'
import { parseRole } from '../../connection/resp/role.js'
import { ConnectionError } from '../../errors.js'
import type { Clock, Milliseconds } from '../../units.js'
import { DropWatch } from './drop-watch.js'

/** What a {@link PromotionWatch} found out. */
export interface PromotionListener {
  /**
   * The candidate is primary, and a connection of ours has proved it.
   * @returns whether that was believed; if not, it is told again for as long as the notice stands
   */
  promoted(candidate: NodeTarget): boolean
  /** The candidate of a coordinated failover has dropped its clients: connections that are up now stay up. */
  dropped(): void
}

/**
 * Watches replicas of which a failover is to promote one, and tells when one is primary and a connection of ours has
 * proved it. Sentinels name the one; in a cluster it may be any replica of a primary that cannot be used.
 * Shape: ROLE every 20 ms on one connection, of heirs every 50 ms; sentinels look once a second, and are a second late on
 * average. Whatever goes wrong with one try, the next one follows until the notice of the failover ends.
 *
 * In a plain failover the server drops its clients as it is promoted, so the answer comes on a new connection. In a
 * coordinated one it keeps them until a sentinel notices, up to a second later; a write that is in flight then may have
 * run or not. So it tells too when that is over.
 */
export class PromotionWatch {
  readonly #nodes: NodeSource
  readonly #clock: Clock
  readonly #listener: PromotionListener
  readonly #watched = new Map<Address, AbortController>()

  constructor(nodes: NodeSource, clock: Clock, listener: PromotionListener) {
    this.#nodes = nodes
    this.#clock = clock
    this.#listener = listener
  }

  /** Watches the candidate that was named, and replicas of which any may be promoted, and no others from now on. */
  follow(candidate: NodeTarget | undefined, heirs: readonly NodeTarget[]): void {
    const wanted = new Map(heirs.map((heir) => [addressOf(heir), { target: heir, interval: heirInterval }]))
    if (candidate !== undefined) wanted.set(addressOf(candidate), { target: candidate, interval })
    for (const [address, ended] of this.#watched) if (!wanted.has(address)) this.#leave(address, ended)
    for (const [address, watched] of wanted) if (!this.#watched.has(address)) this.#begin(address, watched)
  }

  #begin(address: Address, watched: Watched): void {
    const ended = new AbortController()
    this.#watched.set(address, ended)
    void this.#watch(watched, ended.signal)
  }

  #leave(address: Address, ended: AbortController): void {
    this.#watched.delete(address)
    ended.abort()
  }

  async #watch({ target: candidate, interval: every }: Watched, ended: AbortSignal): Promise<void> {
    const probe = this.#nodes({ ...candidate, role: undefined })
    const heir = this.#nodes({ ...candidate, role: 'primary' })
    const drop = new DropWatch(probe.value, heir.value)
    try {
      do {
        while ((await this.#askRole(probe.value, drop)) !== 'primary') await pause(every, ended)
        await connected(heir.value, ended)
      } while (!this.#listener.promoted(candidate) && (await pause(interval, ended)))
      await drop.seen(ended)
      await this.#answering(heir.value, ended)
      this.#listener.dropped()
    } catch {
      // The notice ended.
    } finally {
      drop.stop()
      await probe.release(new ConnectionError(addressOf(candidate), 'is not a candidate any more'))
      await heir.release()
    }
  }

  async #askRole({ pool }: Node, drop: DropWatch): Promise<Role | undefined> {
    try {
      const reply = await pool.execute(askRole, this.#limits)
      const role = parseRole(reply)?.role
      if (role !== undefined) drop.hear(role)
      return role
    } catch {
      return undefined
    }
  }

  /** The node is up on a connection that was not dropped: only an answer that was asked for after the drop proves it. */
  async #answering(node: Node, ended: AbortSignal): Promise<void> {
    do await connected(node, ended)
    while (!(await this.#answers(node)) && (await pause(interval, ended)))
  }

  async #answers({ pool }: Node): Promise<boolean> {
    return pool.execute(ping, this.#limits).then(
      () => true,
      () => false,
    )
  }

  get #limits(): ExecuteOptions {
    return { deadline: this.#clock.now() + patience, control: true }
  }
}

interface Watched {
  readonly target: NodeTarget
  /** How often it is asked, in ms. */
  readonly interval: Milliseconds
}

async function connected(node: Node, signal: AbortSignal): Promise<void> {
  let stop: (() => void) | undefined
  const up = new Promise<void>((resolve) => {
    const look = (): void => {
      if (node.state === 'up') resolve()
    }
    stop = node.onChange(look)
    node.keepUp()
    look()
  })
  await abortable(up, signal).finally(stop)
}

/** @throws when the watch has ended */
function pause(time: Milliseconds, signal: AbortSignal): Promise<true> {
  return sleep(time, true as const, { signal })
}

const askRole = { args: ['ROLE'], decode: 'text', intent: 'read' } as const
const ping = { args: ['PING'], decode: 'text', intent: 'read' } as const
const interval: Milliseconds = 20
/** Several may be watched for long, and by every cache of a cluster. */
const heirInterval: Milliseconds = 50
const patience: Milliseconds = 250
