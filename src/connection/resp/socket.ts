import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, TLSSocket } from 'node:tls'
import { ConnectionError } from '../../errors.js'
import { addressOf, type NodeTarget } from '../connection.js'
import type { TlsOptions } from '../options.js'

/**
 * A connected socket, TLS done; destroyed when the signal aborts first.
 * The name that the certificate must have is the target's host, wherever it is dialled, unless `servername` says
 * otherwise.
 */
export function openSocket(
  target: NodeTarget,
  dialled: NodeTarget,
  tls: TlsOptions | undefined,
  signal: AbortSignal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = tls === undefined ? connectTcp(dialled) : connectTls({ ...serverName(target), ...tls, ...dialled })
    const settle = (): void => {
      socket.off('error', fail)
      signal.removeEventListener('abort', abort)
    }
    const fail = (error: Error): void => {
      settle()
      socket.destroy()
      const problem = `${error.message || String(error)}; ${adviceFor(socket)}`
      reject(new ConnectionError(addressOf(target), problem, { cause: error }))
    }
    const abort = (): void => {
      settle()
      socket.on('error', () => {}).destroy()
      reject(signal.reason as Error)
    }
    socket.on('error', fail)
    signal.addEventListener('abort', abort, { once: true })
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      settle()
      socket.setNoDelay(true).setKeepAlive(true, keepAliveDelay)
      resolve(socket)
    })
  })
}

function adviceFor(socket: Socket): string {
  if (!(socket instanceof TLSSocket)) return 'is the server up?'
  return socket.authorizationError
    ? 'its certificate must be signed by an authority in tls.ca, for this host or tls.servername'
    : 'is the server up, and does it speak TLS there?'
}

function serverName({ host }: NodeTarget): { servername?: string } {
  return isIP(host) === 0 ? { servername: host } : {}
}

const keepAliveDelay = 15_000
