import { AuthenticationError, UnsupportedError } from '../../errors.js'
import { ErrorReply, type Address, type EncodedCommand, type Reply, type Role } from '../connection.js'
import type { Initialiser } from '../initialiser.js'
import { abortable } from '../limit.js'
import type { Credential, ResolvedConnectionOptions } from '../options.js'
import { replyError } from '../reply-error.js'

/** The credentials of one connect; functions are asked each time, so that they can rotate. */
export interface Credentials {
  readonly username: string
  readonly password: string | undefined
}

/** @throws {AuthenticationError} E_AUTH when a function fails */
export async function askCredentials(
  { username, password }: ResolvedConnectionOptions,
  address: Address,
  signal: AbortSignal,
): Promise<Credentials> {
  try {
    const answers = await abortable(Promise.all([ask(username), ask(password)]), signal)
    return { username: answers[0] ?? 'default', password: answers[1] }
  } catch (cause) {
    if (signal.aborted) throw cause
    throw new AuthenticationError(address, 'the username or password function failed; see cause', { cause })
  }
}

/** Everything a new connection says, in one write: HELLO with AUTH and SETNAME, SELECT, then the initialisers. */
export function handshakeCommands(
  { username, password }: Credentials,
  { clientName, database }: ResolvedConnectionOptions,
  initialisers: readonly Initialiser[],
): readonly EncodedCommand[] {
  const hello = ['HELLO', '3']
  if (password !== undefined) hello.push('AUTH', username, password)
  if (clientName !== undefined) hello.push('SETNAME', clientName)
  const select = database === 0 ? [] : [['SELECT', String(database)]]
  const own = [hello, ...select].map((args): EncodedCommand => ({ args, decode: 'text' }))
  return [...own, ...initialisers.map(({ command }) => command)]
}

/**
 * What the server says of itself in its answers; sentinels name no role.
 * @throws {AuthenticationError} E_AUTH · {UnsupportedError} E_UNSUPPORTED without RESP3 · {CommandError} E_COMMAND
 */
export function acceptHandshake(
  address: Address,
  commands: readonly EncodedCommand[],
  replies: readonly Reply[],
  initialisers: readonly Initialiser[],
): Role | undefined {
  replies.forEach((reply, index) => {
    if (reply instanceof ErrorReply) throw refusal(address, String(commands[index]?.args[0]), reply)
  })
  const offset = commands.length - initialisers.length
  initialisers.forEach(({ accept }, index) => accept?.(replies[offset + index] as Reply))
  return helloRole(replies[0] as Reply)
}

function refusal(address: Address, command: string, reply: ErrorReply): Error {
  if (command !== 'HELLO' || !/^(NOPROTO|ERR unknown command)/.test(reply.message))
    return replyError(address, command, reply)
  return new UnsupportedError(`${address}: speaks no RESP3 (${reply.message}); use Valkey, or Redis from 6.0 on`)
}

function helloRole(reply: Reply): Role | undefined {
  const role = reply instanceof Map ? reply.get('role') : undefined
  return role === 'master' ? 'primary' : role === 'replica' || role === 'slave' ? 'replica' : undefined
}

async function ask(credential: Credential | undefined): Promise<string | undefined> {
  return typeof credential === 'function' ? credential() : credential
}
