import type { CallOptions, Client } from '../clients/client.js'
import { time } from '../clients/commands/server.js'
import type { Milliseconds } from '../units.js'

/** What time it is on the clock of the server that has a key: that of the primary, in ms since 1970. */
export class ServerTime {
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  /** What is known without asking; `undefined` before a first connection. */
  now(key: string): Milliseconds | undefined {
    return this.#client.serverTime?.(key)
  }

  /** Asks the primary when it is not known. */
  async ask(key: string, options: CallOptions): Promise<Milliseconds> {
    return this.now(key) ?? this.#client.execute(time(key), { ...options, readFrom: 'primary' })
  }
}
