import { type ConnectionError, UnsupportedError } from '../../errors.js'
import { monotonicClock, type Milliseconds } from '../../units.js'
import { ErrorReply, type Address, type ClockReading, type EncodedCommand, type Reply } from '../connection.js'
import type { Initialiser } from '../initialiser.js'
import { isPassing, withoutArguments } from '../reply-error.js'
import { readingOf } from '../server-clock.js'
import type { RespConnection } from './connection.js'
import {
  acceptReplies,
  authCommand,
  commandsBehind,
  HandshakeRefusal,
  helloCommand,
  isConnectionLost,
  isWithoutResp3,
  resp2Commands,
  type HandshakeCommand,
  type HandshakeOptions,
} from './handshake.js'
import { checkHello, readHello, readInfo, unknownServer, type ServerHello } from './hello.js'

/** What a server says of itself on a new connection. */
export interface Negotiated {
  readonly hello: ServerHello
  /** What it said of its clock; `undefined` where it was not asked, or refused. */
  readonly clock: ClockReading | undefined
}

/** The connection was closed before HELLO was answered. */
export class ClosedBeforeHello {
  readonly error: ConnectionError
  /** Whether a PING had been answered before. */
  readonly answered: boolean

  constructor(error: ConnectionError, answered: boolean) {
    this.error = error
    this.answered = answered
  }
}

/** Makes a connection that has just been opened ready for commands. */
export type Negotiate = (
  connection: RespConnection,
  options: HandshakeOptions,
  signal: AbortSignal,
) => Promise<Negotiated | ClosedBeforeHello>

/**
 * Says everything that a new connection says, in one write. A server or proxy that refuses HELLO 3 is spoken to in RESP2 from
 * then on; it is asked once more, in commands that it has.
 * @throws {HandshakeRefusal} the server refused what is not optional
 * @throws {UnsupportedError} E_UNSUPPORTED it is no server for us, or has no RESP3 where an initialiser needs that
 */
export const negotiate: Negotiate = async (connection, options, signal) => {
  const asked = monotonicClock.now()
  try {
    const [hello, ...replies] = await say(connection, [helloCommand(options), ...commandsBehind(options)], signal)
    return judge(connection, options, { hello: readHello(hello), replies, asked })
  } catch (error) {
    if (!signal.aborted && isConnectionLost(error)) return new ClosedBeforeHello(error, false)
    if (!isWithoutResp3(error, options)) throw error
    checkNeeds(connection.address, withoutArguments(error.reply.message), options.initialisers)
    return negotiateResp2(connection, options, signal)
  }
}

/** As {@link negotiate}, once a PING was answered: so it is seen whether HELLO is what the connection was closed for. */
export const negotiateAfterPing: Negotiate = async (connection, options, signal) => {
  try {
    await say(connection, [{ ...ping, optional: true }], signal)
  } catch (error) {
    if (!signal.aborted && isConnectionLost(error)) return new ClosedBeforeHello(error, false)
    throw error
  }
  const outcome = await negotiate(connection, options, signal)
  return outcome instanceof ClosedBeforeHello ? new ClosedBeforeHello(outcome.error, true) : outcome
}

/**
 * For a proxy that closes connections on commands that it does not know, as twemproxy does: in RESP2, with AUTH and PING.
 * Commands that such a proxy does not have are refused on the connection, and not sent.
 */
export const negotiateWithProxy: Negotiate = async (connection, options, signal) => {
  checkNeeds(connection.address, 'it closes connections on HELLO', options.initialisers)
  if (options.database !== 0)
    throw new UnsupportedError(
      `${connection.address}: is a proxy that has database 0 only, for it closes connections on SELECT; leave database out.`,
    )
  connection.useResp2()
  await say(connection, [...authCommand(options), ping], signal)
  connection.withhold(unknownToProxies)
  return { hello: unknownServer, clock: undefined }
}

async function negotiateResp2(
  connection: RespConnection,
  options: HandshakeOptions,
  signal: AbortSignal,
): Promise<Negotiated> {
  const asked = monotonicClock.now()
  const first = resp2Commands(options)
  connection.useResp2()
  const replies = await say(connection, [...first, ...commandsBehind(options)], signal)
  const [pong, info] = replies.slice(first.length - 2)
  if (pong instanceof ErrorReply && !isPassing(pong)) throw new HandshakeRefusal('PING', pong)
  return judge(connection, options, { hello: readInfo(info), replies: replies.slice(first.length), asked })
}

function say(
  connection: RespConnection,
  commands: readonly HandshakeCommand[],
  signal: AbortSignal,
): Promise<readonly Reply[]> {
  return connection.introduce(commands, { deadline: Infinity, signal })
}

/** What a server answered, and when it was asked. */
interface Answers {
  readonly hello: ServerHello
  /** To what stood behind HELLO. */
  readonly replies: readonly Reply[]
  /** On the monotonic clock. */
  readonly asked: Milliseconds
}

function judge({ address }: RespConnection, options: HandshakeOptions, { hello, replies, asked }: Answers): Negotiated {
  const { purpose, initialisers, asksTime } = options
  checkHello(address, hello, purpose)
  acceptReplies(address, hello, asksTime ? replies.slice(0, -1) : replies, initialisers)
  const time = asksTime ? replies.at(-1) : undefined
  return { hello, clock: time === undefined ? undefined : readingOf(time, asked, monotonicClock.now()) }
}

function checkNeeds(address: Address, why: string, initialisers: readonly Initialiser[]): void {
  const first = initialisers.find(({ resp3For }) => resp3For !== undefined)
  if (first === undefined) return
  throw new UnsupportedError(
    `${address}: speaks no RESP3 (${why}), which ${first.resp3For} needs; ` +
      'use Valkey, or Redis from 7.0 on, without a proxy between that speaks RESP2 only.',
  )
}

const ping: EncodedCommand = { args: ['PING'], decode: 'text' }

/** What has no key that a proxy could find its server by, and what twemproxy 0.5.0 does not have beside that. */
const unknownToProxies: ReadonlySet<string> = new Set(
  (
    'ROLE TIME INFO CLIENT CONFIG ACL CLUSTER COMMAND SCRIPT MEMORY DEBUG SELECT SCAN KEYS DBSIZE RANDOMKEY FLUSHDB FLUSHALL ' +
    'RENAME EVAL_RO EVALSHA_RO WAIT MULTI EXEC DISCARD WATCH UNWATCH PUBLISH SPUBLISH SUBSCRIBE PSUBSCRIBE SSUBSCRIBE'
  ).split(' '),
)
