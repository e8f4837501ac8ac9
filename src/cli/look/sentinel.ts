import { addressOf, ErrorReply, type Address, type NodeTarget, type Reply } from '../../connection/connection.js'
import { monotonicClock, type Milliseconds } from '../../units.js'
import { idQuestion, questions, readAnswer, unknownService } from '../../topology/sentinel/answer.js'
import { textsOf } from '../../topology/fields.js'
import type { Observation } from '../../topology/sentinel/observation.js'
import { explainRefusal } from '../../topology/sentinel/refusal.js'
import { parseId, parseOthers, type OtherSentinel } from '../../topology/sentinel/replies.js'
import { text, type Question } from './contact.js'
import { infoOf, numberIn, softwareOf, type Fields, type Software } from './info.js'
import { askRights, userQuestion, type Rights } from './rights.js'

/** What one sentinel told of the service. */
export interface SentinelTold {
  /** Its run id; `undefined` where we may not ask for it. */
  readonly id: string | undefined
  readonly software: Software | undefined
  /** Whether it acts on nothing, for its clock or its process stood still. */
  readonly tilt: boolean
  /** What it says of the service; `undefined`: it does not know it. */
  readonly view: SentinelView | undefined
  /** What our user may not do of what it was asked about; `undefined` where that cannot be known. */
  readonly refused: readonly string[] | undefined
}

/** The service as one sentinel sees it. */
export interface SentinelView extends Pick<Observation, 'primaryDown' | 'replicas'> {
  readonly primary: NodeTarget
  readonly epoch: number
  readonly failingOver: boolean
  /** How long it has known this primary as one, in ms; it began to count anew when it was started. */
  readonly primarySince: Milliseconds | undefined
  readonly quorum: number | undefined
  readonly downAfter: Milliseconds | undefined
  readonly failoverTimeout: Milliseconds | undefined
  /** How many sentinels it counts, itself and dead ones included. */
  readonly electorate: number
  /** The sentinels that it knows beside itself. */
  readonly others: readonly OtherSentinel[]
  /** The answer to CKQUORUM: `OK …`, `NOQUORUM …`; `undefined` where we may not ask. */
  readonly quorumCheck: string | undefined
}

/** Asks a sentinel for all that it knows of a service, in one trip, and for our rights there. */
export function askSentinel(serviceName: string, rights?: Rights): Question<SentinelTold> {
  const ckQuorum = text('SENTINEL', 'CKQUORUM', serviceName)
  return async (connection, deadline) => {
    const commands = [...questions(serviceName), idQuestion, ckQuorum, text('INFO'), userQuestion]
    try {
      const replies = await connection.batch(commands, { deadline })
      const told = readTold(connection.address, replies)
      return { ...told, refused: await askRights(connection, rights, { user: replies.at(-1), deadline }) }
    } catch (error) {
      throw explainRefusal(connection.address, error)
    }
  }
}

function readTold(address: Address, replies: readonly Reply[]): Omit<SentinelTold, 'refused'> {
  const [, details = null, , sentinels = null, id = null, quorumCheck = null, info] = replies
  const answer = readAnswer(address, replies.slice(0, 4), undefined, monotonicClock.now())
  const fields = infoOf(info)
  const known = answer === unknownService ? undefined : viewOf(answer, textsOf(details), { sentinels, quorumCheck })
  return { id: parseId(id), software: softwareOf(fields), tilt: fields?.get('sentinel_tilt') === '1', view: known }
}

function viewOf(
  { primary, epoch, electorate, primaryDown, replicas, failover }: Observation,
  details: Fields,
  { sentinels, quorumCheck }: { readonly sentinels: Reply; readonly quorumCheck: Reply },
): SentinelView {
  return {
    primary,
    epoch,
    electorate,
    primaryDown,
    replicas,
    failingOver: failover !== undefined,
    primarySince: numberIn(details, 'role-reported-time'),
    quorum: numberIn(details, 'quorum'),
    downAfter: numberIn(details, 'down-after-milliseconds'),
    failoverTimeout: numberIn(details, 'failover-timeout'),
    others: parseOthers(sentinels),
    quorumCheck: checkOf(quorumCheck),
  }
}

/** It answers with an error where there are too few. */
function checkOf(reply: Reply): string | undefined {
  const said = reply instanceof ErrorReply ? reply.message : reply
  return typeof said === 'string' && /^(OK|NOQUORUM)/.test(said) ? said : undefined
}

/** The addresses of a sentinel's replicas and primary. */
export function nodesOf({ primary, replicas }: SentinelView): readonly NodeTarget[] {
  const byAddress = new Map([primary, ...replicas].map(({ host, port }) => [addressOf({ host, port }), { host, port }]))
  return [...byAddress.values()]
}
