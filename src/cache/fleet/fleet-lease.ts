import type { CallOptions, Client } from '../../clients/client.js'
import type { Call } from '../../clients/command.js'
import { endLock, writeUnderLock } from '../../clients/commands/fleet.js'
import { keepLock } from '../../clients/commands/locks.js'
import type { Clock, Milliseconds } from '../../units.js'
import { autoExtend } from '../auto-extend.js'
import { LockHold } from '../lock-hold.js'

/** What a lease is of. */
export interface FleetLeaseParts {
  readonly client: Client
  /** The key of the lock, as the server knows it. */
  readonly lock: string
  /** What the lock holds while the lease is ours. */
  readonly token: string
  /** How long the lock lasts without being renewed, in ms. */
  readonly length: Milliseconds
  readonly clock: Clock
}

/**
 * The right of this process to load a value while others wait for it. It is renewed each third of its length until the
 * value is written or the lease is released. A write of the key by anybody takes it away; so does an outage that lasts
 * longer than the lease. The load goes on then, and its value is not written. Loads of this process that run beside each
 * other share a lease: the first that is written ends it.
 */
export class FleetLease {
  readonly #parts: FleetLeaseParts
  readonly #hold: LockHold
  /** How many loads have it; 0 when it was released, or the value is written. */
  #loads = 1

  /** @param since when the lock was asked for, on the clock: it lasts from then on at least */
  constructor(parts: FleetLeaseParts, since: Milliseconds) {
    const { lock, token, length, clock } = parts
    this.#parts = parts
    this.#hold = new LockHold({ key: lock, token, fence: undefined }, clock)
    this.#hold.prove(since + length)
    void autoExtend(length, () => this.#keep(), this.#hold.ended)
  }

  /** Fires when another process may have taken it away, which is found within a third of its length. */
  get lost(): AbortSignal {
    return this.#hold.signal
  }

  /** Lets one more load of this process have it, which releases it too; `undefined` when it has ended. */
  share(): FleetLease | undefined {
    if (this.#hold.ended.aborted) return undefined
    this.#loads++
    return this
  }

  /** Runs a write if the lease is still ours, ends it, and wakes who waits; resolves to whether the write ran. */
  async write(call: Call<unknown>, options: CallOptions): Promise<boolean> {
    const { client, lock, token } = this.#parts
    try {
      const ran = await client.execute(writeUnderLock(call, lock, token), options)
      this.#hold.end()
      this.#loads = 0
      return ran
    } catch (error) {
      this.release()
      throw error
    }
  }

  /**
   * Ends the lease without a value when no other load has it, and wakes who waits, so that one of them loads. Where that
   * fails, time ends it. A write that takes the lease away is about to be sent: it goes first, so that who waits finds
   * what was written, and not a free lock.
   */
  release(): void {
    if (--this.#loads !== 0) return
    const { client, lock, token } = this.#parts
    this.#hold.end()
    queueMicrotask(() => void client.execute(endLock(lock, token)).catch(() => {}))
  }

  async #keep(): Promise<boolean> {
    const { client, lock, token, length, clock } = this.#parts
    const [hold, now] = [this.#hold, clock.now()]
    try {
      const isOurs = await client.execute(keepLock(lock, token, length), { deadline: Math.max(0, hold.left) })
      if (isOurs) hold.proveAtLeast(now + length)
      else hold.lose('was taken away, for its key was written.')
      return true
    } catch (error) {
      hold.failed(error)
      return false
    }
  }
}
