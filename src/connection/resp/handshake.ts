import { AuthenticationError, CommandError, UnsupportedError } from '../../errors.js'
import type { Address, EncodedCommand, Reply, Role } from '../connection.js'
import type { Initialiser } from '../initialiser.js'
import { abortable } from '../limit.js'
import type { Credential, ResolvedConnectionOptions } from '../options.js'

/** The credentials of one connect; functions are asked each time, so that they can rotate. */
export interface Credentials {
  readonly username: string
  readonly password: string | undefined
}

/** One that is optional may be refused: the error stands where its reply would. */
export interface HandshakeCommand extends EncodedCommand {
  readonly optional?: boolean
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
): readonly HandshakeCommand[] {
  const hello = ['HELLO', '3']
  if (password !== undefined) hello.push('AUTH', username, password)
  if (clientName !== undefined) hello.push('SETNAME', clientName)
  const select = database === 0 ? [] : [['SELECT', String(database)]]
  const own = [hello, ...select].map((args): EncodedCommand => ({ args, decode: 'text' }))
  return [...own, ...initialisers.map(({ command, optional = false }) => ({ ...command, optional }))]
}

/** What a server says when it is greeted; sentinels name no role. */
export interface Greeting {
  readonly role: Role | undefined
  /** What the server calls this client, in CLIENT LIST. */
  readonly clientId: number | undefined
}

/** What the server says of itself and of us, once the initialisers accept what it answered them. */
export function acceptHandshake(replies: readonly Reply[], initialisers: readonly Initialiser[]): Greeting {
  const offset = replies.length - initialisers.length
  initialisers.forEach(({ accept }, index) => accept?.(replies[offset + index] as Reply))
  const [hello] = replies
  return { role: helloRole(hello), clientId: helloId(hello) }
}

/** Why a handshake failed: the error itself, unless it means that the server is too old for us. */
export function handshakeError(address: Address, error: unknown): unknown {
  const tooOld =
    error instanceof CommandError && error.command === 'HELLO' && /^(NOPROTO|ERR unknown command)/.test(error.reply)
  if (!tooOld) return error
  return new UnsupportedError(`${address}: speaks no RESP3 (${error.reply}); use Valkey, or Redis from 6.0 on`)
}

function helloId(reply: Reply | undefined): number | undefined {
  const id = reply instanceof Map ? reply.get('id') : undefined
  return typeof id === 'number' ? id : undefined
}

function helloRole(reply: Reply | undefined): Role | undefined {
  const role = reply instanceof Map ? reply.get('role') : undefined
  return role === 'master' ? 'primary' : role === 'replica' || role === 'slave' ? 'replica' : undefined
}

async function ask(name: string, credential: Credential | undefined): Promise<string | undefined> {
  if (typeof credential !== 'function') return credential
  const answer: unknown = await credential()
  if (typeof answer === 'string') return answer
  throw new TypeError(`the ${name} function gave ${answer === null ? 'null' : typeof answer}; expected a string`)
}
