import type { NodeTarget } from '../connection/connection.js'
import { ConfigurationError } from '../errors.js'
import { isReadFrom, type ReadFrom } from '../topology/read-from.js'
import { show } from '../units.js'
import { parseLocation, splitLocations, type LocationText, type ServerLocation } from './location.js'

/** What the locations of a cache come to. */
export interface Servers {
  /** What all of them share: scheme, credentials, database. */
  readonly common: ServerLocation
  /**
   * `'single'`: one node · `'static'`: named nodes with roles · `'sentinel'`: a service that sentinels know · `'cluster'`:
   * some nodes of a cluster.
   */
  readonly kind: 'single' | 'static' | 'sentinel' | 'cluster'
  readonly primary: NodeTarget | undefined
  readonly replicas: readonly NodeTarget[]
  /** The nodes of a cluster that are named. */
  readonly seeds: readonly NodeTarget[]
  /** Whether the locations name a primary, replicas, or both. */
  readonly roles: 'primary' | 'replica' | 'both' | 'open'
  readonly path: string
}

/** What locations name: servers, a service that sentinels monitor, or nodes of a cluster. */
export type Named = 'servers' | 'service' | 'cluster'

/** @returns `undefined` for `memory://` */
export function readServers(location: string | readonly string[], path: string, named: Named): Servers | undefined {
  return serversAt(splitLocations(location, path), path, named)
}

/** What some of the locations come to. @returns `undefined` for `memory://` */
export function serversAt(locations: readonly LocationText[], path: string, named: Named): Servers | undefined {
  const entries = locations.map(({ text, path: at }) => ({ at, location: parseLocation(text, at) }))
  const servers = entries.flatMap(({ at, location: one }) => (one.kind === 'server' ? [{ ...one, at }] : []))
  const [common] = servers
  if (common === undefined && entries.length === 1) return undefined
  if (common === undefined || servers.length < entries.length) throw new ConfigurationError(path, notWithMemory)
  for (const server of servers) {
    checkAgreement(server, common)
    if (named === 'service') checkService(server, common)
    if (named === 'cluster') checkSeed(server)
  }
  return { ...nothing, ...readers[named](servers, path), common, path }
}

export const notWithMemory = 'memory:// stands alone; name servers or memory, not both'

type Reading = Pick<Servers, 'kind' | 'roles'> & Partial<Pick<Servers, 'primary' | 'replicas' | 'seeds'>>

const nothing = { primary: undefined, replicas: [], seeds: [] }
const readers: Readonly<Record<Named, (servers: readonly Server[], path: string) => Reading>> = {
  servers: asNodes,
  service: asService,
  cluster: asSeeds,
}

interface Server extends ServerLocation {
  readonly at: string
}

/** Sentinel knows the addresses; the locations say which roles are used. */
function asService(servers: readonly Server[]): Reading {
  return { kind: 'sentinel', roles: rolesOf(servers) }
}

/** The cluster says which node has which role. */
function asSeeds(servers: readonly Server[]): Reading {
  return { kind: 'cluster', roles: 'open', seeds: servers.map(targetOf) }
}

function asNodes(servers: readonly Server[], path: string): Reading {
  const roles = rolesOf(servers)
  const primaries = servers.filter((server, index) => isPrimary(server, index))
  if (primaries.length > 1) throw new ConfigurationError(path, 'names more than one primary; there can be one')
  const replicas = servers.filter((server) => !primaries.includes(server)).map(targetOf)
  const kind = servers.length === 1 ? 'single' : 'static'
  return { kind, primary: primaries[0] && targetOf(primaries[0]), replicas, roles }
}

function rolesOf(servers: readonly Server[]): Servers['roles'] {
  if (servers.length === 1) return servers[0]?.role ?? 'open'
  const named = new Set(servers.map((server, index) => (isPrimary(server, index) ? 'primary' : 'replica')))
  return named.size === 2 ? 'both' : named.has('primary') ? 'primary' : 'replica'
}

/** Where no role is given, the first location is the primary and the others are replicas. */
function isPrimary({ role }: Server, index: number): boolean {
  return role === undefined ? index === 0 : role === 'primary'
}

export function targetOf({ host, port = 6379, socket }: ServerLocation): NodeTarget {
  return socket === undefined ? { host, port } : { host: '', port: 0, path: socket }
}

function checkAgreement(server: Server, first: Server): void {
  const shared = ['secure', 'username', 'password', 'database'] as const
  for (const part of shared)
    if (server[part] !== first[part])
      throw new ConfigurationError(server.at, `its ${part} differs from that of the first location`)
}

function checkService(server: Server, first: Server): void {
  if (server.socket !== undefined)
    throw new ConfigurationError(
      server.at,
      'under Sentinel the location names the service, valkey://<service>, and no socket',
    )
  if (server.port !== undefined)
    throw new ConfigurationError(server.at, 'under Sentinel the host is the service name; leave the port out')
  if (server.host !== first.host) throw new ConfigurationError(server.at, `names another service than '${first.host}'`)
}

function checkSeed({ at, socket, role }: Server): void {
  if (socket !== undefined)
    throw new ConfigurationError(
      at,
      'a node of a cluster is reached by host and port, for so the others name it; it cannot be a unix socket',
    )
  if (role !== undefined)
    throw new ConfigurationError(
      at,
      'a node of a cluster changes its role; leave ?role= out, and say which with readFrom',
    )
}

/** Where reads go when nothing is said. */
export function defaultReadFrom({ kind, roles }: Servers, client: unknown): ReadFrom {
  const knowsReplicas = kind === 'sentinel' && (client === 'sentinel' || client === 'shard')
  if (kind === 'cluster' || roles === 'both' || (roles === 'open' && knowsReplicas)) return 'replicaPreferred'
  return roles === 'replica' ? 'replica' : 'primary'
}

/** @throws {ConfigurationError} E_CONFIG when reads are wanted from a role that the locations leave out */
export function checkReadFrom({ roles, path }: Servers, readFrom: ReadFrom, at: string): void {
  isReadFrom(readFrom, at)
  const excluded = (roles === 'replica' && readFrom !== 'replica') || (roles === 'primary' && readFrom !== 'primary')
  if (excluded) throw new ConfigurationError(at, `${show(readFrom)} cannot be: ${path} names the ${roles} role only`)
}
