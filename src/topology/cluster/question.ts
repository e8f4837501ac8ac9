import {
  addressOf,
  ErrorReply,
  type Connection,
  type EncodedCommand,
  type ExecuteOptions,
  type NodeTarget,
  type Reply,
} from '../../connection/connection.js'
import { loopClock } from '../../connection/deadlines.js'
import type { ConnectionFactory } from '../../connection/factory.js'
import { limited } from '../../connection/limit.js'
import { replyError } from '../../connection/reply-error.js'
import { CommandError, ConfigurationError, ConnectionError, type CacheError } from '../../errors.js'
import type { Milliseconds } from '../../units.js'
import { fieldsOf } from '../fields.js'
import { parseShards, parseSlots } from './replies.js'
import { coverage, hasRivals, is, primaryOf, withoutRivals, type ClusterView } from './view.js'

/** What a node says of its cluster. */
export interface Answer {
  readonly view: ClusterView
  /** Its `cluster-node-timeout` in ms; `undefined` where our user may not ask. */
  readonly nodeTimeout: Milliseconds | undefined
}

/** What all questions share. */
export interface QuestionContext {
  readonly factory: ConnectionFactory
  /** For connecting and the answer together, in ms. */
  readonly timeout: Milliseconds
  /** Whether clients reach the nodes by TLS. */
  readonly secure: boolean
  /** Where the seeds stand in the options. */
  readonly path: string
}

/**
 * Asks one node for the map, on a connection of its own: CLUSTER SHARDS, and CLUSTER SLOTS where that is refused, or where
 * it does not tell which of two primaries serves the slots.
 * @throws {ConfigurationError} E_CONFIG it is no node of a cluster
 * @throws {AuthenticationError} E_AUTH it refuses our credentials, or our user may not ask
 * @throws {CacheError} it cannot be reached, does not answer in time, or has no map
 */
export function ask(target: NodeTarget, context: QuestionContext, signal: AbortSignal): Promise<Answer> {
  const { secure, path } = context
  return connected(target, context, signal, async (connection, options) => {
    const [reply = null, config = null] = await connection.batch([shards, nodeTimeout], options)
    if (reply instanceof ErrorReply) refuseOtherServer(target, connection, reply, path)
    const told = reply instanceof ErrorReply ? undefined : parseShards(reply, { target, secure })
    const settled = told?.some(hasRivals) === false ? told : undefined
    const view = settled ?? (await askOwners())
    if (coverage(view) === 0) throw new ConnectionError(addressOf(target), 'knows of no node that serves slots')
    return { view, nodeTimeout: readTimeout(config) }

    async function askOwners(): Promise<ClusterView> {
      const [owners = null] = await connection.batch([slots], options)
      if (owners instanceof ErrorReply && told === undefined) throw refusalOf(target, reply as ErrorReply, owners)
      if (owners instanceof ErrorReply) return told ?? []
      const view = parseSlots(owners, { target, secure })
      return told === undefined ? view : withoutRivals(told, view)
    }
  })
}

/**
 * Asks one node that says that it is primary whether it serves slots, by its own map. Where our user may not ask, its word
 * counts: if it is wrong, the node will say MOVED.
 * @throws {CacheError} it cannot be reached, does not answer in time, or has no map
 */
export function servesSlots(target: NodeTarget, context: QuestionContext, signal: AbortSignal): Promise<boolean> {
  return connected(target, context, signal, async (connection, options) => {
    const [reply = null] = await connection.batch([slots], options)
    if (reply instanceof ErrorReply && reply.code === 'NOPERM') return true
    const view = parseSlots(reply, { target, secure: context.secure })
    return view.some((shard) => is(primaryOf(shard), addressOf(target)))
  })
}

function connected<T>(
  target: NodeTarget,
  { factory, timeout, secure }: QuestionContext,
  signal: AbortSignal,
  question: (connection: Connection, options: ExecuteOptions) => Promise<T>,
): Promise<T> {
  const tls = secure ? 'does it speak TLS there' : 'does it expect TLS (valkeys://)'
  const late = (): Error =>
    new ConnectionError(addressOf(target), `has not told the map within ${timeout} ms; is it frozen, or ${tls}?`)
  return limited(signal, timeout, late, async (limit) => {
    const connection = await factory.connect(target, undefined, limit)
    try {
      return await question(connection, { deadline: loopClock.now() + timeout, signal: limit })
    } finally {
      connection.destroy()
    }
  })
}

/** @throws {ConfigurationError} E_CONFIG when what refused to tell the map is no node of a cluster */
function refuseOtherServer(target: NodeTarget, { role }: Connection, { message }: ErrorReply, path: string): void {
  if (message.includes('cluster support disabled'))
    throw new ConfigurationError(
      path,
      `${addressOf(target)} is a server without a cluster (cluster-enabled no); use client: 'default', or name nodes of a cluster`,
    )
  if (role === undefined && message.includes('unknown command'))
    throw new ConfigurationError(
      path,
      `${addressOf(target)} is a sentinel; name it in sentinels with client: 'sentinel', or name nodes of a cluster`,
    )
}

/** Of a server that knows CLUSTER SHARDS it is that refusal which says what to allow. */
function refusalOf(target: NodeTarget, ofShards: ErrorReply, ofSlots: ErrorReply): CacheError {
  const [reply, name] = ofShards.code === 'NOPERM' ? [ofShards, 'CLUSTER SHARDS'] : [ofSlots, 'CLUSTER SLOTS']
  const error = replyError(addressOf(target), name, reply)
  return error instanceof CommandError ? new ConnectionError(addressOf(target), error.message) : error
}

function readTimeout(config: Reply): Milliseconds | undefined {
  const value = Number(fieldsOf(config).get('cluster-node-timeout'))
  return value > 0 ? value : undefined
}

const shards: EncodedCommand = { args: ['CLUSTER', 'SHARDS'], decode: 'text' }
const slots: EncodedCommand = { args: ['CLUSTER', 'SLOTS'], decode: 'text' }
const nodeTimeout: EncodedCommand = { args: ['CONFIG', 'GET', 'cluster-node-timeout'], decode: 'text' }
