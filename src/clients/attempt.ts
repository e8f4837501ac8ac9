import {
  ErrorReply,
  type Address,
  type Connection,
  type EncodedCommand,
  type ExecuteOptions,
  type Reply,
} from '../connection/connection.js'
import type { Node } from '../connection/node.js'
import { replyError } from '../connection/reply-error.js'
import { CommandError } from '../errors.js'
import type { Call } from './command.js'

/**
 * One try of a call on one node. A script goes in full until the node is known to have it: a refusal and a second try
 * would let later calls of the same keys overtake it.
 */
export function attempt(
  call: Call<unknown>,
  node: Node,
  limits: ExecuteOptions,
  resolve: (reply: Reply) => void,
  reject: (reason: unknown) => void,
): void {
  if (call.script !== undefined) runScript(call, node, limits).then(resolve, reject)
  else if (limits.asking === true) sendOn(node.pool, node.address, call, limits).then(resolve, reject)
  else if (node.pool.submit !== undefined) node.pool.submit(call, limits, resolve, reject)
  else node.pool.execute(call, limits).then(resolve, reject)
}

async function runScript(
  call: Call<unknown>,
  { address, pool, scripts }: Node,
  limits: ExecuteOptions,
): Promise<Reply> {
  const sha = String(call.args[1])
  try {
    const reply = await sendOn(pool, address, commandFor(call, scripts), limits)
    scripts.add(sha)
    return reply
  } catch (error) {
    if (!(error instanceof CommandError) || !isNoScript(error.reply)) throw error
    scripts.delete(sha)
    return sendOn(pool, address, commandFor(call, scripts), limits)
  }
}

/**
 * Sends one command; behind ASKING where its slot is being moved to the server.
 * @throws {CommandError} E_COMMAND the server's own error
 */
export async function sendOn(
  target: Pick<Connection, 'batch' | 'execute'>,
  address: Address,
  command: EncodedCommand,
  limits: ExecuteOptions,
): Promise<Reply> {
  if (limits.asking !== true) return target.execute(command, limits)
  const [, reply] = await target.batch([askingFor(command), command], limits)
  if (reply instanceof ErrorReply) throw replyError(address, String(command.name), reply)
  return reply as Reply
}

/** Says that the next command is meant for a node to which its slot is being moved; good for exactly one command. */
function askingFor({ intent, keys }: EncodedCommand): EncodedCommand {
  return { args: ['ASKING'], decode: 'text', ...(intent && { intent }), ...(keys && { keys }) }
}

/** What a call sends to a node that has these scripts. */
export function commandFor(call: Call<unknown>, scripts: ReadonlySet<string>): EncodedCommand {
  if (call.script === undefined || scripts.has(String(call.args[1]))) return call
  const command = call.args[0] === 'EVALSHA_RO' ? 'EVAL_RO' : 'EVAL'
  return { ...call, args: [command, call.script, ...call.args.slice(2)] }
}

/** Of a server of which nothing is known. */
export const noScripts: ReadonlySet<string> = new Set()

/** Whether the server does not have the script: somebody flushed its scripts; nothing has run. */
export function lacksScript(reply: Reply | undefined): reply is ErrorReply {
  return reply instanceof ErrorReply && isNoScript(reply.message)
}

function isNoScript(text: string): boolean {
  return text.startsWith('NOSCRIPT')
}
