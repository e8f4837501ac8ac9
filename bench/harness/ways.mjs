// A server that is reached in every way, for rows about those.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../dist/lab/index.js'

/** @returns its `host` and `port`, and `ways`: the path of its unix socket, its TLS port and the authority of that */
export async function startInEveryWay(lab) {
  const [cert, key, path] = ['ways.crt', 'ways.key', 'ways.sock'].map((name) => join(lab.folder, name))
  makeCertificate(cert, key)
  const securePort = await freePort()
  const files = { 'tls-cert-file': cert, 'tls-key-file': key, 'tls-ca-cert-file': cert, 'tls-auth-clients': 'no' }
  const config = { unixsocket: path, 'tls-port': String(securePort), ...files }
  const { host, port } = await lab.server({ config })
  return { host, port, ways: { path, securePort, ca: readFileSync(cert, 'utf8') } }
}

/** Of itself, for 127.0.0.1. */
function makeCertificate(cert, key) {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key]
  const names = ['-subj', '/CN=server', '-addext', 'subjectAltName=IP:127.0.0.1']
  execFileSync('openssl', ['req', '-x509', ...curve, '-out', cert, '-days', '2', ...names], { stdio: 'ignore' })
}
