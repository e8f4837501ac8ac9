import { ConfigurationError } from '../../errors.js'
import { show } from '../../units.js'
import { parseFlag, readLocation, splitLocations, type ServerLocation } from '../location.js'
import type { Draft } from './draft.js'
import { readNames, type Warn } from './read-names.js'
import type { Dictionary } from './values.js'

/** One location of a cache, and where it stands. */
export interface PlacedLocation extends ServerLocation {
  readonly path: string
}

/**
 * `LOCATION`: a URL, a comma list or a list of them.
 * @throws {ConfigurationError} E_CONFIG when there is none, or one cannot be read
 */
export function readLocations(value: unknown, path: string): readonly PlacedLocation[] {
  if (!value || (Array.isArray(value) && value.length === 0))
    throw new ConfigurationError(path, 'Missing connections string: expected valkey://…, or a list of them')
  return splitLocations(value as string | readonly string[], path).map((location) => {
    const read = readLocation(location.text, location.path)
    if (read.kind === 'server') return { ...read, path: location.path }
    throw new ConfigurationError(location.path, 'memory:// is not for Django; expected valkey://…')
  })
}

/**
 * What the queries say beside db and role; the connections of a cache are all alike, so they must agree.
 * @throws {ConfigurationError} E_CONFIG for an unknown name, a value that cannot be used, or a difference
 */
export function readQueries(locations: readonly PlacedLocation[], warn: Warn): Draft {
  const [first, ...others] = locations
  if (first === undefined) return {}
  const odd = others.find(({ query }) => !sameQuery(query, first.query))
  if (odd !== undefined)
    throw new ConfigurationError(odd.path, `its query must be that of ${first.path}, db, is_master and role excepted`)
  return readNames({ place: 'LOCATION query', values: queryValues(first), path: first.path }, warn)
}

/**
 * A location as our own options take it: no other query, a number as database, and under Sentinel a service without a port.
 * @param database what stands for a path that is no number
 * @throws {ConfigurationError} E_CONFIG when a service has no name
 */
export function ownLocation(location: PlacedLocation, sentinel: boolean, database: number, warn: Warn): string {
  const { path, host, port, socket, databasePath } = location
  if (sentinel && socket !== undefined)
    throw new ConfigurationError(path, 'under Sentinel LOCATION names the service, and no socket')
  if (sentinel && host === '') throw new ConfigurationError(path, 'the service name is empty')
  if (sentinel && port !== undefined) warn(path, 'a service has no port; it is left out')
  if (databasePath === undefined) return formatLocation(location, sentinel)
  const number = location.database ?? database
  warn(path, `the path ${show(databasePath)} is not a number; database ${number} is used`)
  return formatLocation({ ...location, database: number }, sentinel)
}

/**
 * A location to the letter, for the ring of ShardClient hashes its text.
 * @throws {ConfigurationError} E_CONFIG when something of it has no place in a location of ours
 */
export function shardLocation(location: PlacedLocation, text: string, sentinel: boolean): string {
  const change = changeNeeded(location, text, sentinel)
  if (change === undefined) return text
  throw new ConfigurationError(
    location.path,
    `ShardClient finds keys by the text of LOCATION, which is taken as it stands: ${change}, on both sides`,
  )
}

function changeNeeded(location: PlacedLocation, text: string, sentinel: boolean): string | undefined {
  const { host, port, socket, databasePath, role, query } = location
  const [argument] = query.keys()
  if (text !== text.trim()) return 'take out the blanks around it'
  if (argument !== undefined) return `write ${argument} in CONNECTION_POOL_KWARGS`
  if (databasePath !== undefined) return 'write the database as a number'
  if (role !== undefined) return 'leave is_master and role out'
  if (sentinel && (port !== undefined || socket !== undefined)) return 'name the service alone'
  return host === '' && socket === undefined ? `name the ${sentinel ? 'service' : 'host'}` : undefined
}

function formatLocation(location: ServerLocation, sentinel: boolean): string {
  const { secure, host, port, socket, username = '', password, database, role } = location
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`
  const user = username + secret === '' ? '' : `${encodeURIComponent(username)}${secret}@`
  const isPrimary = role === undefined ? [] : [`is_master=${role === 'primary' ? 1 : 0}`]
  if (socket !== undefined) {
    const query = [...(database === undefined ? [] : [`db=${database}`]), ...isPrimary].join('&')
    return `unix://${user}${socket.split('/').map(encodeURIComponent).join('/')}${query && `?${query}`}`
  }
  const name = host.includes(':') ? `[${host}]` : encodeURIComponent(host || 'localhost')
  const address = sentinel || port === undefined ? name : `${name}:${port}`
  const path = database === undefined ? '' : `/${database}`
  const query = isPrimary.map((flag) => `?${flag}`).join('')
  return `valkey${secure ? 's' : ''}://${user}${address}${path}${query}`
}

function sameQuery(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  return one.size === other.size && [...one].every(([name, value]) => other.get(name) === value)
}

/** Source: valkey-py URL_QUERY_ARGUMENT_PARSERS; an empty value counts as not given. */
function queryValues({ query, path }: PlacedLocation): Dictionary {
  const values = [...query].map(([name, text]) => [name, queryValue(name, text, `${path}?${name}`)] as const)
  return Object.fromEntries(values)
}

function queryValue(name: string, text: string, path: string): unknown {
  if (text === '') return undefined
  if (flags.has(name)) return parseFlag(text, path)
  if (!numbers.has(name)) return text
  const number = Number(text)
  if (Number.isNaN(number)) throw new ConfigurationError(path, `expected a number, got ${show(text)}`)
  return number
}

const flags: ReadonlySet<string> = new Set([
  'socket_keepalive',
  'retry_on_timeout',
  'client_capa_redirect',
  'ssl_check_hostname',
  'ssl',
])

const numbers: ReadonlySet<string> = new Set([
  'max_connections',
  'health_check_interval',
  'socket_timeout',
  'socket_connect_timeout',
  'timeout',
  'protocol',
])
