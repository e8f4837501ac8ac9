import type { KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import type { ConnectionOptions as TlsConnectOptions } from 'node:tls'
import { builtins } from '../builtins.js'
import { ConfigurationError } from '../errors.js'
import { show } from '../units.js'

/**
 * node:tls options; the server's certificate is verified unless `rejectUnauthorized` is `false`. `ca`, `cert` and `key`
 * are PEM, or paths of PEM files, which are read again once they have changed: the next connection has what they hold then.
 */
export type TlsOptions = TlsConnectOptions

/**
 * The TLS options of connections, whose files are read again once they have changed: a connection that is opened after
 * that has the new certificate. While what the files hold cannot be used, what they held before is.
 */
export class TlsFiles {
  readonly #options: TlsOptions
  readonly #paths: readonly string[]
  readonly #kept: (problem: string) => void
  #stamps = ''
  #read: TlsConnectOptions | undefined

  /** @param kept called with the reason when what the files hold cannot be used, and what they held before is */
  constructor(options: TlsOptions, kept: (problem: string) => void = () => {}) {
    this.#options = options
    this.#paths = pathsIn(options)
    this.#kept = kept
  }

  /**
   * The options for the next connection, with PEM in place of paths.
   * @throws {ConfigurationError} E_CONFIG when the files cannot be used, and could not before
   */
  get current(): TlsConnectOptions {
    const stamps = this.#paths.map(stampOf).join()
    if (this.#read !== undefined && stamps === this.#stamps) return this.#read
    try {
      this.#read = readTls(this.#options, 'tls')
      this.#stamps = stamps
    } catch (error) {
      if (this.#read === undefined) throw error
      this.#kept((error as Error).message)
    }
    return this.#read
  }
}

/**
 * Puts PEM in place of the paths in `ca`, `cert` and `key`, and checks that certificate and key belong together.
 * @param path where the options stand, for the messages; nothing of a key is ever shown
 * @throws {ConfigurationError} E_CONFIG at the option that has to change
 */
export function readTls(options: TlsOptions, path: string): TlsConnectOptions {
  const { ca, cert, key } = options
  const read = {
    ca: eachPem(ca, (text) => readPem(text, `${path}.ca`)),
    cert: eachPem(cert, (text) => readPem(text, `${path}.cert`)),
    key: eachPem(key, (text) => readKey(text, `${path}.key`)),
  }
  checkAuthorities(read.ca, `${path}.ca`)
  const ownKey = read.key ?? keyBeside(read.cert)
  checkPair({ ...options, cert: read.cert, key: ownKey }, path)
  const whole = {
    ...options,
    ...(read.ca !== undefined && { ca: read.ca }),
    ...(read.cert !== undefined && { cert: read.cert }),
    ...(ownKey !== undefined && { key: ownKey }),
  }
  if (options.privateKeyIdentifier === undefined) checkContext(whole, path)
  return whole
}

/** What a message says that was received may be a passphrase. */
function checkContext(options: TlsConnectOptions, path: string): void {
  try {
    builtins.tls.createSecureContext(options)
  } catch (error) {
    const problem = (error as Error).message.replace(/ Received .*/s, '')
    throw new ConfigurationError(path, `node:tls refuses it: ${problem}`)
  }
}

/** A certificate's file may hold its key as well, as Python's ssl_certfile does; so may each of several. */
function keyBeside(cert: TlsOptions['cert']): TlsOptions['key'] {
  return cert !== undefined && [cert].flat().every((one) => String(one).includes('PRIVATE KEY-----')) ? cert : undefined
}

function checkAuthorities(ca: TlsOptions['ca'], path: string): void {
  for (const one of ca === undefined ? [] : [ca].flat()) parseCertificate(one, path)
}

/** Several certificates, each with its key, are left to node:tls, as is the key that an engine holds. */
function checkPair({ cert, key, pfx, passphrase, privateKeyIdentifier }: TlsOptions, path: string): void {
  if (pfx !== undefined || privateKeyIdentifier !== undefined) return
  if (cert !== undefined && key === undefined)
    throw new ConfigurationError(`${path}.cert`, `needs its key beside it, in ${path}.key`)
  if (key !== undefined && cert === undefined)
    throw new ConfigurationError(`${path}.key`, `needs the certificate beside it, in ${path}.cert`)
  if (!isSingle(cert) || !isSingle(key)) return
  if (!parseCertificate(cert, `${path}.cert`).checkPrivateKey(parseKey(key, passphrase, `${path}.key`)))
    throw new ConfigurationError(
      `${path}.key`,
      `does not belong to the certificate in ${path}.cert; give the key of that`,
    )
}

function isSingle(pem: TlsOptions['cert'] | TlsOptions['key']): pem is string | Buffer {
  return typeof pem === 'string' || pem instanceof Buffer
}

function parseCertificate(pem: string | Buffer, path: string): X509Certificate {
  try {
    return new builtins.crypto.X509Certificate(pem)
  } catch (cause) {
    throw new ConfigurationError(
      path,
      'holds no certificate that can be read; expected PEM, or the path of a PEM file',
      {
        cause,
      },
    )
  }
}

function parseKey(pem: string | Buffer, passphrase: string | undefined, path: string): KeyObject {
  try {
    return builtins.crypto.createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase })
  } catch {
    const problem = pem.includes('ENCRYPTED')
      ? `is encrypted, and ${passphrase === undefined ? 'there is no passphrase' : 'the passphrase is another'}`
      : 'holds no private key that can be read; expected PEM, or the path of a PEM file'
    throw new ConfigurationError(path, problem)
  }
}

/** The same with each text read; what is no text is left as it is. */
function eachPem<Pem>(pem: Pem, read: (text: string) => string): Pem {
  const one = (part: unknown): unknown => (typeof part === 'string' ? read(part) : part)
  return (Array.isArray(pem) ? pem.map(one) : one(pem)) as Pem
}

function readPem(text: string, path: string): string {
  if (isPem(text)) return text
  try {
    return readFileSync(text, 'utf8')
  } catch (cause) {
    throw new ConfigurationError(path, `cannot read the file ${show(text)}; expected PEM, or the path of a PEM file`, {
      cause,
    })
  }
}

/** What is no file may be a key without its first line, so it is shown neither in the message nor in a cause. */
function readKey(text: string, path: string): string {
  if (isPem(text)) return text
  try {
    return readFileSync(text, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new ConfigurationError(path, `is no PEM, and no file that can be read (${code})`)
  }
}

function isPem(text: string): boolean {
  return text.includes('-----BEGIN')
}

function pathsIn({ ca, cert, key }: TlsOptions): readonly string[] {
  return [ca, cert, key].flat().filter((part) => typeof part === 'string' && !isPem(part)) as string[]
}

/** What differs once a file was written or replaced; links are followed. */
function stampOf(path: string): string {
  try {
    const { ino, mtimeNs, ctimeNs, size } = statSync(path, { bigint: true })
    return `${ino} ${mtimeNs} ${ctimeNs} ${size}`
  } catch {
    return 'none'
  }
}
