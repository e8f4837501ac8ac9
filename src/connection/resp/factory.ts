import { ConnectionError, RoleMismatchError } from '../../errors.js'
import { addressOf, type NodeTarget, type Role } from '../connection.js'
import type { ConnectionFactory } from '../factory.js'
import type { Initialiser } from '../initialiser.js'
import type { Translate } from '../address-map.js'
import { limited } from '../limit.js'
import type { ResolvedConnectionOptions } from '../options.js'
import { RespConnection } from './connection.js'
import { acceptHandshake, askCredentials, handshakeCommands, handshakeError } from './handshake.js'
import { openSocket } from './socket.js'

export interface RespConnectionFactoryParts {
  /** What every connection says beyond HELLO and SELECT. */
  readonly initialisers?: readonly Initialiser[] | undefined
  /** Where a target is dialled; its name stays what it is. */
  readonly translate?: Translate | undefined
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

  constructor(
    options: ResolvedConnectionOptions,
    { initialisers = [], translate = (target) => target }: RespConnectionFactoryParts = {},
  ) {
    this.#options = options
    this.#initialisers = initialisers
    this.#translate = translate
  }

  connect(target: NodeTarget, role: Role | undefined, signal: AbortSignal): Promise<RespConnection> {
    const { connectTimeout } = this.#options
    const problem = `no connection within ${connectTimeout} ms; is the server up, and does the network let us through?`
    const late = (): Error => new ConnectionError(addressOf(target), problem)
    return limited(signal, connectTimeout, late, (limit) => this.#open(target, role, limit))
  }

  async #open(target: NodeTarget, role: Role | undefined, limit: AbortSignal): Promise<RespConnection> {
    const address = addressOf(target)
    const credentials = await askCredentials(this.#options, address, limit)
    const socket = await openSocket(target, this.#translate(target), this.#options.tls, limit)
    const connection = new RespConnection(socket, { address, maxPending: this.#options.maxPending })
    try {
      const initialisers = this.#initialisers.filter((initialiser) => (initialiser.role ?? role) === role)
      const commands = handshakeCommands(credentials, this.#options, initialisers)
      const replies = await connection.introduce(commands, { deadline: Infinity, signal: limit })
      Object.assign(connection, acceptHandshake(replies, initialisers))
      if (role !== undefined && connection.role !== role)
        throw new RoleMismatchError(address, role, connection.role ?? 'server without a role')
      return connection
    } catch (error) {
      connection.destroy()
      throw handshakeError(address, error)
    }
  }
}
