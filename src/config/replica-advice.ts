import type { Address } from '../connection/connection.js'
import type { ServerHello } from '../connection/resp/hello.js'
import type { Reporter } from '../telemetry/reporter.js'

/** Says once of each replica that is the only location of a cache that it takes no writes. */
export class ReplicaAdvice {
  readonly #told = new Set<Address>()

  /** A connection to the only location of a cache was opened. */
  look(address: Address, { role }: ServerHello, reporter: Reporter): void {
    if (role !== 'replica' || this.#told.has(address)) return
    this.#told.add(address)
    reporter.advise(
      'REPLICA',
      `${address} is a replica and the only location of a cache: it answers reads and refuses writes. Name its primary, ` +
        'or add ?role=replica to a location that is for reading only',
    )
  }
}
