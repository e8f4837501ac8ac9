import type { Role } from '../connection/connection.js'
import { longestSocketPath } from '../connection/resp/socket-file.js'
import { ConfigurationError } from '../errors.js'
import { show } from '../units.js'

/** One server or service, as a location names it; everything is percent-decoded. */
export interface ServerLocation {
  readonly kind: 'server'
  /** `valkeys://` and `rediss://`. */
  readonly secure: boolean
  /** A host, or the service's name under Sentinel; its case is kept. */
  readonly host: string
  /** `undefined` where the location names none: under Sentinel there is none. */
  readonly port: number | undefined
  /** The path of a unix socket; host and port say nothing then. */
  readonly socket: string | undefined
  readonly username: string | undefined
  readonly password: string | undefined
  readonly database: number | undefined
  /** What stands in the database's place and is not a number. */
  readonly databasePath: string | undefined
  readonly role: Role | undefined
  /** What the query says beside `db`, `is_master` and `role`. */
  readonly query: ReadonlyMap<string, string>
}

/** Where a cache lives. */
export type Location = { readonly kind: 'memory' } | ServerLocation

/** A location and where it stands in the options. */
export interface LocationText {
  readonly text: string
  readonly path: string
}

/**
 * Reads one location.
 * Shape: `valkey[s]://[user[:password]@]host[:port][/database][?db=&is_master=0|1&role=primary|replica]`, the same
 * with `redis[s]`, `unix://[user[:password]@]/path/of/socket[?db=&…]`, or `memory://`. Not read by `URL`, which lower-cases service names and refuses comma lists.
 * @throws {ConfigurationError} E_CONFIG; the message never shows what may be part of a password
 */
export function parseLocation(text: string, path: string): Location {
  const location = readLocation(text, path)
  if (location.kind === 'server') refuseLeftovers(location, path)
  return location
}

/** As {@link parseLocation}, but leaves it to the caller to judge an empty host, `databasePath` and `query`. */
export function readLocation(text: string, path: string): Location {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(text) ?? []
  const kind = /^unix:/i.test(text) ? 'unix' : scheme.toLowerCase()
  if (kind === 'unix') return readUnix(text, path)
  if (kind === 'memory') return memory(rest, path)
  const secure = secureByScheme.get(kind)
  if (secure === undefined)
    throw new ConfigurationError(path, 'expected valkey://, valkeys://, redis://, rediss://, unix:// or memory://')
  return readServer(rest, secure, path)
}

/**
 * The single locations of a comma list or an array, with their paths.
 * @throws {ConfigurationError} E_CONFIG when there is none, or one is empty
 */
export function splitLocations(location: string | readonly string[], path: string): readonly LocationText[] {
  const texts: readonly unknown[] = typeof location === 'string' ? location.split(',') : asArray(location, path)
  if (texts.length === 0) throw new ConfigurationError(path, 'names no server')
  const single = typeof location === 'string' && texts.length === 1
  return texts.map((text, index) => locationText(text, single ? path : `${path}[${index}]`))
}

/**
 * `1` and its like, `0` and its like, or `undefined` for an empty text.
 * Source: valkey-py to_bool, which takes any other text as true; here that is an error
 */
export function parseFlag(text: string, path: string): boolean | undefined {
  if (text === '') return undefined
  if (/^(1|t|true|y|yes)$/i.test(text)) return true
  if (/^(0|f|false|n|no)$/i.test(text)) return false
  throw new ConfigurationError(path, `expected 0 or 1, got ${show(text)}`)
}

/** A port as text; `undefined` when it is none from 1 to 65535. */
export function parsePort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return port >= 1 && port <= 65_535 ? port : undefined
}

/** `host`, `host:port`, `[::1]:port`; the port as it stands, `undefined` when this is no such text. */
export function splitHostPort(text: string): { host: string; port: string } | undefined {
  const [, bracketed, host = bracketed, port = ''] = /^(?:\[([^[\]]+)\]|([^:[\]]*))(?::(.*))?$/s.exec(text) ?? []
  return host === undefined ? undefined : { host, port }
}

function memory(rest: string, path: string): Location {
  if (rest === '') return { kind: 'memory' }
  throw new ConfigurationError(path, 'memory:// takes nothing behind it')
}

