import { randomBytes } from 'node:crypto'
import { baseConfig, nodeConfig, type ServerConfig } from './config-file.js'
import type { ResolvedGroupOptions } from './group-options.js'
import type { Place } from './place.js'

/** A server of the group before it is made. */
export interface Planned {
  readonly place: Place
  readonly config: ServerConfig
}

/** The data nodes: the first is the primary, the others follow it. */
export function planNodes(places: readonly Place[], { config }: ResolvedGroupOptions): readonly Planned[] {
  const password = config['requirepass']
  return places.map((place, index) => ({
    place,
    config: {
      ...nodeConfig(place.port),
      ...sourceConfig(place),
      ...announceConfig(place),
      ...(password === undefined ? {} : { masterauth: password }),
      ...config,
      ...(index === 0 ? {} : { replicaof: known(places[0]) }),
    },
  }))
}

/** The sentinels. All servers are written in beforehand, so that nobody has to find anybody. */
export function planSentinels(
  nodes: readonly Place[],
  places: readonly Place[],
  options: ResolvedGroupOptions,
): readonly Planned[] {
  const [primary, ...replicas] = nodes
  const sentinels = places.map((place) => ({ place, id: randomBytes(20).toString('hex') }))
  return sentinels.map(({ place, id }) => ({
    place,
    config: {
      ...baseConfig(place.port),
      ...sourceConfig(place),
      sentinel: [
        `myid ${id}`,
        ...announceLines(place),
        ...watchLines(known(primary), replicas, options),
        ...sentinels
          .filter((other) => other.id !== id)
          .map((other) => `known-sentinel ${options.serviceName} ${known(other.place)} ${other.id}`),
        ...values(options.sentinelConfig['sentinel']),
      ],
      ...without(options.sentinelConfig, 'sentinel'),
    },
  }))
}

function watchLines(primary: string, replicas: readonly Place[], options: ResolvedGroupOptions): readonly string[] {
  const { serviceName, quorum, downAfter, failoverTimeout, config, sentinelConfig } = options
  return [
    `monitor ${serviceName} ${primary} ${quorum}`,
    `down-after-milliseconds ${serviceName} ${downAfter}`,
    `failover-timeout ${serviceName} ${failoverTimeout}`,
    `parallel-syncs ${serviceName} ${Math.max(1, replicas.length)}`,
    ...values(config['requirepass']).map((password) => `auth-pass ${serviceName} ${password}`),
    ...values(sentinelConfig['requirepass']).map((password) => `sentinel-pass ${password}`),
    ...replicas.map((replica) => `known-replica ${serviceName} ${known(replica)}`),
  ]
}

/** As settings write an address. */
function known(place: Place | undefined): string {
  return place ? `${place.known.host} ${place.known.port}` : ''
}

function sourceConfig({ source }: Place): ServerConfig {
  return source === undefined ? {} : { 'bind-source-addr': source }
}

function announceConfig({ proxy, known: { host, port } }: Place): ServerConfig {
  return proxy ? { 'replica-announce-ip': host, 'replica-announce-port': String(port) } : {}
}

function announceLines({ proxy, known: { host, port } }: Place): readonly string[] {
  return proxy ? [`announce-ip ${host}`, `announce-port ${port}`] : []
}

function values(value: ServerConfig[string] | undefined): readonly string[] {
  return value === undefined ? [] : [value].flat()
}

function without(config: ServerConfig, name: string): ServerConfig {
  return Object.fromEntries(Object.entries(config).filter(([key]) => key !== name))
}
