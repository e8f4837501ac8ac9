import { UnsupportedError } from '../../errors.js'
import type { Address, Reply, Role } from '../connection.js'
import { tellsZone, zoneOf } from '../zone.js'

/** What a server says of itself in its reply to HELLO; a field is `undefined` where the reply does not have it. */
export interface ServerHello {
  /** `valkey` or `redis`. */
  readonly server: string | undefined
  /** For example `8.0.1`. */
  readonly version: string | undefined
  /** `standalone`, `cluster` or `sentinel`. */
  readonly mode: string | undefined
  /** Sentinels have none. */
  readonly role: Role | undefined
  /** The number of our connection in the server's CLIENT LIST. */
  readonly clientId: number | undefined
  /** Its availability zone, `''` where it has none; `undefined` where the reply does not tell zones. */
  readonly zone: string | undefined
}

/** What a connection is for: the commands of a cache on plain servers or in a cluster, or questions to a sentinel. */
export type Purpose = 'data' | 'cluster' | 'sentinel'

/** Of a server that says nothing of itself. */
export const unknownServer: ServerHello = {
  server: undefined,
  version: undefined,
  mode: undefined,
  role: undefined,
  clientId: undefined,
  zone: undefined,
}

/** Reads the reply to HELLO 3. */
export function readHello(reply: Reply | undefined): ServerHello {
  const field = (name: string): unknown => (reply instanceof Map ? reply.get(name) : undefined)
  const text = (name: string): string | undefined => {
    const value = field(name)
    return typeof value === 'string' ? value : undefined
  }
  const id = field('id')
  const clientId = typeof id === 'number' ? id : undefined
  const [server, version] = [text('server'), text('version')]
  const zone = text('availability_zone') ?? (tellsZone(server, version) ? '' : undefined)
  return { server, version, mode: text('mode'), role: roleOf(field('role')), clientId, zone }
}

/** What a server without HELLO says of itself in its reply to INFO; nothing where it refuses that too. */
export function readInfo(reply: Reply | undefined): ServerHello {
  const info = typeof reply === 'string' ? reply : ''
  const field = (name: string): string | undefined => new RegExp(`^(?:${name}):(\\S+)`, 'm').exec(info)?.[1]
  const valkey = field('valkey_version')
  const version = valkey ?? field('redis_version')
  return {
    server: valkey === undefined ? version && 'redis' : 'valkey',
    version,
    mode: field('server_mode|redis_mode'),
    role: roleOf(field('role')),
    clientId: undefined,
    zone: info === '' ? undefined : zoneOf(info),
  }
}

/**
 * Refuses a server that cannot serve the purpose of the connection.
 * @throws {UnsupportedError} E_UNSUPPORTED that names what the server is, and what to set
 */
export function checkHello(address: Address, hello: ServerHello, purpose: Purpose | undefined): void {
  const problem = tooOld(hello) ?? wrongMode(hello, purpose)
  if (problem !== undefined) throw new UnsupportedError(`${address}: ${problem}.`)
}

function tooOld({ server, version = '' }: ServerHello): string | undefined {
  if (server !== 'redis' || !(Number.parseInt(version, 10) < oldestRedis)) return undefined
  return `is Redis ${version}, which lacks commands that are needed here; use Valkey, or Redis from ${oldestRedis}.0 on`
}

function wrongMode({ mode }: ServerHello, purpose: Purpose | undefined): string | undefined {
  if (purpose === 'data' && mode === 'sentinel')
    return 'is a sentinel, which keeps no values; name it in sentinels, and in location the service that it monitors: valkey://<service>'
  if (purpose === 'data' && mode === 'cluster') return "is a node of a cluster; set client: 'cluster'"
  if (purpose === 'cluster' && mode === 'sentinel')
    return "is a sentinel, and locations of client 'cluster' are nodes of the cluster; for Sentinel set client: 'sentinel', and name it in sentinels"
  if (purpose === 'cluster' && mode === 'standalone')
    return "is a server that belongs to no cluster (mode standalone); set client: 'default', or name nodes of the cluster"
  if (purpose === 'sentinel' && mode !== undefined && mode !== 'sentinel')
    return `is no sentinel but a server (mode ${mode}); name sentinels in sentinels, whose usual port is 26379`
  return undefined
}

function roleOf(role: unknown): Role | undefined {
  return role === 'master' ? 'primary' : role === 'replica' || role === 'slave' ? 'replica' : undefined
}

const oldestRedis = 7
