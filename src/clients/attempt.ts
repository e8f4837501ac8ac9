import { ErrorReply, type EncodedCommand, type ExecuteOptions, type Reply } from '../connection/connection.js'
import type { Node } from '../connection/node.js'
import { CommandError } from '../errors.js'
import type { Call } from './command.js'

/**
 * One try of a call on one node. A script goes in full until the node is known to have it: a refusal and a second try
 * would let later calls of the same keys overtake it.
 */
export function attempt(call: Call<unknown>, { pool, scripts }: Node, limits: ExecuteOptions): Promise<Reply> {
  if (call.script === undefined) return pool.execute(call, limits)
  const sha = String(call.args[1])
  return pool.execute(commandFor(call, scripts), limits).then(
    (reply) => {
      scripts.add(sha)
      return reply
    },
    (error: unknown) => {
      if (!(error instanceof CommandError) || !isNoScript(error.reply)) throw error
      scripts.delete(sha)
      return pool.execute(commandFor(call, scripts), limits)
    },
  )
}

/** What a call sends to a node that has these scripts. */
export function commandFor(call: Call<unknown>, scripts: ReadonlySet<string>): EncodedCommand {
  if (call.script === undefined || scripts.has(String(call.args[1]))) return call
  return { ...call, args: ['EVAL', call.script, ...call.args.slice(2)] }
}

/** Whether the server does not have the script: somebody flushed its scripts; nothing has run. */
export function lacksScript(reply: Reply | undefined): reply is ErrorReply {
  return reply instanceof ErrorReply && isNoScript(reply.message)
}

function isNoScript(text: string): boolean {
  return text.startsWith('NOSCRIPT')
}
