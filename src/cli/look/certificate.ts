import type { PeerCertificate } from 'node:tls'
import { isIP } from 'node:net'
import { builtins } from '../../builtins.js'
import type { NodeTarget } from '../../connection/connection.js'
import { readTls, type TlsOptions } from '../../connection/tls-files.js'
import type { Milliseconds } from '../../units.js'
import type { CertificateFacts } from './facts.js'

/** How the server is reached. */
export interface CertificateContext {
  readonly tls: TlsOptions
  readonly dialled: NodeTarget
  readonly timeout: Milliseconds
}

/**
 * Looks at the certificate that a server shows, also at one that is not trusted or over. Nothing is sent on the connection.
 * @returns `undefined` where none was shown in time
 * @throws {ConfigurationError} E_CONFIG for files that cannot be used
 */
export function lookAtCertificate(
  { host }: NodeTarget,
  { tls, dialled, timeout }: CertificateContext,
): Promise<CertificateFacts | undefined> {
  return new Promise((resolve) => {
    const { host: dialledHost, port } = dialled
    const name = isIP(host) === 0 && host !== '' ? { servername: host } : {}
    const socket = builtins.tls.connect({
      ...name,
      ...readTls(tls, 'tls'),
      host: dialledHost,
      port,
      rejectUnauthorized: false,
      timeout,
    })
    const settle = (certificate?: PeerCertificate): void => {
      socket.destroy()
      const until = Date.parse(certificate?.valid_to ?? '')
      resolve(Number.isNaN(until) ? undefined : { until })
    }
    socket.once('secureConnect', () => settle(socket.getPeerCertificate()))
    socket.once('timeout', () => settle())
    socket.on('error', () => settle())
  })
}
