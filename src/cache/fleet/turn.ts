import { builtins } from '../../builtins.js'
import type { Call, Value } from '../../clients/command.js'
import type { Client } from '../../clients/client.js'
import { mapped, type Decode } from '../../clients/commands/build.js'
import { pttl } from '../../clients/commands/expiry.js'
import { endLock } from '../../clients/commands/fleet.js'
import { acquireLock } from '../../clients/commands/locks.js'
import { get, unlinkNow } from '../../clients/commands/strings.js'
import { ErrorReply, type Reply } from '../../connection/connection.js'
import type { Clock, Milliseconds } from '../../units.js'
import { checkedReply } from '../checked-reply.js'
import { FleetLease } from './fleet-lease.js'
import { pauseOf, type Wake } from './wake.js'

/** What a load wants of the fleet. */
export interface FleetRequest<Found> {
  /** The key of the value, and that of its lock, as the server knows them. */
  readonly key: string
  readonly lock: string
  /** How stored values are read. */
  readonly reads: Decode
  /** Reads a stored value; `undefined` when it has to be loaded all the same. */
  readonly wanted: (stored: Value) => Found | undefined | Promise<Found | undefined>
  /** Whether to wait while another process loads; asked again after each wait. */
  readonly waits: () => boolean
  /** Whether the lease is taken away from who has it, whose value is not written then. */
  readonly takesOver: boolean
  /** Aborts when the load is given up. */
  readonly signal: AbortSignal
}

/**
 * `'leased'`: this process loads · `'found'`: the value was written meanwhile · `'held'`: another process loads it ·
 * `'crowded'`: another process loads it, after others whose loads came to nothing; that it will is not waited for.
 */
export type FleetTurn<Found> =
  | { readonly kind: 'leased'; readonly lease: FleetLease; readonly stored: Value | undefined }
  | { readonly kind: 'found'; readonly found: Found }
  | { readonly kind: 'held' | 'crowded' }

/** What a turn works with. */
export interface TurnParts {
  readonly client: Client
  readonly clock: Clock
  /** How long a lock lasts without being renewed, in ms. */
  readonly length: Milliseconds
  /** How long the servers may take for one answer, in ms. */
  readonly time: Milliseconds
  readonly wake: Wake
}

/**
 * One load's turn among all processes: it takes the lease, or waits for what another process loads.
 * The token is the same for all tries, so a try whose reply was lost is decided by the next.
 */
export class Turn<Found> {
  readonly #parts: TurnParts
  readonly #request: FleetRequest<Found>
  readonly #token = builtins.crypto.randomBytes(16).toString('hex')
  #undecided = false

  constructor(parts: TurnParts, request: FleetRequest<Found>) {
    this.#parts = parts
    this.#request = request
  }

  /** @throws {CacheError} the servers cannot be reached; a lease that was given all the same is released, or ends by time */
  async run(): Promise<FleetTurn<Found>> {
    const { lock, takesOver } = this.#request
    const { client, wake, time: deadline } = this.#parts
    try {
      if (takesOver) await client.execute(unlinkNow([lock]), { deadline })
      for (;;) {
        const turn = (await this.#take()) ?? (await this.#held())
        if (turn !== undefined) return turn
      }
    } finally {
      wake.close()
      if (this.#undecided) this.#takeBack()
    }
  }

  /** Takes the lease, and reads the value behind that: somebody may have written it since we looked. */
  async #take(): Promise<FleetTurn<Found> | undefined> {
    const { client, clock, length } = this.#parts
    const { key, lock, reads } = this.#request
    const [token, since] = [this.#token, clock.now()]
    this.#undecided = true
    const acquire = mapped(acquireLock(lock, token, length), (acquired) => acquired !== undefined)
    const [isOurs, stored] = await this.#ask(acquire, get(key, reads))
    this.#undecided = false
    if (!isOurs) return this.#find(stored)
    const lease = new FleetLease({ client, lock, token, length, clock }, since)
    try {
      const found = await this.#find(stored)
      if (found === undefined) return { kind: 'leased', lease, stored }
      lease.release()
      return found
    } catch (error) {
      lease.release()
      throw error
    }
  }

  /** Waits for who holds the lease; `undefined` when it is free. */
  async #held(): Promise<FleetTurn<Found> | undefined> {
    const { wake } = this.#parts
    const { key, lock, reads, waits, signal } = this.#request
    while (waits()) {
      await wake.listen(signal)
      const [stored, left] = await this.#ask(get(key, reads), pttl(lock))
      const found = await this.#find(stored)
      if (found !== undefined || left === undefined) return found
      if (wake.fruitless >= mostFruitless) return { kind: 'crowded' }
      await wake.wait(pauseOf(left, wake.listens), signal)
    }
    return { kind: 'held' }
  }

  async #find(stored: Value | undefined): Promise<FleetTurn<Found> | undefined> {
    const found = stored === undefined ? undefined : await this.#request.wanted(stored)
    return found === undefined ? undefined : { kind: 'found', found }
  }

  /** Two calls in one trip to the primary. */
  async #ask<One, Two>(one: Call<One>, two: Call<Two>): Promise<readonly [One, Two]> {
    const { client, time: deadline } = this.#parts
    const { signal } = this.#request
    const replies = await client.batch([one, two], { deadline, signal, readFrom: 'primary' })
    return [one.reply(this.#checked(one, replies[0])), two.reply(this.#checked(two, replies[1]))]
  }

  /** A list or a set under the key is no value, as for `get`. */
  #checked({ name, intent }: Call<unknown>, reply: Reply | undefined): Reply {
    if (intent === 'read' && reply instanceof ErrorReply && reply.code === 'WRONGTYPE') return null
    return checkedReply(this.#parts.client, name, reply)
  }

  #takeBack(): void {
    this.#parts.client.execute(endLock(this.#request.lock, this.#token)).catch(() => {})
  }
}

/**
 * How many loads that end without a value a load waits for. One more process is tried after the first that fails; waiting
 * for each in turn would take callers the time of as many loaders as there are processes.
 */
const mostFruitless = 2
