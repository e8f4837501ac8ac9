import { ConnectionError, RoleMismatchError } from '../../errors.js'
import { addressOf, type Address, type NodeTarget, type Role } from '../connection.js'
import type { ConnectionFactory } from '../factory.js'
import type { Initialiser } from '../initialiser.js'
import type { Translate } from '../address-map.js'
import { limited } from '../limit.js'
import type { ResolvedConnectionOptions } from '../options.js'
import { readingOf } from '../server-clock.js'
import { connectChannel, type ConnectTrace } from '../../telemetry/channels.js'
import { isTraced, trace } from '../../telemetry/trace.js'
import { monotonicClock } from '../../units.js'
import { RespConnection } from './connection.js'
import { acceptReplies, askCredentials, handshakeCommands, handshakeError, type ConnectProgress } from './handshake.js'
import { checkHello, readHello, type Purpose, type ServerHello } from './hello.js'
import { openSocket } from './socket.js'

/** Hears what a server says of itself. */
export type Met = (address: Address, hello: ServerHello) => void

export interface RespConnectionFactoryParts {
  /** What every connection says beyond HELLO and SELECT. */
  readonly initialisers?: readonly Initialiser[] | undefined
  /** Where a target is dialled; its name stays what it is. */
  readonly translate?: Translate | undefined
  /** What the connections are for; a server that cannot serve it is refused. @default any server will do */
  readonly purpose?: Purpose | undefined
  /** Called with what the server says of itself, for each connection that is opened. @default nobody */
  readonly met?: Met | undefined
}

/**
 * Opens RESP3 connections over TCP or TLS.
 * One deadline (`connectTimeout`) covers credentials, TCP, TLS, HELLO, SELECT and the initialisers; nothing is left
 * open when it is missed.
 */
export class RespConnectionFactory implements ConnectionFactory {
  readonly #options: ResolvedConnectionOptions
  readonly #initialisers: readonly Initialiser[]
  readonly #translate: Translate
  readonly #purpose: Purpose | undefined
  readonly #met: Met | undefined

  constructor(
    options: ResolvedConnectionOptions,
    { initialisers = [], translate = (target) => target, purpose, met }: RespConnectionFactoryParts = {},
  ) {
    this.#options = options
    this.#initialisers = initialisers
    this.#translate = translate
    this.#purpose = purpose
    this.#met = met
  }

  connect(target: NodeTarget, role: Role | undefined, signal: AbortSignal): Promise<RespConnection> {
    if (!isTraced(connectChannel)) return this.#connect(target, role, signal)
    const context: ConnectTrace = { address: addressOf(target), purpose: this.#purpose ?? 'data' }
    return trace(connectChannel, context, () => this.#connect(target, role, signal))
  }

  #connect(target: NodeTarget, role: Role | undefined, signal: AbortSignal): Promise<RespConnection> {
    const { connectTimeout } = this.#options
    const progress: ConnectProgress = { waitsFor: 'its turn' }
    const late = (): Error => {
      const problem = `no connection within ${connectTimeout} ms; it waited for ${progress.waitsFor}`
      return new ConnectionError(addressOf(target), problem)
    }
    return limited(signal, connectTimeout, late, (limit) => this.#open(target, role, { limit, progress }))
  }

  async #open(target: NodeTarget, role: Role | undefined, { limit, progress }: Attempt): Promise<RespConnection> {
    const address = addressOf(target)
    const { tls } = this.#options
    const credentials = await askCredentials(this.#options, address, limit, progress)
    const socket = await openSocket({ target, dialled: this.#translate(target), tls }, limit, progress)
    progress.waitsFor = `the reply to HELLO; is the server overloaded or frozen${tls ? '' : ', or does it expect TLS (valkeys://)'}?`
    const { maxPending } = this.#options
    const leaveAt = this.#purpose === 'cluster' ? 'turn' : 'tick'
    const connection = new RespConnection(socket, { address, maxPending, leaveAt })
    try {
      const initialisers = this.#initialisers.filter((initialiser) => (initialiser.role ?? role) === role)
      const asksTime = this.#purpose === 'data' || this.#purpose === 'cluster'
      const commands = handshakeCommands(credentials, this.#options, initialisers, asksTime)
      const asked = monotonicClock.now()
      const replies = await connection.introduce(commands, { deadline: Infinity, signal: limit })
      const time = asksTime ? replies.pop() : undefined
      const hello = readHello(replies[0])
      checkHello(address, hello, this.#purpose)
      acceptReplies(address, hello, replies, initialisers)
      connection.role = hello.role
      connection.clientId = hello.clientId
      connection.zone = hello.zone
      connection.clock = time === undefined ? undefined : readingOf(time, asked, monotonicClock.now())
      if (role !== undefined && connection.role !== role)
        throw new RoleMismatchError(address, role, connection.role ?? 'server without a role')
      this.#met?.(address, hello)
      return connection
    } catch (error) {
      connection.destroy()
      throw limit.aborted ? error : handshakeError(error, { address, secure: tls !== undefined })
    }
  }
}

/** One try to connect. */
interface Attempt {
  /** Ends it. */
  readonly limit: AbortSignal
  readonly progress: ConnectProgress
}