function readServer(rest: string, secure: boolean, path: string): ServerLocation {
  const [whole, authority = '', pathname = '', search = ''] = /^([^/?#]*)([^?#]*)(?:\?([^#]*))?$/s.exec(rest) ?? []
  if (whole === undefined || rest.slice(authority.length).includes('@'))
    throw new ConfigurationError(path, "a '/', '?', '#' or '@' in a user, password or query must be percent-encoded")
  const place = readAuthority(authority, path)
  return { kind: 'server', secure, socket: undefined, ...place, ...readSearch(search, pathname, path) }
}

function readUnix(text: string, path: string): ServerLocation {
  const parts = /^unix:(?:\/\/([^/?#]*@)?)?(\/(?!\/)[^?#@]+)(?:\?([^#@]*))?$/is.exec(text)
  if (parts === null)
    throw new ConfigurationError(
      path,
      "expected unix:///path/of/socket; a '/', '?', '#' or '@' elsewhere must be percent-encoded",
    )
  const [, userinfo = '', encoded = '', search = ''] = parts
  const socket = decode(encoded)
  checkLength(socket, path)
  return { kind: 'server', secure: false, socket, ...readAuthority(userinfo, path), ...readSearch(search, '', path) }
}

/** A system cuts off what is too long, and would look for another socket. */
function checkLength(socket: string, path: string): void {
  const [bytes, most] = [Buffer.byteLength(socket), longestSocketPath(process.platform)]
  if (bytes > most)
    throw new ConfigurationError(
      path,
      `the path of the socket has ${bytes} bytes, and systems take ${most}; use a shorter one, or a link to its folder`,
    )
}

/** What the query says, and the database that stands in it or in the path. */
function readSearch(
  search: string,
  pathname: string,
  path: string,
): Pick<ServerLocation, 'database' | 'databasePath' | 'role' | 'query'> {
  const query = readQuery(search, path)
  const database = databaseIn(query.get('db'), pathname, path)
  const role = roleIn(query, path)
  for (const known of ['db', 'is_master', 'role']) query.delete(known)
  return { ...database, role, query }
}

function readAuthority(
  authority: string,
  path: string,
): Pick<ServerLocation, 'host' | 'port' | 'username' | 'password'> {
  const [, userinfo = '', address = ''] = /^(?:(.*)@)?(.*)$/s.exec(authority) ?? []
  const [, username = '', password = ''] = /^([^:]*)(?::(.*))?$/s.exec(userinfo) ?? []
  const { host, port } = splitHostPort(address) ?? fail(path, 'expected a host, or host:port; IPv6 in brackets')
  return {
    host: decode(host),
    port: port === '' ? undefined : (parsePort(port) ?? fail(path, 'the port must be a number from 1 to 65535')),
    username: decode(username) || undefined,
    password: decode(password) || undefined,
  }
}

function readQuery(search: string, path: string): Map<string, string> {
  const query = new Map<string, string>()
  for (const pair of search.split('&')) {
    if (pair === '') continue
    const [, name = '', value = ''] = /^([^=]*)=?(.*)$/s.exec(pair.replaceAll('+', ' ')) ?? []
    if (query.has(decode(name))) throw new ConfigurationError(`${path}?${decode(name)}`, 'is given more than once')
    query.set(decode(name), decode(value))
  }
  return query
}

/** Source: valkey-py parse_url: `?db=` wins over the path. */
function databaseIn(
  db: string | undefined,
  pathname: string,
  path: string,
): Pick<ServerLocation, 'database' | 'databasePath'> {
  const named = decode(pathname).replace(/^\//, '').replace(/\/$/, '')
  if (/^-\d+$/.test(named)) throw new ConfigurationError(path, 'the database must be a whole number from 0')
  const inPath = wholeNumber(named)
  const databasePath = named === '' || inPath !== undefined ? undefined : named
  if (!db) return { database: inPath, databasePath }
  return { database: wholeNumber(db) ?? fail(`${path}?db`, 'the database must be a whole number from 0'), databasePath }
}

function roleIn(query: ReadonlyMap<string, string>, path: string): Role | undefined {
  const isPrimary = parseFlag(query.get('is_master') ?? '', `${path}?is_master`)
  const byFlag = isPrimary === undefined ? undefined : isPrimary ? 'primary' : 'replica'
  const named = query.get('role') || undefined
  if (named !== undefined && named !== 'primary' && named !== 'replica')
    throw new ConfigurationError(`${path}?role`, `expected primary or replica, got ${show(named)}`)
  if (named !== undefined && byFlag !== undefined && named !== byFlag)
    throw new ConfigurationError(`${path}?role`, 'contradicts is_master; keep one of them')
  return named ?? byFlag
}

function refuseLeftovers({ host, socket, databasePath, query }: ServerLocation, path: string): void {
  if (host === '' && socket === undefined) throw new ConfigurationError(path, 'names no host or service')
  if (databasePath !== undefined)
    throw new ConfigurationError(path, `the database must be a number, got ${show(databasePath)}`)
  for (const name of query.keys())
    throw new ConfigurationError(`${path}?${name}`, 'unknown; a location knows db, is_master and role')
}

function locationText(text: unknown, path: string): LocationText {
  if (typeof text !== 'string') throw new ConfigurationError(path, `expected a text, got ${show(text)}`)
  if (text.trim() === '') throw new ConfigurationError(path, 'is empty')
  return { text: text.trim(), path }
}

function asArray(location: unknown, path: string): readonly unknown[] {
  if (Array.isArray(location)) return location
  throw new ConfigurationError(path, `expected a text or an array of texts, got ${show(location)}`)
}

function wholeNumber(text: string): number | undefined {
  const number = /^\d+$/.test(text) ? Number(text) : NaN
  return Number.isSafeInteger(number) ? number : undefined
}

/** As Python's unquote: what is no escape stays as it is. */
function decode(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString())
}

function fail(path: string, problem: string): never {
  throw new ConfigurationError(path, problem)
}

const secureByScheme: ReadonlyMap<string, boolean> = new Map([
  ['valkey', false],
  ['redis', false],
  ['valkeys', true],
  ['rediss', true],
])
