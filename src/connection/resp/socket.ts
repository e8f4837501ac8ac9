import type { LookupAddress } from 'node:dns'
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net'
import type { ConnectionOptions as TlsConnectOptions } from 'node:tls'
import { builtins } from '../../builtins.js'
import { ConnectionError } from '../../errors.js'
import type { Milliseconds } from '../../units.js'
import { addressOf, type NodeTarget } from '../connection.js'
import { abortable } from '../limit.js'
import { onAbort } from '../on-abort.js'
import { firstOf, inTurns, lookupBy, pauseBetween, pinned, systemLookup, type Lookup } from './addresses.js'
import { certificateAdvice, problemOf } from './advice.js'
import type { ConnectProgress } from './handshake.js'
import { ReadBuffer } from './read-buffer.js'
import { lookAt, socketAdvice } from './socket-file.js'

/** Where a socket leads, and how. */
export interface SocketTarget {
  /** The server under its own name, which its certificate must have unless `servername` says otherwise. */
  readonly target: NodeTarget
  /** Where the server is dialled. */
  readonly dialled: NodeTarget
  /** `undefined`: plain TCP. */
  readonly tls: TlsConnectOptions | undefined
  /** How long all of it may take, in ms; the signal ends it. */
  readonly timeout: Milliseconds
  /** Finds the addresses of a host name. @default that of `tls`, else the system's */
  readonly lookup?: Lookup | undefined
}

/** A socket that is connected, and where its bytes are read. */
export interface OpenSocket {
  readonly socket: Socket
  readonly reads: ReadBuffer
}

/** What is told of while a socket is opened. */
interface Opening {
  /** Destroys the socket when it aborts first. */
  readonly signal: AbortSignal
  readonly progress: ConnectProgress
}

/**
 * Opens a socket over TCP, TLS or a unix socket. Of a host with several addresses the first that answers is taken: they
 * are tried one after the other, and none is given up before one has answered or the signal aborts.
 * @throws {ConnectionError} E_CONNECTION with what to do
 */
export async function openSocket(way: SocketTarget, opening: Opening): Promise<OpenSocket> {
  const { dialled } = way
  if (dialled.path !== undefined) return openPath(way, dialled.path, opening)
  if (isIP(dialled.host) !== 0) return openOne(way, {}, opening)
  const addresses = await addressesOf(way, opening)
  const [only] = addresses
  if (addresses.length === 1 && only !== undefined) return openOne(way, at(only), opening)
  return openFirst(way, addresses, opening)
}

async function addressesOf(
  { target, dialled, tls, lookup }: SocketTarget,
  { signal, progress }: Opening,
): Promise<readonly LookupAddress[]> {
  const find = lookup ?? (tls?.lookup === undefined ? systemLookup : lookupBy(tls.lookup))
  progress.waitsFor = `the addresses of ${dialled.host}; does DNS answer?`
  const without = (problem: string, cause?: unknown): ConnectionError =>
    new ConnectionError(addressOf(target), `${problem}; is the name of the host right, and does DNS know it?`, {
      cause,
    })
  const found = await abortable(find(dialled.host), signal).catch((cause: unknown) => {
    throw signal.aborted ? cause : without((cause as Error).message, cause)
  })
  if (found.length === 0) throw without('its host has no address')
  return found
}

async function openFirst(
  way: SocketTarget,
  addresses: readonly LookupAddress[],
  { signal, progress }: Opening,
): Promise<OpenSocket> {
  const pause = pauseBetween(addresses.length, way.timeout)
  const attempt = (address: LookupAddress, limit: AbortSignal): Promise<OpenSocket> =>
    openOne(way, at(address), { signal: limit, progress })
  try {
    const discard = ({ socket }: OpenSocket): void => void socket.destroy()
    return await firstOf(inTurns(addresses), { pause, signal, attempt, discard })
  } catch (cause) {
    if (!(cause instanceof AggregateError)) throw cause
    const problems = (cause.errors as unknown[]).map(problemOf).join('; ')
    const problem = `none of its ${addresses.length} addresses can be reached: ${problems}`
    throw new ConnectionError(addressOf(way.target), problem, { cause })
  }
}

async function openPath(way: SocketTarget, path: string, opening: Opening): Promise<OpenSocket> {
  try {
    return await openOne(way, {}, opening)
  } catch (error) {
    if (opening.signal.aborted || !(error instanceof ConnectionError)) throw error
    const { message, code } = error.cause as NodeJS.ErrnoException
    const problem = `${message}; ${socketAdvice(await abortable(lookAt(path), opening.signal), code)}`
    throw new ConnectionError(error.address, problem, { cause: error.cause })
  }
}

/** What a socket is opened with beside host and port. */
interface Place {
  readonly lookup?: LookupFunction
  readonly autoSelectFamily?: boolean
}

function at(address: LookupAddress): Place {
  return { lookup: pinned(address), autoSelectFamily: false }
}

function openOne(
  { target, dialled, tls }: SocketTarget,
  place: Place,
  { signal, progress }: Opening,
): Promise<OpenSocket> {
  progress.waitsFor = 'TCP; is the server up, and does the network let us through?'
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const reads = new ReadBuffer()
    const way = { ...(dialled.path === undefined ? dialled : { path: dialled.path }), ...place, onread: reads.onread }
    const socket = tls === undefined ? connectTcp(way) : builtins.tls.connect({ ...serverName(target), ...tls, ...way })
    const settle = (): void => {
      socket.off('error', fail)
      stop()
    }
    const fail = (error: Error): void => {
      settle()
      socket.destroy()
      const problem = `${error.message || String(error)}; ${certificateAdvice(error) ?? adviceFor(socket)}`
      reject(new ConnectionError(addressOf(target), problem, { cause: error }))
    }
    socket.on('error', fail)
    // Deno tells errors before whoever is given the socket can listen, and after it was destroyed.
    socket.on('error', () => {})
    if (tls !== undefined) socket.once('connect', () => (progress.waitsFor = 'TLS; does the server speak TLS there?'))
    const stop = onAbort(signal, () => {
      settle()
      socket.destroy()
      reject(signal.reason as Error)
    })
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
