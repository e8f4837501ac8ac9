import {
  AuthenticationError,
  ClosedError,
  CommandError,
  CommandTimeoutError,
  ConnectionError,
  ConnectionInterruptedError,
  InsufficientReplicasError,
  OverflowError,
} from '../errors.js'
import { isPermanent } from '../connection/back-off.js'
import type { Milliseconds } from '../units.js'
import type { Call } from './command.js'

/**
 * Whether a failed attempt may be followed by another.
 * What was never sent may; what was refused because of the server's state may; what was sent may have run, so only
 * reads and idempotent commands may: a late repeat of a SET could undo a newer write. An attempt that has no answer at
 * the deadline of its call is the last one.
 * @param settling whether the primary is new: that it refuses for want of replicas passes when they have found it
 */
export function mayRetry(
  error: unknown,
  { intent, idempotent }: Pick<Call<unknown>, 'intent' | 'idempotent'>,
  settling: boolean,
): boolean {
  if (error instanceof ConnectionInterruptedError) return !error.sent || intent === 'read' || idempotent
  if (error instanceof InsufficientReplicasError) return settling && error.retryable
  if (error instanceof CommandError) return error.retryable
  if (isPermanent(error) || error instanceof ClosedError || error instanceof OverflowError) return false
  return error instanceof ConnectionError
}

/** Whether the server's state refused the command, so that it has not run. */
export function isRefused(error: unknown): boolean {
  return error instanceof CommandError && error.retryable
}

/** Whether the command was sent and has no answer. */
export function mayHaveRun(error: unknown): error is ConnectionInterruptedError | CommandTimeoutError {
  return (error instanceof ConnectionInterruptedError || error instanceof CommandTimeoutError) && error.sent
}

/** Whether the error came from a server, or after a wait: then the loop has turned since the call was made. */
export function wasAnswered(error: unknown): boolean {
  return error instanceof CommandError || error instanceof AuthenticationError || mayHaveRun(error)
}

/** How long to wait before the attempt that follows `attempts` failed ones: none at first, then up to 100 ms. */
export function retryPause(attempts: number, random: number): Milliseconds {
  if (attempts <= 1) return 0
  const pause = Math.min(100, 5 * 2 ** attempts)
  return pause / 2 + (pause / 2) * random
}

/**
 * What the caller gets at the end of a call that is not tried again.
 * @param refusal why the last attempt that was sent failed: it says more than that the next one had no time
 * @param waited how long the call took in all; a timeout says so
 */
export function finalError(error: unknown, refusal: unknown, waited: Milliseconds): unknown {
  if (!(error instanceof CommandTimeoutError)) return error
  if (!error.sent && refusal !== undefined) return refusal
  return waited - error.after < 100
    ? error
    : new CommandTimeoutError(error.command, waited, error.sent, { cause: error.cause, address: error.address })
}
