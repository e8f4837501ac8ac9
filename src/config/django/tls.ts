import { accessSync, constants } from 'node:fs'
import type { SecureVersion } from 'node:tls'
import type { TlsOptions } from '../../connection/options.js'
import { ConfigurationError } from '../../errors.js'
import { show } from '../../units.js'
import { defined } from '../defined.js'
import type { Draft, TlsDraft } from './draft.js'
import { text, truth } from './values.js'

/**
 * `ssl_cert_reqs`: whether a certificate must be valid.
 * Source: valkey-py SSLConnection; `None` is `none`, numbers are those of Python's ssl.VerifyMode
 */
export function certReqs(value: unknown, path: string): TlsDraft {
  const verify = verifyByCertReqs.get(value)
  if (verify === undefined)
    throw new ConfigurationError(path, `expected 'none', 'optional' or 'required', got ${show(value)}`)
  return { verify }
}

export function checkHostname(value: unknown, path: string): TlsDraft {
  return { checkHostname: truth(value, path) }
}

export function caCerts(value: unknown, path: string): TlsDraft {
  return { caFile: pemFile(value, path) }
}

export function clientCertificate(value: unknown, path: string): TlsDraft {
  return { cert: pemFile(value, path) }
}

export function clientKey(value: unknown, path: string): TlsDraft {
  return { key: pemFile(value, path) }
}

/** The password of the key's file. */
export function clientKeyPassword(value: unknown, path: string): TlsDraft {
  if (typeof value === 'string') return { passphrase: value }
  throw new ConfigurationError(path, 'expected a text')
}

/** The path, of which it is seen at once whether the file can be read. A text that is PEM itself is never shown. */
function pemFile(value: unknown, path: string): string {
  const file = text(value, path)
  if (file.includes('-----BEGIN'))
    throw new ConfigurationError(path, 'expected the path of a PEM file, and got its contents')
  try {
    accessSync(file, constants.R_OK)
    return file
  } catch (cause) {
    throw new ConfigurationError(path, `cannot read the file ${show(file)}`, { cause })
  }
}

export function caData(value: unknown, path: string): TlsDraft {
  return { caData: text(value, path) }
}

/** `ssl_min_version`: a name such as `TLSv1_2` or `TLSv1.2`, or the number of Python's ssl.TLSVersion. */
export function minVersion(value: unknown, path: string): TlsDraft {
  const version = secureVersions.get(typeof value === 'string' ? value.replace('_', '.') : value)
  if (version === undefined)
    throw new ConfigurationError(path, `expected for example 'TLSv1.2', or Python's number of it, got ${show(value)}`)
  return { minVersion: version }
}

export function ciphers(value: unknown, path: string): TlsDraft {
  return { ciphers: text(value, path) }
}

/**
 * TLS as options; `undefined` where the location decides alone.
 * @param secure whether every location says TLS
 * @throws {ConfigurationError} E_CONFIG when `ssl_…` is given without TLS and without `ssl: false`
 */
export function tlsOf({ ssl, tls }: Draft, secure: boolean, path: string): true | TlsOptions | undefined {
  const on = secure || ssl === true
  if (!on && tls !== undefined && ssl !== false)
    throw new ConfigurationError(
      path,
      'ssl_… needs TLS: a location with valkeys://, or ssl: true; false switches it off',
    )
  if (!on) return undefined
  return tls === undefined ? ssl || undefined : tlsOptions(tls)
}

function tlsOptions({
  verify,
  checkHostname: check,
  caFile,
  caData: data,
  minVersion: least,
  ...others
}: TlsDraft): TlsOptions {
  const ca = [caFile, data].filter((pem) => pem !== undefined)
  return {
    ...(verify !== undefined && { rejectUnauthorized: verify }),
    ...(check === false && { checkServerIdentity: anyName }),
    ...(ca.length > 0 && { ca }),
    ...(least !== undefined && { minVersion: least }),
    ...defined(others),
  }
}

/** One function for all caches, so that they can share connections. */
function anyName(): undefined {
  return undefined
}

const verifyByCertReqs: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  [null, false],
  [false, false],
  ['none', false],
  [0, false],
  ['optional', true],
  [1, true],
  [true, true],
  ['required', true],
  [2, true],
])

const secureVersions: ReadonlyMap<unknown, SecureVersion> = new Map<unknown, SecureVersion>([
  ['TLSv1', 'TLSv1'],
  [769, 'TLSv1'],
  ['TLSv1.1', 'TLSv1.1'],
  [770, 'TLSv1.1'],
  ['TLSv1.2', 'TLSv1.2'],
  [771, 'TLSv1.2'],
  ['TLSv1.3', 'TLSv1.3'],
  [772, 'TLSv1.3'],
])
