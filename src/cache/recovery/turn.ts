import type { CallOptions } from '../../clients/client.js'
import { loopClock } from '../../connection/deadlines.js'
import type { Milliseconds } from '../../units.js'
import type { KeyOrder } from '../key-order.js'
import { leftOf } from '../portions.js'
import { within } from '../within.js'

/**
 * Runs work when all earlier work of its keys is over; later work of these keys waits for it.
 * @throws what `late` makes when the deadline is over before
 */
export async function inTurn<Out>(
  order: KeyOrder,
  keys: readonly string[],
  options: CallOptions,
  work: (left: CallOptions) => Out | Promise<Out>,
  late: (after: Milliseconds) => Error,
): Promise<Out> {
  const begun = loopClock.now()
  const before = order.before(keys)
  const release = order.hold(keys, before)
  try {
    if (before !== undefined) await within(before, options.deadline, options.signal, late)
    return await work(leftOf(options, begun))
  } finally {
    release()
  }
}
