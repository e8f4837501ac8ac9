import { randomBytes } from 'node:crypto'
import { baseConfig, nodeConfig, type ServerConfig } from '../server/config-file.js'
import type { ResolvedGroupOptions } from './options.js'
import { announceConfig, announceLines, hostAndPort, type Place } from '../server/place.js'

/** A server of the group before it is made. */
export interface Planned {
  readonly place: Place
  readonly config: ServerConfig
  /** Files by name that lie in its folder before its first start. */
  readonly files?: Readonly<Record<string, string>>
}

/** The members of a group by their places. */
export interface GroupPlaces {
  readonly primary: Place
  readonly replicas: readonly Place[]
  readonly sentinels: readonly Place[]
}

/** The data nodes: the first is the primary, the others follow it. */
export function planNodes({ primary, replicas }: GroupPlaces, { config }: ResolvedGroupOptions): readonly Planned[] {
  const password = config['requirepass']
  const plan = (place: Place, replication: ServerConfig): Planned => ({
    place,
    config: {
      ...nodeConfig(place.port),
      ...place.config,
      ...announceConfig(place),
      ...(password === undefined ? {} : { masterauth: password }),
      ...config,
      ...replication,
    },
  })
  return [plan(primary, {}), ...replicas.map((place) => plan(place, { replicaof: hostAndPort(primary) }))]
}

/** The sentinels. All servers are written in beforehand, so that nobody has to find anybody. */
export function planSentinels(places: GroupPlaces, options: ResolvedGroupOptions): readonly Planned[] {
  const sentinels = places.sentinels.map((place) => ({ place, id: randomBytes(20).toString('hex') }))
  return sentinels.map(({ place, id }) => ({
    place,
    config: {
      ...baseConfig(place.port),
      ...place.config,
      sentinel: [
        `myid ${id}`,
        ...announceLines(place),
        ...watchLines(places, options),
        ...sentinels
          .filter((other) => other.id !== id)
          .map((other) => `known-sentinel ${options.serviceName} ${hostAndPort(other.place)} ${other.id}`),
        ...values(options.sentinelConfig['sentinel']),
      ],
      ...without(options.sentinelConfig, 'sentinel'),
    },
  }))
}

function watchLines({ primary, replicas }: GroupPlaces, options: ResolvedGroupOptions): readonly string[] {
  const { serviceName, quorum, downAfter, failoverTimeout, config, sentinelConfig } = options
  return [
    `monitor ${serviceName} ${hostAndPort(primary)} ${quorum}`,
    `down-after-milliseconds ${serviceName} ${downAfter}`,
    `failover-timeout ${serviceName} ${failoverTimeout}`,
    `parallel-syncs ${serviceName} ${Math.max(1, replicas.length)}`,
    ...values(config['requirepass']).map((password) => `auth-pass ${serviceName} ${password}`),
    ...values(sentinelConfig['requirepass']).map((password) => `sentinel-pass ${password}`),
    ...replicas.map((replica) => `known-replica ${serviceName} ${hostAndPort(replica)}`),
  ]
}

function values(value: ServerConfig[string] | undefined): readonly string[] {
  return value === undefined ? [] : [value].flat()
}

function without(config: ServerConfig, name: string): ServerConfig {
  return Object.fromEntries(Object.entries(config).filter(([key]) => key !== name))
}
