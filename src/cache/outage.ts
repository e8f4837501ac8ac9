import {
  AuthenticationError,
  ClosedError,
  CommandError,
  CommandTimeoutError,
  ConnectionError,
  InsufficientReplicasError,
  TopologyError,
  UnknownServiceError,
} from '../errors.js'

/** Whether the servers could not be used, as opposed to a call, a configuration or credentials that are wrong. */
export function isOutage(error: unknown): boolean {
  if (error instanceof AuthenticationError || error instanceof ClosedError) return false
  if (error instanceof UnknownServiceError) return false
  if (error instanceof InsufficientReplicasError) return true
  if (error instanceof CommandError) return error.retryable || takesNoWrites.test(error.reply)
  return error instanceof ConnectionError || error instanceof TopologyError || error instanceof CommandTimeoutError
}

/** The server is full, or cannot save: its state refuses writes, not ours. */
const takesNoWrites = /^(OOM|MISCONF) /
