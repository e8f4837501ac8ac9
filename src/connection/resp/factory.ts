import { AsyncLocalStorage } from 'node:async_hooks'
import { ConnectionError, RoleMismatchError } from '../../errors.js'
import { addressOf, type Address, type NodeTarget, type Role } from '../connection.js'
import type { ConnectionFactory } from '../factory.js'
import type { Initialiser } from '../initialiser.js'
import type { Translate } from '../address-map.js'
import { limited } from '../limit.js'
import type { ResolvedConnectionOptions } from '../options.js'
import { connectChannel, type ConnectTrace } from '../../telemetry/channels.js'
import { isTraced, trace } from '../../telemetry/trace.js'
import { TlsFiles } from '../tls-files.js'
import type { Lookup } from './addresses.js'
import { RespConnection } from './connection.js'
import {
  askCredentials,
  handshakeError,
  type ConnectProgress,
  type Credentials,
  type HandshakeOptions,
} from './handshake.js'
import type { Purpose, ServerHello } from './hello.js'
import { ClosedBeforeHello, negotiate, negotiateAfterPing, negotiateWithProxy, type Negotiate } from './negotiate.js'
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
  /** When commands leave. @default 'turn' for nodes of a cluster, else 'tick' */
  readonly leaveAt?: 'tick' | 'turn' | undefined
  /** Called with what the server says of itself, for each connection that is opened. @default nobody */
  readonly met?: Met | undefined
  /** Called with the reason when the files of certificates cannot be used, and what they held before is. @default nobody */
  readonly warn?: ((problem: string) => void) | undefined
  /** Finds the addresses of a host name. @default the system's */
  readonly lookup?: Lookup | undefined
}

/**
 * Opens connections over TCP, TLS or a unix socket, which speak RESP3, or RESP2 where the server refuses that.
 * One deadline (`connectTimeout`) covers credentials, TCP, TLS, HELLO, SELECT and the initialisers; nothing is left
 * open when it is missed.
 */
export class RespConnectionFactory implements ConnectionFactory {
  readonly #options: ResolvedConnectionOptions
  readonly #initialisers: readonly Initialiser[]
  readonly #translate: Translate
  readonly #purpose: Purpose | undefined
  readonly #leaveAt: 'tick' | 'turn'
  readonly #met: Met | undefined
  readonly #tls: TlsFiles | undefined
  readonly #lookup: Lookup | undefined

  constructor(
    options: ResolvedConnectionOptions,
    {
      initialisers = [],
      translate = (target) => target,
      purpose,
      leaveAt,
      met,
      warn,
      lookup,
    }: RespConnectionFactoryParts = {},
  ) {
    this.#tls = options.tls && new TlsFiles(options.tls, warn)
    this.#lookup = lookup
    this.#options = options
    this.#initialisers = initialisers
    this.#translate = translate
    this.#purpose = purpose
    this.#leaveAt = leaveAt ?? (purpose === 'cluster' ? 'turn' : 'tick')
    this.#met = met
  }

  connect(target: NodeTarget, role: Role | undefined, signal: AbortSignal): Promise<RespConnection> {
    if (!isTraced(connectChannel)) return outside(() => this.#connect(target, role, signal))
    const context: ConnectTrace = { address: addressOf(target), purpose: this.#purpose ?? 'data' }
    return outside(() => trace(connectChannel, context, () => this.#connect(target, role, signal)))
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

  /**
   * A connection that is closed before HELLO is answered may lead to a proxy that closes connections on commands that it does
   * not know: two more, closed at HELLO behind the reply to a PING, tell that from a server that expects TLS, has just
   * gone or ends connections, as in a failover.
   */
  async #open(target: NodeTarget, role: Role | undefined, attempt: Attempt): Promise<RespConnection> {
    const first = await this.#try(target, role, attempt, negotiate)
    if (first instanceof RespConnection) return first
    for (const negotiates of [negotiateAfterPing, negotiateAfterPing, negotiateWithProxy]) {
      const next = await this.#try(target, role, attempt, negotiates)
      if (next instanceof RespConnection) return next
      if (!next.answered) break
    }
    throw handshakeError(first.error, { address: addressOf(target), mayExpectTls: this.#mayExpectTls(target) })
  }

  async #try(
    target: NodeTarget,
    role: Role | undefined,
    { limit, progress }: Attempt,
    negotiates: Negotiate,
  ): Promise<RespConnection | ClosedBeforeHello> {
    const address = addressOf(target)
    const { maxPending, connectTimeout: timeout } = this.#options
    const credentials = await askCredentials(this.#options, address, limit, progress)
    const tls = this.#tls?.current
    const way = { target, dialled: this.#translate(target), tls, timeout, lookup: this.#lookup }
    const socket = await openSocket(way, { signal: limit, progress })
    const mayExpectTls = this.#mayExpectTls(target)
    progress.waitsFor = `the reply to HELLO; is the server overloaded or frozen${mayExpectTls ? ', or does it expect TLS (valkeys://)' : ''}?`
    const connection = new RespConnection(socket, { address, maxPending, leaveAt: this.#leaveAt })
    try {
      const outcome = await negotiates(connection, this.#handshakeOptions(role, credentials), limit)
      if (outcome instanceof ClosedBeforeHello) return outcome
      const { hello, clock } = outcome
      connection.role = hello.role
      connection.clientId = hello.clientId
      connection.zone = hello.zone
      connection.clock = clock
      if (role !== undefined && connection.role !== role)
        throw new RoleMismatchError(address, role, connection.role ?? 'server without a role')
      this.#met?.(address, hello)
      return connection
    } catch (error) {
      connection.destroy()
      throw limit.aborted ? error : handshakeError(error, { address, mayExpectTls })
    }
  }

  #mayExpectTls({ path }: NodeTarget): boolean {
    return this.#tls === undefined && path === undefined
  }

  #handshakeOptions(role: Role | undefined, credentials: Credentials): HandshakeOptions {
    const { clientName, database } = this.#options
    const initialisers = this.#initialisers.filter((initialiser) => (initialiser.role ?? role) === role)
    const asksTime = this.#purpose === 'data' || this.#purpose === 'cluster'
    return { credentials, clientName, database, initialisers, asksTime, purpose: this.#purpose }
  }
}

/** One try to connect. */
interface Attempt {
  /** Ends it. */
  readonly limit: AbortSignal
  readonly progress: ConnectProgress
}

/** Runs work in no context of a request: a connection outlives the one that has opened it. */
const outside = AsyncLocalStorage.snapshot()
