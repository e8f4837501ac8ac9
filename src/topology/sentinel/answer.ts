import { addressOf, ErrorReply, type Address, type EncodedCommand, type Reply } from '../../connection/connection.js'
import { replyError } from '../../connection/reply-error.js'
import type { Milliseconds } from '../../units.js'
import type { Observation } from './observation.js'
import {
  parseAddress,
  parsePrimary,
  parseReplicas,
  parseSentinels,
  type PrimaryView,
  type ReplicaView,
} from './replies.js'

/** What asking a sentinel came to. */
export type Answer = Observation | typeof unknownService

/** It answers, and does not monitor this service. */
export const unknownService = 'unknown service'

/** All that a sentinel is asked about a service, in one trip. */
export function questions(serviceName: string): readonly EncodedCommand[] {
  return needed.map((question) => ({ args: ['SENTINEL', question, serviceName], decode: 'text' }))
}

/** Asks a sentinel for its run id; those before Redis 6.2 do not know it, and our user may not be allowed to ask. */
export const idQuestion: EncodedCommand = { args: ['SENTINEL', 'MYID'], decode: 'text' }

/**
 * Reads the replies to {@link questions}. Pure.
 * The address is that of GET-MASTER-ADDR-BY-NAME, for the leader of a failover keeps the old one in MASTER for another
 * second.
 * @param id the sentinel's run id, where that is known
 * @throws {AuthenticationError} E_AUTH the user may not ask
 * @throws {CommandError} E_COMMAND another refusal
 */
export function readAnswer(
  address: Address,
  replies: readonly Reply[],
  id: string | undefined,
  at: Milliseconds,
): Answer {
  const [primary, details, replicas, sentinels] = replies as [Reply, Reply, Reply, Reply]
  refuseErrors(address, primary === null ? [] : replies)
  const target = parseAddress(primary)
  if (target === undefined) return unknownService
  const view = parsePrimary(details)
  const others = { replicas: parseReplicas(replicas), sentinels: parseSentinels(sentinels) }
  return {
    primary: target,
    epoch: view.epoch,
    id,
    electorate: view.otherSentinels + 1,
    primaryDown: view.flags.has('s_down') || view.flags.has('o_down'),
    ...others,
    failover: failoverIn(view, others.replicas),
    at,
  }
}

/** A sentinel that does not know the service answers the first question with null, and the others with errors. */
function refuseErrors(address: Address, replies: readonly Reply[]): void {
  for (const [index, question] of needed.entries()) {
    const reply = replies[index]
    if (reply instanceof ErrorReply) throw replyError(address, `SENTINEL ${question}`, reply)
  }
}

/** While it leads a failover a sentinel says so in MASTER, which names the old primary, and marks the candidate. */
function failoverIn(view: PrimaryView, replicas: readonly ReplicaView[]): Observation['failover'] {
  if (!view.flags.has('failover_in_progress')) return undefined
  const candidate = replicas.find(({ flags }) => flags.has('promoted'))
  return {
    from: addressOf(view),
    candidate: candidate && { host: candidate.host, port: candidate.port },
    coordinated: view.flags.has('coordinated_failover'),
  }
}

/** The questions that must be answered; the name of the service follows each. */
const needed = ['GET-MASTER-ADDR-BY-NAME', 'MASTER', 'REPLICAS', 'SENTINELS'] as const
