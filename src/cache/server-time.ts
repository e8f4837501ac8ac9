import type { CallOptions, Client, TimeSource } from '../clients/client.js'
import { time } from '../clients/commands/server.js'
import { AuthenticationError, CommandError, UnsupportedError } from '../errors.js'
import { wallClock, type Milliseconds } from '../units.js'

/**
 * What time it is on the clock of the server that has a key: that of the primary, in ms since 1970. A server that does
 * not tell its time, because the user may not run TIME, is taken to have the time of this host's clock.
 */
export class ServerTime {
  readonly #client: Client
  readonly #refused: (error: unknown) => void
  #usesOwnClock = false

  /** @param refused called once, when a server does not tell its time */
  constructor(client: Client, refused: (error: unknown) => void) {
    this.#client = client
    this.#refused = refused
  }

  /** What is known without asking, for what is written by it; `undefined` before a first connection to the primary. */
  now(key: string): Milliseconds | undefined {
    return this.#now(key, 'primary')
  }

  /** What is known without asking, for what is read: by a replica's clock where the primary's is not known. */
  nowForReads(key: string): Milliseconds | undefined {
    return this.#now(key, 'any')
  }

  /** Asks the primary when it is not known. Rejects in an outage. */
  async ask(key: string, options: CallOptions): Promise<Milliseconds> {
    return this.now(key) ?? this.#ask(key, options)
  }

  #now(key: string, clock: TimeSource): Milliseconds | undefined {
    return this.#client.serverTime?.(key, clock) ?? (this.#usesOwnClock ? wallClock.now() : undefined)
  }

  async #ask(key: string, options: CallOptions): Promise<Milliseconds> {
    try {
      return await this.#client.execute(time(key), { ...options, readFrom: 'primary' })
    } catch (error) {
      if (!isRefusal(error)) throw error
      if (!this.#usesOwnClock) this.#refused(error)
      this.#usesOwnClock = true
      return wallClock.now()
    }
  }
}

/** A user's own client may not have the command. */
function isRefusal(error: unknown): boolean {
  if (error instanceof AuthenticationError || error instanceof UnsupportedError) return true
  return error instanceof CommandError && !error.retryable
}
