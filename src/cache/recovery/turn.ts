import type { CallOptions } from '../../clients/client.js'
import { loopClock } from '../../connection/deadlines.js'
import { CommandTimeoutError } from '../../errors.js'
import type { Milliseconds } from '../../units.js'
import type { KeyOrder } from '../key-order.js'
import { leftOf } from '../portions.js'
import { within } from '../within.js'

/** Runs work when all earlier work of its keys is over; later work of these keys waits for it. */
export async function inTurn<Out>(
  order: KeyOrder,
  keys: readonly string[],
  options: CallOptions,
  work: (left: CallOptions) => Out | Promise<Out>,
): Promise<Out> {
  const begun = loopClock.now()
  const before = order.before(keys)
  const release = order.hold(keys, before)
  try {
    if (before !== undefined) await within(before, options.deadline, options.signal, tooLate)
    return await work(leftOf(options, begun))
  } finally {
    release()
  }
}

function tooLate(after: Milliseconds): CommandTimeoutError {
  const cause = new Error('an earlier call of the same key waits for a delete that is kept')
  return new CommandTimeoutError('RECOVERY', after, false, { cause })
}
