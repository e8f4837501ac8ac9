import type { Client } from '../clients/client.js'
import { ErrorReply, type Reply } from '../connection/connection.js'
import { replyError } from '../connection/reply-error.js'

/** The reply to one call of a batch. @throws {CacheError} what the server refused, or why there is no reply */
export function checkedReply(client: Client, name: string, reply: Reply | ErrorReply | undefined): Reply {
  if (reply instanceof ErrorReply) throw replyError(client.topology().primary ?? 'a server', name, reply)
  return reply as Reply
}
