import type { Client } from '../clients/client.js'
import { ErrorReply, type Reply } from '../connection/connection.js'
import { replyError } from '../connection/reply-error.js'
import { CommandError, type CacheError } from '../errors.js'

/** The client that was asked. */
type Answering = Pick<Client, 'topology'>

/** The reply to one call of a batch. @throws {CacheError} what the server refused, or why there is no reply */
export function checkedReply(client: Answering, name: string, reply: Reply | ErrorReply | undefined): Reply {
  if (reply instanceof ErrorReply) throw errorOf(client, name, reply)
  return reply as Reply
}

/** The error of one call of a batch: what the server refused, or why there is no reply. */
export function errorOf(client: Answering, name: string, reply: ErrorReply): CacheError {
  return replyError(client.topology().primary ?? 'a server', name, reply)
}

/** Whether a read was refused since no value is there, but a list, a set or a hash. As MGET has it, these are no values. */
export function isOfAnotherType(error: unknown): boolean {
  return error instanceof CommandError && error.reply.startsWith('WRONGTYPE')
}
