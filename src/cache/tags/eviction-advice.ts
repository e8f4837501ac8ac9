import type { Client } from '../../clients/client.js'
import { evictionPolicy } from '../../clients/commands/server.js'

/** Says once of a cache with tags that its server may evict what it remembers of them. */
export class EvictionAdvice {
  readonly #client: Client
  readonly #advise: (policy: string) => void
  #looked = false

  constructor(client: Client, advise: (policy: string) => void) {
    this.#client = client
    this.#advise = advise
  }

  /** Asks the server that has the key, the first time. A server that does not tell is left alone. */
  look(key: string): void {
    if (this.#looked) return
    this.#looked = true
    this.#client.execute(evictionPolicy(key), { readFrom: 'primary' }).then(
      (policy) => {
        if (policy !== undefined) this.#advise(policy)
      },
      () => {},
    )
  }
}
