import type { CacheError } from '../errors.js'
import type { Milliseconds } from '../units.js'

/** A server's role in replication. */
export type Role = 'primary' | 'replica'

/** One server, as it is dialled. */
export interface NodeTarget {
  readonly host: string
  readonly port: number
  /** The unix socket that is dialled instead of host and port. @default none */
  readonly path?: string | undefined
  /** The server's availability zone, where a map of its cluster tells it. @default not known */
  readonly zone?: string | undefined
}

/** The identity of a server: `host:port`, IPv6 hosts in brackets, or `unix:/path` of its socket. */
export type Address = string

/** The address of what is dialled. */
export function addressOf({ host, port, path }: NodeTarget): Address {
  if (path !== undefined) return `unix:${path}`
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** An error that the server answered with: its first word and the whole text. */
export class ErrorReply {
  /** The first word, for example `WRONGTYPE`. */
  readonly code: string
  readonly message: string

  constructor(message: string) {
    this.message = message
    this.code = message.split(' ', 1)[0] ?? ''
  }
}

/** What stands in the result of a batch where no server answered, with the reason. */
export class NoReply extends ErrorReply {
  readonly reason: CacheError

  constructor(reason: CacheError) {
    super(`${reason.code.replace(/^E_/, '')} ${reason.message}`)
    this.reason = reason
  }
}

/**
 * What a server answers.
 * Shape: strings are `string` or `Buffer` as the command asks; integers past 2^53 and big numbers are `bigint`;
 * maps are `Map`, sets are `Set`; an error inside an array stands there as {@link ErrorReply}.
 */
export type Reply =
  string | Buffer | number | bigint | boolean | null | ErrorReply | Reply[] | Map<Reply, Reply> | Set<Reply>

/** A message that the server sends on its own: `['message', channel, text]`, `['invalidate', keys]` … Always text. */
export type Push = readonly Reply[]

/** A command as it goes to the wire. */
export interface EncodedCommand {
  /** What errors call it. @default its first argument */
  readonly name?: string
  /** The command's name and its arguments. */
  readonly args: readonly (string | Uint8Array)[]
  /** How strings of its reply are read. */
  readonly decode: 'text' | 'buffer'
  /** SUBSCRIBE and its like are answered by this many pushes and by no reply. @default 0 */
  readonly confirmations?: number
  /** Whether it only reads. @default 'write' */
  readonly intent?: 'read' | 'write'
  /** The keys that it touches; without any it counts as touching all. @default none */
  readonly keys?: readonly string[]
}

/** What a call touches, and whether it only reads. */
export type Touch = Pick<EncodedCommand, 'intent' | 'keys'>

/** How long one command may take. */
export interface ExecuteOptions {
  /** When to give up, on the loop clock, in ms. */
  readonly deadline: Milliseconds
  /** Rejects with its reason. @default none */
  readonly signal?: AbortSignal | undefined
  /** A command about the connection itself, such as a heartbeat: `maxPending` does not bound it. @default false */
  readonly control?: boolean | undefined
  /** Belongs to commands that are bounded already: `maxPending` does not bound it, and it keeps its place. @default false */
  readonly unbounded?: boolean | undefined
  /** For a node of a cluster to which the slot is being moved: each command says ASKING first. @default false */
  readonly asking?: boolean | undefined
  /** Where the connection says how far the command has come. @default nowhere */
  readonly progress?: Progress | undefined
}

/** How far a command has come: what a connection tells of it beside its reply. */
export interface Progress {
  /** The generation of the connection that it was sent on last; `undefined` while it was not sent. */
  generation: number | undefined
  /** Whether the beginning of its reply has come. */
  begun: boolean
}

/** One socket to one server. Never re-sends, never queues while it is down: it is up, or it is over. */
export interface Connection {
  readonly address: Address
  /** Counts the connections of this process; replies and pushes of an older one can be told apart. */
  readonly generation: number
  /** What the server said of itself when we connected. */
  readonly role: Role | undefined
  /** Commands that still occupy it: waiting, in flight, or given up with their reply outstanding. */
  readonly pending: number
  /**
   * Sends one command, unless its deadline is over already.
   * @throws {CommandError} E_COMMAND the server's own error
   * @throws {CommandTimeoutError} E_TIMEOUT no reply before the deadline
   * @throws {ConnectionInterruptedError} E_INTERRUPTED the socket was lost
   * @throws {OverflowError} E_OVERFLOW more than `maxPending` wait
   * @throws {TypeError} an argument that is neither a string nor bytes, or no name
   */
  execute(command: EncodedCommand, options: ExecuteOptions): Promise<Reply>
  /** Sends commands next to each other, all or none; a server's error stands in the result as {@link ErrorReply}. */
  batch(commands: readonly EncodedCommand[], options: ExecuteOptions): Promise<Reply[]>
  /** Hears what the server sends on its own; returns how to stop. */
  onPush(listener: (push: Push) => void): () => void
  /** Called once when the socket is gone, with the reason; at once if it is gone already. */
  onLost(listener: (reason: Error) => void): () => void
  /** Takes no more commands, waits for those in flight, then ends the socket. */
  close(): Promise<void>
  /** Drops the socket now and rejects what is in flight. */
  destroy(reason?: Error): void
}

/** What a server said when it was asked for the time. */
export interface ClockReading {
  /** What its clock, in ms since 1970, is ahead of the monotonic clock of this process. */
  readonly offset: Milliseconds
  /** By how much the offset may be wrong, in ms: half of the round trip. */
  readonly margin: Milliseconds
  /** When the answer came, on the monotonic clock. */
  readonly at: Milliseconds
}

/** A connection that says how it is, so that its pool can find out why it is silent. */
export interface ObservableConnection extends Connection {
  /** What the server calls this client; `undefined` where it does not say. */
  readonly clientId: number | undefined
  /** The server's availability zone as its reply to HELLO says, `''` for none; `undefined` where that does not tell it. */
  readonly zone: string | undefined
  /** The IP address that the connection leads to; `undefined` for a unix socket. */
  readonly ip: string | undefined
  /** How long the handshake's round trip took, in ms. */
  readonly roundTrip: Milliseconds
  /** What the server said of its clock in the handshake; `undefined` where it was not asked, or refused. */
  readonly clock: ClockReading | undefined
  /** How long nothing has come although a command waits for its reply, in ms; 0 when it answers or has nothing to do. */
  readonly silence: Milliseconds
  /** The command whose reply is due next. */
  readonly oldest: EncodedCommand | undefined
  /** Calls `silent` each time that the silence reaches `after()` ms; once until the next sign of life. */
  watchSilence(after: () => Milliseconds, silent: () => void): void
  /** Calls the listener at the next sign of life. */
  onceHeard(listener: () => void): () => void
  /**
   * As {@link execute}, for a caller who has a promise already. Hot path: two promises fewer for each call (`bench/`).
   * @param reject may be called at once, and while the connection is being lost
   */
  submit(
    command: EncodedCommand,
    options: ExecuteOptions,
    resolve: (reply: Reply) => void,
    reject: (reason: unknown) => void,
  ): void
  /** Hands the reads that share no key with an unanswered write over to another connection, which answers their callers. */
  moveReadsTo(other: ObservableConnection): void
  /** Whether a write that has no reply yet touches one of these keys; no keys: all of them. */
  owesWriteOf(keys: readonly string[] | undefined): boolean
}

/** Whether it is one of ours; a user's own factory may give others. */
export function isObservable(connection: Connection | undefined): connection is ObservableConnection {
  return connection !== undefined && 'watchSilence' in connection
}
