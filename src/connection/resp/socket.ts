import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { builtins } from '../../builtins.js'
import { ConnectionError } from '../../errors.js'
import { addressOf, type NodeTarget } from '../connection.js'
import type { TlsOptions } from '../options.js'
import type { ConnectProgress } from './handshake.js'
import { ReadBuffer } from './read-buffer.js'

/** Where a socket leads, and how. */
export interface SocketTarget {
  /** The server under its own name, which its certificate must have unless `servername` says otherwise. */
  readonly target: NodeTarget
  /** Where the server is dialled. */
  readonly dialled: NodeTarget
  /** `undefined`: plain TCP. */
  readonly tls: TlsOptions | undefined
}

/** A socket that is connected, and where its bytes are read. */
export interface OpenSocket {
  readonly socket: Socket
  readonly reads: ReadBuffer
}

/** Opens a socket over TCP or TLS, and destroys it when the signal aborts first. */
export function openSocket(
  { target, dialled, tls }: SocketTarget,
  signal: AbortSignal,
  progress: ConnectProgress,
): Promise<OpenSocket> {
  progress.waitsFor = 'TCP; is the server up, and does the network let us through?'
  return new Promise((resolve, reject) => {
    const reads = new ReadBuffer()
    const way = { ...(dialled.path === undefined ? dialled : { path: dialled.path }), onread: reads.onread }
    const socket = tls === undefined ? connectTcp(way) : builtins.tls.connect({ ...serverName(target), ...tls, ...way })
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
    if (tls !== undefined) socket.once('connect', () => (progress.waitsFor = 'TLS; does the server speak TLS there?'))
    signal.addEventListener('abort', abort, { once: true })
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      settle()
      socket.setNoDelay(true).setKeepAlive(true, keepAliveDelay)
      resolve({ socket, reads })
    })
  })
}

function adviceFor(socket: Socket): string {
  if (!('authorizationError' in socket)) return 'is the server up?'
  return socket.authorizationError
    ? 'its certificate must be signed by an authority in tls.ca, for this host or tls.servername'
    : 'is the server up, and does it speak TLS there?'
}

function serverName({ host }: NodeTarget): { servername?: string } {
  return isIP(host) === 0 && host !== '' ? { servername: host } : {}
}

const keepAliveDelay = 15_000
