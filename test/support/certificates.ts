import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const openssl = promisify(execFile)

/** Where a certificate lies, and what it says. */
export interface Certificate {
  readonly certFile: string
  readonly keyFile: string
  readonly cert: string
  readonly key: string
}

/** An authority that only this test trusts. */
export async function makeAuthority(folder: string, name: string): Promise<Certificate> {
  const extensions = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign']
  return make(folder, name, ['-subj', `/CN=${name}`, ...extensions])
}

/** A server's certificate, signed by the authority, for the names: `DNS:localhost`, `IP:127.0.0.1`. */
export async function makeCertificate(
  folder: string,
  { certFile, keyFile }: Certificate,
  names: string,
): Promise<Certificate> {
  const signed = ['-CA', certFile, '-CAkey', keyFile, '-subj', '/CN=server', '-addext', `subjectAltName=${names}`]
  return make(folder, names.replaceAll(/[^\w.]/g, '-'), [...signed, '-addext', 'basicConstraints=critical,CA:FALSE'])
}

/** A server's certificate that nobody but the server itself answers for. */
export async function makeSelfSigned(folder: string, names: string): Promise<Certificate> {
  return make(folder, `self-${names.replaceAll(/[^\w.]/g, '-')}`, [
    '-subj',
    '/CN=server',
    '-addext',
    `subjectAltName=${names}`,
  ])
}

/** The key of a certificate as PEM that needs the passphrase. */
export async function makeEncryptedKey({ keyFile }: Certificate, passphrase: string): Promise<string> {
  const { stdout } = await openssl('openssl', ['pkcs8', '-topk8', '-in', keyFile, '-passout', `pass:${passphrase}`])
  return stdout
}

async function make(folder: string, name: string, options: readonly string[]): Promise<Certificate> {
  const [certFile, keyFile, config] = ['crt', 'key', 'cnf'].map((end) => join(folder, `${name}.${end}`)) as [
    string,
    string,
    string,
  ]
  await writeFile(config, '[req]\ndistinguished_name = subject\n[subject]\n')
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile]
  await openssl('openssl', ['req', '-x509', '-config', config, ...key, '-out', certFile, '-days', '2', ...options])
  return { certFile, keyFile, cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') }
}
