import type { Address } from '../../connection/connection.js'
import { AuthenticationError, ClusterUnreachableError, ConfigurationError, type CacheError } from '../../errors.js'

/** What is wrong when no node told the map, from what came of asking each. Pure. */
export function failureOf(name: string, problems: ReadonlyMap<Address, unknown>): CacheError {
  const errors = [...problems.values()]
  const mistake = errors.find((error) => error instanceof ConfigurationError || error instanceof AuthenticationError)
  return (mistake as CacheError | undefined) ?? new ClusterUnreachableError(name, [...problems].map(describe))
}

function describe([address, problem]: readonly [Address, unknown]): string {
  const text = problem instanceof Error ? problem.message.replace(/\.$/, '') : String(problem)
  return text.startsWith(address) ? text : `${address}: ${text}`
}
