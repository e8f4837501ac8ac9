import type { Call, Division, GroupOf } from '../../clients/command.js'
import { ErrorReply, type Reply } from '../../connection/connection.js'
import { isOutage } from '../outage.js'

/**
 * Makes a call that tells which of its keys failed in an outage, where it is asked in parts and others did not fail.
 * @param failed called with these keys and an error of theirs; returns the error of the call
 */
export function tellingParts<Out>(
  call: Call<Out>,
  failed: (keys: ReadonlySet<string>, error: unknown) => unknown,
): Call<Out> {
  const { keeps, divide, spares } = call
  if (keeps === undefined || divide === undefined) return call
  let last: unknown
  const noted = (error: unknown): boolean => {
    last = error
    return isOutage(error)
  }
  const parts = (groupOf?: GroupOf): Division => {
    const whole = divide(groupOf)
    const join = (replies: Reply[]): Reply => {
      const lost = new Set(whole.calls.flatMap((part, index) => (replies[index] === unanswered ? part.keys : [])))
      if (lost.size === 0) return whole.join(replies)
      const told = failed(lost, last)
      if (spares?.(told) !== true) throw told
      return whole.join(replies.map((reply) => (reply === unanswered ? whole.absent : reply)))
    }
    return { ...whole, absent: unanswered, join }
  }
  return { ...call, divide: parts, spares: noted }
}

const unanswered = new ErrorReply('UNANSWERED')
