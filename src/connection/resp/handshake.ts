import { AuthenticationError, CommandError, UnsupportedError } from '../../errors.js'
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

/** @throws {AuthenticationError} E_AUTH when a function fails, or gives no text */
export async function askCredentials(
  { username, password }: ResolvedConnectionOptions,
  address: Address,
  signal: AbortSignal,
): Promise<Credentials> {
  try {
    const answers = await abortable(Promise.all([ask('username', username), ask('password', password)]), signal)
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
 * What the server says of itself, once it refused nothing that is not optional; sentinels name no role.
 * @throws {CacheError} the first refusal
 */
export function acceptHandshake(
  address: Address,
  commands: readonly EncodedCommand[],
  replies: readonly Reply[],
  initialisers: readonly Initialiser[],
): Role | undefined {
  const offset = replies.length - initialisers.length
  replies.forEach((reply, index) => {
    if (reply instanceof ErrorReply && !initialisers[index - offset]?.optional)
      throw replyError(address, String(commands[index]?.args[0]), reply)
  })
  return helloRole(replies[0] as Reply)
}

/** Why a handshake failed: the error itself, unless it means that the server is too old for us. */
export function handshakeError(address: Address, error: unknown): unknown {
  const tooOld =
    error instanceof CommandError && error.command === 'HELLO' && /^(NOPROTO|ERR unknown command)/.test(error.reply)
  if (!tooOld) return error
  return new UnsupportedError(`${address}: speaks no RESP3 (${error.reply}); use Valkey, or Redis from 6.0 on`)
}

function helloRole(reply: Reply): Role | undefined {
  const role = reply instanceof Map ? reply.get('role') : undefined
  return role === 'master' ? 'primary' : role === 'replica' || role === 'slave' ? 'replica' : undefined
}

async function ask(name: string, credential: Credential | undefined): Promise<string | undefined> {
  if (typeof credential !== 'function') return credential
  const answer: unknown = await credential()
  if (typeof answer === 'string') return answer
  throw new TypeError(`the ${name} function gave ${answer === null ? 'null' : typeof answer}; expected a string`)
}
