import { isIP } from 'node:net'
import type { Planned } from '../group/config.js'
import type { GroupParts } from '../group/start.js'
import { freePort, loopback } from '../ports.js'
import { nodeConfig, type ServerConfig } from '../server/config-file.js'
import type { Place } from '../server/place.js'
import type { LabServer } from '../server/server.js'
import { nodesFile, randomId, type FileEntry } from './nodes-file.js'
import type { ResolvedClusterOptions } from './options.js'

/** Where a node stands in the cluster. */
export interface ClusterPlace extends Place {
  /** Where it listens for the cluster bus, which never goes through a proxy. */
  readonly busPort: number
  readonly id: string
  readonly shardId: string
}

/** A server with its place. */
export interface ClusterNode {
  readonly server: LabServer
  readonly place: ClusterPlace
}

/** Finds a place for one node of a shard. */
export async function placeNode(
  { place }: GroupParts,
  options: ResolvedClusterOptions,
  shardId: string,
): Promise<ClusterPlace> {
  return { ...(await place(options)), busPort: await freePort(), id: randomId(), shardId }
}

/** A node before it is made; it starts with this picture of the cluster, in which it stands itself. */
export function planNode(place: ClusterPlace, entries: readonly FileEntry[], options: ResolvedClusterOptions): Planned {
  const password = options.config['requirepass']
  return {
    place,
    config: {
      ...nodeConfig(place.port),
      ...place.config,
      'repl-diskless-load': 'on-empty-db',
      ...clusterConfig(place, options),
      ...(password === undefined ? {} : { masterauth: password }),
      ...options.config,
    },
    files: { [fileName]: nodesFile(entries, place.id, options.features) },
  }
}

export function entryOf({ id, shardId, known, busPort }: ClusterPlace): FileEntry {
  return { id, shardId, port: known.port, busPort }
}

/** A node announces where clients and replicas are to dial it: its proxy, where it has one. */
function clusterConfig(place: ClusterPlace, { nodeTimeout, tls, host }: ResolvedClusterOptions): ServerConfig {
  const announced = tls ? 'cluster-announce-tls-port' : 'cluster-announce-port'
  return {
    'cluster-enabled': 'yes',
    'cluster-config-file': fileName,
    'cluster-port': String(place.busPort),
    'cluster-node-timeout': String(nodeTimeout),
    'cluster-announce-ip': isIP(host) ? host : loopback,
    [announced]: String(place.known.port),
    ...(tls && { 'tls-cluster': 'yes' }),
    ...(isIP(host) ? {} : { 'cluster-announce-hostname': host, 'cluster-preferred-endpoint-type': 'hostname' }),
  }
}

const fileName = 'nodes.conf'
