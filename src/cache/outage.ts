import {
  AuthenticationError,
  ClosedError,
  CommandError,
  CommandTimeoutError,
  ConnectionError,
  TopologyError,
} from '../errors.js'

/** Whether the servers could not be used, as opposed to a call, a configuration or credentials that are wrong. */
export function isOutage(error: unknown): boolean {
  if (error instanceof AuthenticationError || error instanceof ClosedError) return false
  if (error instanceof CommandError) return error.retryable
  return error instanceof ConnectionError || error instanceof TopologyError || error instanceof CommandTimeoutError
}
