import type { CallOptions } from '../clients/client.js'
import { CommandTimeoutError } from '../errors.js'
import { loopClock } from '../connection/deadlines.js'
import type { Milliseconds } from '../units.js'
import type { KeyOrder } from './key-order.js'
import { isOutage } from './outage.js'
import { isKept, keptError, notKeptError } from './recovery/kept-error.js'

/** A part of a large call. */
export interface Portion<Answer> {
  /** Asked only of a portion that waits for others. */
  readonly keys: () => readonly string[]
  /** How many commands or members it has. */
  readonly size: number
  readonly send: (options: CallOptions) => Promise<Answer>
  /**
   * Whether all of it can be kept in an outage: then it is given no time when an earlier one has met an outage.
   * @default false
   */
  readonly keeps?: boolean
}

/**
 * Sends portions in their order, a few at a time. Those that wait keep the places of their keys; other calls pass.
 * @throws {CommandTimeoutError} E_TIMEOUT when the deadline of all is over; says how many were acknowledged
 */
export async function sendPortions<Answer>(
  name: string,
  portions: readonly Portion<Answer>[],
  options: CallOptions,
  order: KeyOrder,
): Promise<readonly Answer[]> {
  const begun = loopClock.now()
  const answers: Answer[] = []
  const failures: unknown[] = []
  const releases = portions.map(({ keys }, index) => (index < inFlight ? undefined : order.hold(keys())))
  let next = 0
  let acknowledged = 0
  let skipped = false
  const sendOn = async (): Promise<void> => {
    while (next < portions.length) {
      const index = next++
      const { send, size, keeps = false } = portions[index] as Portion<Answer>
      if (failures.length > 0 && !(keeps && failures.every(isOutage))) {
        skipped = true
        continue
      }
      try {
        const answer = send(failures.length > 0 ? { ...options, deadline: 0 } : leftOf(options, begun))
        releases[index]?.()
        answers[index] = await answer
        acknowledged += size
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(inFlight, portions.length) }, sendOn))
  for (const release of releases) release?.()
  if (failures.length === 0) return answers
  const failure = failureOf(name, failures, acknowledged, portions, loopClock.now() - begun)
  throw skipped ? notKeptError(failure) : failure
}

/** The options of a call that has waited since `begun`. */
export function leftOf(options: CallOptions, begun: Milliseconds): CallOptions {
  if (options.deadline === undefined) return options
  return { ...options, deadline: options.deadline - (loopClock.now() - begun) }
}

function failureOf(
  name: string,
  failures: readonly unknown[],
  acknowledged: number,
  portions: readonly Portion<unknown>[],
  after: Milliseconds,
): unknown {
  const first = failures.find((error) => !isKept(error)) ?? failures[0]
  if (!(first instanceof CommandTimeoutError)) return first
  const all = portions.reduce((sum, { size }) => sum + size, 0)
  const sent = acknowledged > 0 || failures.some((error) => error instanceof CommandTimeoutError && error.sent)
  const cause = new Error(`${acknowledged} of ${all} were acknowledged`, { cause: first })
  const timeout = new CommandTimeoutError(name, after, sent, { cause, address: first.address })
  return isKept(first) ? keptError(timeout) : timeout
}

/** How many portions are on their way at once: enough to keep a server busy, little enough to let others pass. */
const inFlight = 8
