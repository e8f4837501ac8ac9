import { randomBytes } from 'node:crypto'
import { baseConfig, nodeConfig, type ServerConfig } from './config-file.js'
import type { ResolvedGroupOptions } from './group-options.js'

/** The data nodes' configs: the first is the primary, the others follow it. */
export function nodeConfigs(ports: readonly number[], { config }: ResolvedGroupOptions): readonly ServerConfig[] {
  const password = config['requirepass']
  return ports.map((port, index) => ({
    ...nodeConfig(port),
    ...(password === undefined ? {} : { masterauth: password }),
    ...config,
    ...(index === 0 ? {} : { replicaof: `127.0.0.1 ${ports[0]}` }),
  }))
}

/** The sentinels' configs. All servers are written in beforehand, so that nobody has to find anybody. */
export function sentinelConfigs(
  nodePorts: readonly number[],
  sentinelPorts: readonly number[],
  options: ResolvedGroupOptions,
): readonly ServerConfig[] {
  const { serviceName, quorum, downAfter, failoverTimeout, config, sentinelConfig } = options
  const [primary, ...replicas] = nodePorts
  const sentinels = sentinelPorts.map((port) => ({ port, id: randomBytes(20).toString('hex') }))
  return sentinels.map(({ port, id }) => ({
    ...baseConfig(port),
    sentinel: [
      `myid ${id}`,
      `monitor ${serviceName} 127.0.0.1 ${primary} ${quorum}`,
      `down-after-milliseconds ${serviceName} ${downAfter}`,
      `failover-timeout ${serviceName} ${failoverTimeout}`,
      `parallel-syncs ${serviceName} ${Math.max(1, replicas.length)}`,
      ...values(config['requirepass']).map((password) => `auth-pass ${serviceName} ${password}`),
      ...values(sentinelConfig['requirepass']).map((password) => `sentinel-pass ${password}`),
      ...replicas.map((replica) => `known-replica ${serviceName} 127.0.0.1 ${replica}`),
      ...sentinels
        .filter((other) => other.port !== port)
        .map((other) => `known-sentinel ${serviceName} 127.0.0.1 ${other.port} ${other.id}`),
      ...values(sentinelConfig['sentinel']),
    ],
    ...without(sentinelConfig, 'sentinel'),
  }))
}

function values(value: ServerConfig[string] | undefined): readonly string[] {
  return value === undefined ? [] : [value].flat()
}

function without(config: ServerConfig, name: string): ServerConfig {
  return Object.fromEntries(Object.entries(config).filter(([key]) => key !== name))
}
