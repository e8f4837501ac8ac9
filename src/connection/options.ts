import { ConfigurationError } from '../errors.js'
import {
  checkNames,
  kindOf,
  show,
  toPositiveMilliseconds,
  toWholeNumber,
  type Duration,
  type Milliseconds,
} from '../units.js'
import { readTls, type TlsOptions } from './tls-files.js'

/** A text, or a function that is asked for it at each connect, so that credentials can rotate. */
export type Credential = string | (() => string | Promise<string>)

export type { TlsOptions }

/** How a server is reached and what one connection may hold. */
export interface ConnectionOptions {
  /** ACL user. @default the server's default user */
  readonly username?: Credential | undefined
  /** @default none */
  readonly password?: Credential | undefined
  /** `true`, or node:tls options, in which `ca`, `cert` and `key` may be paths. @default false */
  readonly tls?: boolean | TlsOptions | undefined
  /** Database number. @default 0 */
  readonly database?: number | undefined
  /** Shown by CLIENT LIST. @default none */
  readonly clientName?: string | undefined
  /** TCP, TLS, HELLO and SELECT together, in ms or as a literal. @default 1 s */
  readonly connectTimeout?: Duration | undefined
  /** What may wait on one connection; then OverflowError. @default 65536 commands, 64 MiB */
  readonly maxPending?: { readonly commands?: number; readonly bytes?: number } | undefined
}

export interface ResolvedConnectionOptions {
  readonly username: Credential | undefined
  readonly password: Credential | undefined
  /** `undefined`: plain TCP. */
  readonly tls: TlsOptions | undefined
  readonly database: number
  readonly clientName: string | undefined
  readonly connectTimeout: Milliseconds
  readonly maxPending: MaxPending
}

/** The most that may wait in one place. */
export interface MaxPending {
  readonly commands: number
  readonly bytes: number
}

/** @throws {ConfigurationError} E_CONFIG at `pathOf` the option */
export function resolveConnectionOptions(
  options: ConnectionOptions,
  pathOf: (option: string) => string,
): ResolvedConnectionOptions {
  const { username, password, tls = false, database = 0, clientName, connectTimeout = 1_000, maxPending = {} } = options
  for (const [name, value] of Object.entries({ username, password })) {
    if (value !== undefined && typeof value !== 'string' && typeof value !== 'function')
      throw new ConfigurationError(pathOf(name), 'expected a string or a function that returns one')
  }
  if (username !== undefined && password === undefined)
    throw new ConfigurationError(pathOf('username'), 'needs a password beside it')
  if (typeof tls !== 'boolean' && (tls === null || typeof tls !== 'object' || Symbol.iterator in tls))
    throw new ConfigurationError(pathOf('tls'), `expected true, false or node:tls options, got ${kindOf(tls)}`)
  if (typeof tls === 'object') readTls(tls, pathOf('tls'))
  if (clientName !== undefined && (typeof clientName !== 'string' || !/^[!-~]+$/.test(clientName)))
    throw new ConfigurationError(
      pathOf('clientName'),
      `expected printable ASCII without spaces, got ${show(clientName)}`,
    )
  return Object.freeze({
    username,
    password,
    tls: tls === true ? {} : tls === false ? undefined : tls,
    database: toWholeNumber(database, 0, pathOf('database')),
    clientName,
    connectTimeout: toPositiveMilliseconds(connectTimeout, pathOf('connectTimeout')),
    maxPending: resolveMaxPending(maxPending, pathOf('maxPending')),
  })
}

/** What may wait on one connection by default. */
export const usualMaxPending: MaxPending = { commands: 65_536, bytes: 64 * 1024 * 1024 }

function resolveMaxPending(maxPending: NonNullable<ConnectionOptions['maxPending']>, path: string): MaxPending {
  if (maxPending === null || typeof maxPending !== 'object')
    throw new ConfigurationError(path, `expected { commands, bytes }, got ${kindOf(maxPending)}`)
  const { commands = usualMaxPending.commands, bytes = usualMaxPending.bytes } = maxPending
  checkNames(maxPending, ['commands', 'bytes'], path)
  return Object.freeze({
    commands: toWholeNumber(commands, 1, `${path}.commands`),
    bytes: toWholeNumber(bytes, 1, `${path}.bytes`),
  })
}
