import { setTimeout as sleep } from 'node:timers/promises'
import { addressOf, type Address, type NodeTarget } from '../../connection/connection.js'
import type { Node, NodeSource } from '../../connection/node.js'
import { abortable } from '../../connection/limit.js'
import { parseRole } from '../../connection/resp/role.js'
import { ConnectionError } from '../../errors.js'
import type { Clock, Milliseconds } from '../../units.js'

/**
 * Watches the replica that a failover is to promote, and tells when it is primary and a connection of ours has proved it.
 * Shape: ROLE every 20 ms on one connection; a server drops its clients when it is promoted, so the next answer comes
 * on a new one. The sentinels look once a second, and are a second late on average.
 */
export class PromotionWatch {
  readonly #nodes: NodeSource
  readonly #clock: Clock
  readonly #promoted: (candidate: NodeTarget) => void
  #watched: { readonly address: Address; readonly ended: AbortController } | undefined

  constructor(nodes: NodeSource, clock: Clock, promoted: (candidate: NodeTarget) => void) {
    this.#nodes = nodes
    this.#clock = clock
    this.#promoted = promoted
  }

  /** Whom to watch from now on, if anybody. */
  follow(candidate: NodeTarget | undefined): void {
    const address = candidate && addressOf(candidate)
    if (address === this.#watched?.address) return
    this.#watched?.ended.abort()
    this.#watched = undefined
    if (candidate === undefined || address === undefined) return
    const ended = new AbortController()
    this.#watched = { address, ended }
    void this.#watch(candidate, ended.signal)
  }

  async #watch(candidate: NodeTarget, ended: AbortSignal): Promise<void> {
    const probe = this.#nodes({ ...candidate, role: undefined })
    const heir = this.#nodes({ ...candidate, role: 'primary' })
    try {
      while (!(await this.#saysPrimary(probe.value))) await sleep(interval, undefined, { signal: ended })
      await connected(heir.value, ended)
      this.#promoted(candidate)
    } catch {
      // Not this one, or not any more.
    } finally {
      await probe.release(new ConnectionError(addressOf(candidate), 'is not a candidate any more'))
      await heir.release()
    }
  }

  async #saysPrimary({ pool }: Node): Promise<boolean> {
    try {
      const limits = { deadline: this.#clock.now() + patience, control: true }
      const reply = await pool.execute({ args: ['ROLE'], decode: 'text', intent: 'read' }, limits)
      return parseRole(reply)?.role === 'primary'
    } catch {
      return false
    }
  }
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

const interval: Milliseconds = 20
const patience: Milliseconds = 250
