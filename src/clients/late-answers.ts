import type { ExecuteOptions, Reply } from '../connection/connection.js'
import { loopClock } from '../connection/deadlines.js'
import type { Node } from '../connection/node.js'
import { ConnectionInterruptedError } from '../errors.js'
import type { Milliseconds } from '../units.js'
import type { Job, Work } from './work.js'

/** Runs one attempt of a call. */
type Attempt<Of extends Job> = Work<Of, Reply, unknown>['attempt']

/**
 * Refuses answers to writes that came later than servers take to replace a silent primary: one that wakes after it was
 * replaced says OK to what lay in its sockets, and all of that is lost (findings/late-ok-in-cluster.sh). Costs nothing where
 * the deadline is shorter.
 * @param replacedAfter that time, in ms
 */
export function refusingLate<Of extends Job>(attempt: Attempt<Of>, replacedAfter: () => Milliseconds): Attempt<Of> {
  return (job, node, limits, resolve, reject) => {
    if (!mayBeLate(job, limits, replacedAfter())) return attempt(job, node, limits, resolve, reject)
    const sent = loopClock.recent()
    const take = (reply: Reply): void => {
      const problem = lateAnswer(node, sent, replacedAfter())
      if (problem === undefined) resolve(reply)
      else reject(problem)
    }
    attempt(job, node, limits, take, reject)
  }
}

/** Whether the answer to a call may come so late. */
function mayBeLate({ intent }: Job, { deadline }: ExecuteOptions, replacedAfter: Milliseconds): boolean {
  return intent === 'write' && deadline - loopClock.recent() > replacedAfter
}

/** As {@link refusingLate}, for what is sent at this moment. */
export async function refuseLate<Out>(sending: Promise<Out>, node: Node, replacedAfter: Milliseconds): Promise<Out> {
  const sent = loopClock.recent()
  const answer = await sending
  const problem = lateAnswer(node, sent, replacedAfter)
  if (problem !== undefined) throw problem
  return answer
}

/** What an answer rejects with that has come too late to mean anything. */
function lateAnswer(
  { address }: Node,
  sent: Milliseconds,
  replacedAfter: Milliseconds,
): ConnectionInterruptedError | undefined {
  const took = loopClock.recent() - sent
  if (took <= replacedAfter) return undefined
  const problem = `it answered after ${Math.round(took)} ms, and after ${replacedAfter} ms (cluster-node-timeout) the cluster may have replaced it`
  return new ConnectionInterruptedError(address, true, { problem })
}
