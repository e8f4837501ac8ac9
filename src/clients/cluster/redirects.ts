import { setTimeout as sleep } from 'node:timers/promises'
import { addressOf } from '../../connection/connection.js'
import type { Node } from '../../connection/node.js'
import { isDivided } from '../../connection/reply-error.js'
import { ErrorReply } from '../../connection/connection.js'
import { sizeOf } from '../../connection/resp/encoder.js'
import type { CommandError } from '../../errors.js'
import type { ClusterSource } from '../../topology/cluster/source.js'
import type { RemoteClient } from '../remote.js'
import { retryPause } from '../retry.js'
import type { Redirected, Unfinished } from '../work.js'
import type { Operations } from './operations.js'
import { parseRedirect, type Redirect } from '../sharded/redirect.js'
import type { Shards } from './shards.js'
import type { SlotQueue } from './slot-queue.js'

/** What calls are redirected with. */
export interface RedirectParts {
  readonly source: ClusterSource
  readonly shards: Shards
  readonly queue: SlotQueue
  readonly operations: Operations
  /** Called with a slot that a server does not have any more. */
  readonly moved: (slot: number) => void
  /** Asks a call key by key; false when it must be one command. */
  readonly divide: (call: Unfinished) => boolean
}

/**
 * Follows what servers say of slots: MOVED to the node that has it now, ASK to the one that it is being moved to. A
 * redirected call goes at once, before all later ones of its keys; one that is sent to and fro pauses as retries do.
 */
export class Redirects {
  readonly #parts: RedirectParts
  readonly #renewals = new Map<Node, Promise<void>>()

  constructor(parts: RedirectParts) {
    this.#parts = parts
  }

  /** Goes on with a call that a server refused because of its slot; undefined when it refused it for another reason. */
  take(call: Unfinished, node: Node, { reply }: CommandError, from: RemoteClient): Redirected | undefined {
    if (isDivided(new ErrorReply(reply))) return this.#parts.divide(call) ? 'taken' : undefined
    const redirect = parseRedirect(reply, node.address)
    if (redirect === undefined) return undefined
    const evidence = this.heed(redirect, node)
    if (call.job.intent === 'write' && this.#staysIn(from, redirect, node)) return 'again'
    const over: readonly Promise<unknown>[] = [...evidence, ...this.#before(call, from)]
    const go = (): void => this.#follow(call, redirect)
    if (this.#parts.operations.isAgain(call.job)) void Promise.all(over).then(go)
    else this.#inTurn(call, from, redirect.slot, over, go)
    return 'taken'
  }

  /** Takes a MOVED as evidence; whether it names another server of the same shard, which has a new primary then. */
  isReplaced({ message }: ErrorReply, node: Node, from: RemoteClient): boolean {
    const redirect = parseRedirect(message, node.address)
    if (redirect?.kind !== 'MOVED' || addressOf(redirect.to) === node.address) return false
    void this.heed(redirect, node)
    return this.#staysIn(from, redirect, node)
  }

  /**
   * Takes a redirect as evidence of where slots are.
   * @returns what has to be over before somebody acts on it
   */
  heed({ kind, slot, to }: Redirect, node: Node): readonly Promise<unknown>[] {
    const { source, moved } = this.#parts
    if (kind === 'ASK') return []
    moved(slot)
    if (addressOf(to) === node.address) return [this.#renew(node)]
    source.moved(slot, to, node.address)
    return []
  }

  /** As {@link heed}, of a text whose sender is one of a shard's servers; what leaves out its host says nothing here. */
  learn(text: string, shard: RemoteClient): void {
    const redirect = parseRedirect(text, '')
    const { primary = '' } = shard.topology()
    if (redirect?.kind === 'MOVED') this.#parts.moved(redirect.slot)
    if (redirect?.kind === 'MOVED' && redirect.to.host !== '' && addressOf(redirect.to) !== primary)
      this.#parts.source.moved(redirect.slot, redirect.to, primary)
  }

  #staysIn(from: RemoteClient, { kind, slot, to }: Redirect, node: Node): boolean {
    return kind === 'MOVED' && addressOf(to) !== node.address && this.#parts.shards.at(slot) === from
  }

  /** The server behind the name has changed: a new connection leads to the one that has the slot. */
  #renew(node: Node): Promise<void> {
    const renewal =
      this.#renewals.get(node) ??
      Promise.resolve(node.pool.renew?.('primary'))
        .catch(() => {})
        .finally(() => this.#renewals.delete(node))
    this.#renewals.set(node, renewal)
    this.#parts.source.refresh()
    return renewal
  }

  /**
   * What a redirected call waits for: operations that are older, and a pause when it goes to and fro. Calls of one batch
   * pause for the same time, for they keep their order.
   */
  #before(call: Unfinished, from: RemoteClient): readonly Promise<unknown>[] {
    const isAgain = this.#parts.operations.isAgain(call.job)
    const pause = retryPause(call.attempts - 1, isAgain ? 1 : Math.random())
    const older = isAgain ? [] : this.#parts.operations.before(call, from)
    return [...older.map(({ ended }) => ended), ...(pause > 0 ? [sleep(pause)] : [])]
  }

  /** Keeps the order of what is redirected; a call that goes to and fro pauses. */
  #inTurn(call: Unfinished, by: RemoteClient, slot: number, after: readonly Promise<unknown>[], go: () => void): void {
    const { queue } = this.#parts
    if (after.length === 0 && !queue.holdsRedirected(slot)) return go()
    const { deadline, signal, job, sequence } = call
    const fail = (reason: unknown): void => failUnfinished(call, reason)
    queue.wait({ slot, deadline, signal, bytes: sizeOf(job.args), sent: { by, sequence, after }, go, fail })
  }

  #follow(call: Unfinished, { kind, slot, to }: Redirect): void {
    const { shards } = this.#parts
    try {
      if (kind === 'ASK') shards.ofPrimary(to).adopt(call, true)
      else (shards.at(slot) ?? shards.ofPrimary(to)).adopt(call, false)
    } catch (error) {
      failUnfinished(call, error)
    }
  }
}

/** Rejects a call that is not an executor's any more. */
export function failUnfinished(call: Unfinished, reason: unknown): void {
  call.trace?.end(reason)
  call.reject(reason)
}
