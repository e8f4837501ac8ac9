import {
  AuthenticationError,
  CommandError,
  ConfigurationError,
  ConnectionError,
  UnsupportedError,
  type CacheError,
} from '../../errors.js'
import { ErrorReply, type Address, type EncodedCommand, type Reply } from '../connection.js'
import type { Initialiser } from '../initialiser.js'
import { abortable } from '../limit.js'
import type { Credential, ResolvedConnectionOptions } from '../options.js'
import { replyError } from '../reply-error.js'
import { timeCommand } from '../server-clock.js'
import type { ServerHello } from './hello.js'

/** The credentials of one connect; functions are asked each time, so that they can rotate. */
export interface Credentials {
  readonly username: string
  readonly password: string | undefined
}

/** A command of the handshake; where one is optional, an error of the server stands where its reply would. */
export interface HandshakeCommand extends EncodedCommand {
  readonly optional?: boolean
}

/** Whom a new connection waits for: the words of the message when that takes too long. */
export interface ConnectProgress {
  waitsFor: string
}

/** @throws {AuthenticationError} E_AUTH when a function fails, or gives no text */
export async function askCredentials(
  { username, password }: ResolvedConnectionOptions,
  address: Address,
  signal: AbortSignal,
  progress: ConnectProgress,
): Promise<Credentials> {
  const waiting = new Set<string>()
  const ask = async (name: string, credential: Credential | undefined): Promise<string | undefined> => {
    if (typeof credential !== 'function') return credential
    progress.waitsFor = functions(waiting.add(name))
    const answer = await textOf(name, credential)
    waiting.delete(name)
    progress.waitsFor = functions(waiting)
    return answer
  }
  try {
    const answers = await abortable(Promise.all([ask('username', username), ask('password', password)]), signal)
    return { username: answers[0] ?? 'default', password: answers[1] }
  } catch (cause) {
    if (signal.aborted) throw cause
    throw new AuthenticationError(address, 'the username or password function failed; see cause', { cause })
  }
}

/**
 * Everything that a new connection says, in one write: HELLO with AUTH and SETNAME, SELECT, the initialisers, and TIME
 * where the server's clock matters. Refusals of what stands behind HELLO are judged by {@link acceptReplies}, once it is known what the server is.
 */
export function handshakeCommands(
  { username, password }: Credentials,
  { clientName, database }: ResolvedConnectionOptions,
  initialisers: readonly Initialiser[],
  asksTime: boolean,
): readonly HandshakeCommand[] {
  const hello = ['HELLO', '3']
  if (password !== undefined) hello.push('AUTH', username, password)
  if (clientName !== undefined) hello.push('SETNAME', clientName)
  const select: readonly EncodedCommand[] =
    database === 0 ? [] : [{ args: ['SELECT', String(database)], decode: 'text' }]
  const time = asksTime ? [timeCommand] : []
  const behind = [...select, ...initialisers.map(({ command }) => command), ...time]
  return [{ args: hello, decode: 'text' }, ...behind.map((command) => ({ ...command, optional: true }))]
}

/**
 * Judges the replies to what stood behind HELLO.
 * @throws {CacheError} the first refusal of a command that is not optional, or what an initialiser throws
 */
export function acceptReplies(
  address: Address,
  hello: ServerHello,
  replies: readonly Reply[],
  initialisers: readonly Initialiser[],
): void {
  const first = replies.length - initialisers.length
  for (const reply of replies.slice(1, first)) if (reply instanceof ErrorReply) throw selectError(address, hello, reply)
  for (const [index, { command, accept, optional = false }] of initialisers.entries()) {
    const reply = replies[first + index] as Reply
    if (reply instanceof ErrorReply && !optional)
      throw replyError(address, command.name ?? String(command.args[0]), reply)
    accept?.(reply)
  }
}

/** Before Valkey 9 a cluster has database 0 only; its own words do not say what to do about that. */
function selectError(
  address: Address,
  { mode, version = 'of unknown version' }: ServerHello,
  reply: ErrorReply,
): CacheError {
  const error = replyError(address, 'SELECT', reply)
  if (mode !== 'cluster' || !(error instanceof CommandError)) return error
  return new ConfigurationError(
    'database',
    `${address}, a node of a cluster (version ${version}), does not have it (${error.reply}); a cluster has database 0 only ` +
      'before Valkey 9, and since then as many as its setting cluster-databases says. Leave database out, or raise that',
    { cause: error },
  )
}

/** Whose handshake it was. */
export interface HandshakeContext {
  readonly address: Address
  /** Whether it went over TLS. */
  readonly secure: boolean
}

/** Says what to do about a failed handshake, where more is known than the error says. */
export function handshakeError(error: unknown, { address, secure }: HandshakeContext): unknown {
  if (isTooOld(error))
    return new UnsupportedError(`${address}: speaks no RESP3 (${error.reply}); use Valkey, or Redis from 7.0 on`)
  if (!secure && isHungUp(error))
    return new ConnectionError(
      address,
      `${problemOf(error)} before it answered HELLO; does it expect TLS (valkeys://)?`,
      {
        cause: error.cause,
      },
    )
  return error
}

function isTooOld(error: unknown): error is CommandError {
  return (
    error instanceof CommandError && error.command === 'HELLO' && /^(NOPROTO|ERR unknown command)/.test(error.reply)
  )
}

/** The connection was lost; a TLS server ends one that does not begin with TLS, and may send a TLS alert before. */
function isHungUp(error: unknown): error is ConnectionError {
  return error instanceof ConnectionError && error.code === 'E_CONNECTION'
}

/** The error's text without the address in front. */
function problemOf({ message, address }: ConnectionError): string {
  return message.slice(address.length + 2).replace(/\.$/, '')
}

function functions(names: ReadonlySet<string>): string {
  return `the ${[...names].join(' and the ')} function, which has not answered`
}

async function textOf(name: string, credential: () => string | Promise<string>): Promise<string> {
  const answer: unknown = await credential()
  if (typeof answer === 'string') return answer
  throw new TypeError(`the ${name} function gave ${answer === null ? 'null' : typeof answer}; expected a string`)
}
