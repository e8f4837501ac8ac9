import { addressOf, type Address, type NodeTarget } from '../../connection/connection.js'

/** What came of asking the nodes before. */
export interface AskedBefore {
  /** Those that the last look asked. */
  readonly last: ReadonlySet<Address>
  /** Those that did not answer when they were asked last. */
  readonly failed: ReadonlySet<Address>
  /** Replicas of a primary in trouble: every cache asks them already whether they were promoted. */
  readonly heirs: ReadonlySet<Address>
}

/**
 * Whom to ask, best first: nodes of the map before seeds, those that the last look did not ask before those that it did,
 * heirs later and those that failed last; each group in an order of chance, so that many caches spread over all nodes.
 * @param random from 0 to below 1
 */
export function candidates(
  nodes: readonly NodeTarget[],
  seeds: readonly NodeTarget[],
  { last, failed, heirs }: AskedBefore,
  random: () => number,
): readonly NodeTarget[] {
  const known = new Set(nodes.map(addressOf))
  const rank = (address: Address): number =>
    (failed.has(address) ? 8 : 0) +
    (heirs.has(address) ? 4 : 0) +
    (known.has(address) ? 0 : 2) +
    (last.has(address) ? 1 : 0)
  const all = new Map([...seeds, ...nodes].map((target) => [addressOf(target), target]))
  return [...all]
    .map(([address, target]) => ({ target, place: rank(address) + random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ target }) => target)
}
