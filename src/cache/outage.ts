import { AuthenticationError, ClosedError, CommandTimeoutError, ConnectionError, TopologyError } from '../errors.js'

/** Whether the servers could not be used, as opposed to a call, a configuration or credentials that are wrong. */
export function isOutage(error: unknown): boolean {
  if (error instanceof AuthenticationError || error instanceof ClosedError) return false
  return error instanceof ConnectionError || error instanceof TopologyError || error instanceof CommandTimeoutError
}
