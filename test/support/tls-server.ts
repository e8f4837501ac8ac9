import type { NodeTarget } from '../../src/connection/connection.js'
import { freePort, type Lab, type LabServer } from '../../src/lab/index.js'
import type { Certificate } from './certificates.js'

/** A server that speaks TLS on one port, and plainly on the lab's own. */
export interface TlsServer {
  readonly server: LabServer
  readonly secure: NodeTarget
}

export async function startTlsServer(
  lab: Lab,
  { certFile, keyFile }: Certificate,
  config: Readonly<Record<string, string>> = {},
): Promise<TlsServer> {
  const port = await freePort()
  const files = { 'tls-cert-file': certFile, 'tls-key-file': keyFile, 'tls-ca-cert-file': certFile }
  const server = await lab.server({
    config: { 'tls-port': String(port), 'tls-auth-clients': 'no', ...files, ...config },
  })
  return { server, secure: { host: '127.0.0.1', port } }
}
