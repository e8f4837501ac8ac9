import type { Client } from '../../clients/client.js'
import { withoutValue } from '../../clients/commands/fleet.js'
import type { Subscription } from '../../clients/subscriptions.js'
import { onAbort } from '../../connection/on-abort.js'
import { AuthenticationError } from '../../errors.js'
import { longestTimer, timerDelay, type Milliseconds } from '../../units.js'

/**
 * How long to wait for a message before looking again, in ms: until the lease is over, which the server says to the ms;
 * a short while where no message can come.
 * @param left of the lease, in ms; `null` where it has no end
 */
export function pauseOf(left: Milliseconds | null, listens: boolean): Milliseconds {
  if (!listens) return pollPause
  return left === null ? longestTimer : left + 1
}

/** Where a wait hears that it had better look again. */
export interface WakeParts {
  readonly client: Pick<Client, 'subscribe'>
  readonly channel: string
  /** Told when our user has no rights to subscribe. */
  readonly refused: (error: AuthenticationError) => void
}

/** Wakes one who waits: by a message, and when messages may have been missed. */
export class Wake {
  readonly #parts: WakeParts
  #subscription: Subscription | undefined
  #refused = false
  /** Whether a message has come since the last look began. */
  #heard = false
  #fruitless = 0
  /** Whether the subscription that is being made has ended already. */
  #dropped = false
  #ring: () => void = nothing

  constructor(parts: WakeParts) {
    this.#parts = parts
  }

  /** Whether a message would be heard. */
  get listens(): boolean {
    return this.#subscription !== undefined
  }

  /** How many messages said that a load has ended without a value. */
  get fruitless(): number {
    return this.#fruitless
  }

  /** Comes before each look: what is published from now on is heard, where that can be had. */
  async listen(signal: AbortSignal): Promise<void> {
    if (this.#subscription === undefined && !this.#refused) await this.#subscribe(signal)
    this.#heard = false
  }

  /** Resolves at the next message, at once if one has come since `listen`, and after `ms` at the latest. */
  wait(ms: Milliseconds, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (settle: () => void): void => {
        this.#ring = nothing
        clearTimeout(timer)
        stop()
        settle()
      }
      const timer = setTimeout(() => leave(resolve), this.#heard ? 0 : timerDelay(ms))
      let stop = nothing
      stop = onAbort(signal, () => leave(() => reject(signal.reason as Error)))
      this.#ring = () => leave(resolve)
    })
  }

  close(): void {
    this.#subscription?.close()
    this.#subscription = undefined
  }

  /** Where that fails, the look will tell what is wrong with the servers. */
  async #subscribe(signal: AbortSignal): Promise<void> {
    const { client, channel, refused } = this.#parts
    this.#dropped = false
    try {
      const subscription = await client.subscribe?.(channel, (message) => this.#hear(message), { signal })
      // The connection may be lost between the confirmation and this line.
      if (!this.#dropped) this.#subscription = subscription
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof AuthenticationError)) return
      this.#refused = true
      refused(error)
    }
  }

  #hear(message: string | undefined): void {
    if (message === undefined) {
      this.#subscription = undefined
      this.#dropped = true
    }
    if (message === withoutValue) this.#fruitless++
    this.#heard = true
    this.#ring()
  }
}

function nothing(): void {}

/** Between two looks where no message can come, in ms. */
const pollPause: Milliseconds = 50
