import { ErrorReply, type EncodedCommand, type ExecuteOptions, type Reply } from '../connection/connection.js'
import type { Node } from '../connection/node.js'
import { replyError } from '../connection/reply-error.js'
import { CommandError, InsufficientReplicasError } from '../errors.js'
import { monotonicClock } from '../units.js'
import type { Call } from './command.js'

/** One try of a call on one node. A node that does not have its script yet gets it in full, and keeps it. */
export async function attempt(call: Call<unknown>, node: Node, limits: ExecuteOptions, replicas = 0): Promise<Reply> {
  const send = (command: EncodedCommand): Promise<Reply> =>
    replicas === 0 || call.intent === 'read'
      ? node.pool.execute(command, limits)
      : sendAndWait(command, call.name, node, limits, replicas)
  if (call.script === undefined) return send(call)
  try {
    return await send(call)
  } catch (error) {
    if (!(error instanceof CommandError) || !error.reply.startsWith('NOSCRIPT')) throw error
    return send({ args: ['EVAL', call.script, ...call.args.slice(2)], decode: call.decode })
  }
}

/** Behind writes on the same connection: how many replicas must have them, and how many have. */
export function waitCommand(replicas: number, { deadline }: ExecuteOptions): EncodedCommand {
  const patience = Math.max(1, Math.floor((deadline - monotonicClock.now()) * shareOfTime))
  return { args: ['WAIT', String(replicas), String(patience)], decode: 'text' }
}

/** @throws {InsufficientReplicasError} E_REPLICAS fewer have it */
export function checkReplicas(name: string, acknowledged: Reply | undefined, replicas: number): void {
  if (Number(acknowledged) >= replicas) return
  throw new InsufficientReplicasError(
    name,
    `${String(acknowledged)} of ${replicas} replicas have it; it was written, and a failover may lose it`,
  )
}

async function sendAndWait(
  command: EncodedCommand,
  name: string,
  { address, pool }: Node,
  limits: ExecuteOptions,
  replicas: number,
): Promise<Reply> {
  const [reply, acknowledged] = await pool.batch([command, waitCommand(replicas, limits)], limits)
  if (reply instanceof ErrorReply) throw replyError(address, name, reply)
  checkReplicas(name, acknowledged, replicas)
  return reply as Reply
}

/** WAIT's answer must still reach us in time. */
const shareOfTime = 0.8
