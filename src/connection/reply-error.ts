import {
  AuthenticationError,
  CommandError,
  CrossSlotError,
  InsufficientReplicasError,
  type CacheError,
} from '../errors.js'
import { ErrorReply, NoReply, type Address, type Reply } from './connection.js'

/** The typed error for what a server answered, or the reason why none did. */
export function replyError(address: Address, command: string, reply: ErrorReply): CacheError {
  if (reply instanceof NoReply) return reply.reason
  const { code } = reply
  const message = withoutArguments(reply.message)
  if (credentialCodes.has(code) || refusedInScript.test(message))
    return new AuthenticationError(address, `${command} was refused: ${message}`)
  if (code === 'CROSSSLOT') return new CrossSlotError(command, message)
  if (lacksReplicas(reply)) return new InsufficientReplicasError(command, message, { retryable: true })
  return new CommandError(command, message, { retryable: isPassing(reply) })
}

const credentialCodes = new Set(['WRONGPASS', 'NOAUTH', 'NOPERM'])
/** How Valkey and Redis 7 say within a script what they say with NOPERM elsewhere: findings/acl-refusal-in-script.sh. */
const refusedInScript = /^ERR (ACL failure in script:|The user executing the script can't) /
const passingCodes = new Set(['READONLY', 'REDIRECT', 'LOADING', 'MASTERDOWN', 'CLUSTERDOWN', 'TRYAGAIN', 'BUSY'])

const crowded = 'ERR max number of clients'

/** A refusal that passes, or that another server does not share; the command has not run. */
export function isPassing(reply: Reply | undefined): reply is ErrorReply {
  return reply instanceof ErrorReply && (passingCodes.has(reply.code) || reply.message.startsWith(crowded))
}

/** Some of the command's keys lie on another node already, for their slot is being moved; the command has not run. */
export function isDivided(reply: Reply | undefined): boolean {
  return reply instanceof ErrorReply && reply.code === 'TRYAGAIN'
}

/** A primary without the replicas that it needs to accept a write; the command has not run. */
export function lacksReplicas(reply: Reply | undefined): boolean {
  return reply instanceof ErrorReply && reply.code === 'NOREPLICAS'
}

/** A server repeats the arguments of a command that it does not know, keys, values and passwords among them. */
export function withoutArguments(message: string): string {
  return message.replace(/,? with args beginning with: .*/s, '')
}
