import {
  AuthenticationError,
  CommandError,
  ConfigurationError,
  ConnectionError,
  type CacheError,
} from '../../errors.js'
import { ErrorReply, type Address, type EncodedCommand, type Reply } from '../connection.js'
import type { Initialiser } from '../initialiser.js'
import { abortable } from '../limit.js'
import type { Credential, ResolvedConnectionOptions } from '../options.js'
import { isPassing, replyError } from '../reply-error.js'
import { timeCommand } from '../server-clock.js'
import { certificateAdvice, problemOf } from './advice.js'
import type { Purpose, ServerHello } from './hello.js'

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
    return { username: answers[0] ?? usualUser, password: answers[1] }
  } catch (cause) {
    if (signal.aborted) throw cause
    // What a function throws may hold the password.
    const own =
      cause instanceof ConfigurationError ? cause.message : 'the username or password function failed; see cause'
    throw new AuthenticationError(address, own, { cause })
  }
}

/** What a new connection has to say. */
export interface HandshakeOptions {
  readonly credentials: Credentials
  readonly clientName: string | undefined
  readonly database: number
  readonly initialisers: readonly Initialiser[]
  /** Whether the server's clock matters. */
  readonly asksTime: boolean
  /** What the connection is for; `undefined` where any server will do. */
  readonly purpose: Purpose | undefined
}

/** HELLO with AUTH and SETNAME. */
export function helloCommand({ credentials: { username, password }, clientName }: HandshakeOptions): HandshakeCommand {
  const args = ['HELLO', '3']
  if (password !== undefined) args.push('AUTH', username, password)
  if (clientName !== undefined) args.push('SETNAME', clientName)
  return { args, decode: 'text' }
}

/**
 * What is said in place of HELLO to a server that has none; the last of it are PING and INFO. A proxy may have no INFO, and
 * no names for clients.
 */
export function resp2Commands(options: HandshakeOptions): readonly HandshakeCommand[] {
  const { clientName } = options
  const name = clientName === undefined ? [] : [optional({ args: ['CLIENT', 'SETNAME', clientName], decode: 'text' })]
  const last = [['PING'], ['INFO']].map((args) => optional({ args, decode: 'text' }))
  return [...authCommand(options), ...name, ...last]
}

/** AUTH where there is a password; with a user where that is not the usual one, which older servers do not have. */
export function authCommand({ credentials: { username, password } }: HandshakeOptions): readonly EncodedCommand[] {
  const user = username === usualUser ? [] : [username]
  return password === undefined ? [] : [{ args: ['AUTH', ...user, password], decode: 'text' }]
}

/**
 * SELECT, the initialisers, and TIME where the server's clock matters. Refusals are judged by {@link acceptReplies}, once
 * it is known what the server is.
 */
export function commandsBehind({ database, initialisers, asksTime }: HandshakeOptions): readonly HandshakeCommand[] {
  const select: readonly EncodedCommand[] =
    database === 0 ? [] : [{ args: ['SELECT', String(database)], decode: 'text' }]
  const time = asksTime ? [timeCommand] : []
  return [...select, ...initialisers.map(({ command }) => command), ...time].map(optional)
}

function optional(command: EncodedCommand): HandshakeCommand {
  return { ...command, optional: true }
}

/** The server refused a command of the handshake that is not optional. */
export class HandshakeRefusal extends Error {
  readonly command: string
  readonly reply: ErrorReply

  constructor(command: string, reply: ErrorReply) {
    super(`${command} was refused`)
    this.command = command
    this.reply = reply
  }
}

/**
 * Whether HELLO was refused as a server or proxy does that has no RESP3. One that authenticates first says NOAUTH of a
 * command that it does not know.
 */
export function isWithoutResp3(error: unknown, { credentials }: HandshakeOptions): error is HandshakeRefusal {
  if (!(error instanceof HandshakeRefusal) || error.command !== 'HELLO' || isPassing(error.reply)) return false
  const { code } = error.reply
  return code === 'ERR' || code === 'NOPROTO' || (code === 'NOAUTH' && credentials.password !== undefined)
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
  for (const reply of replies.slice(0, first)) if (reply instanceof ErrorReply) throw selectError(address, hello, reply)
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
  /** Whether the server may expect TLS: it was dialled without, and not at a unix socket. */
  readonly mayExpectTls: boolean
}

/** The typed error of a failed handshake; says what to do where more is known than the error says. */
export function handshakeError(error: unknown, { address, mayExpectTls }: HandshakeContext): unknown {
  if (error instanceof HandshakeRefusal) return replyError(address, error.command, error.reply)
  if (!isConnectionLost(error)) return error
  const advice = mayExpectTls ? 'does it expect TLS (valkeys://)?' : certificateAdvice(error.cause)
  if (advice === undefined) return error
  return new ConnectionError(address, `${problemOf(error)} before it answered HELLO; ${advice}`, { cause: error.cause })
}

/** The connection was lost; a TLS server ends one that does not begin with TLS, and may send a TLS alert before. */
export function isConnectionLost(error: unknown): error is ConnectionError {
  return error instanceof ConnectionError && error.code === 'E_CONNECTION'
}

function functions(names: ReadonlySet<string>): string {
  return `the ${[...names].join(' and the ')} function, which has not answered`
}

async function textOf(name: string, credential: () => string | Promise<string>): Promise<string> {
  const answer: unknown = await credential()
  if (typeof answer === 'string') return answer
  throw new ConfigurationError(name, `its function gave ${answer === null ? 'null' : typeof answer}; expected a string`)
}

const usualUser = 'default'
