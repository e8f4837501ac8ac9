import { ConfigurationError } from '../errors.js'
import type { CacheOptions } from './options.js'
import { checkFactory } from './topology-choice.js'

/**
 * Whether a cache lives on a cluster. What is shared about sentinels does not reach a cache that asks for a cluster by
 * itself; what stands beside its `client` contradicts it.
 * @param path the cache's place, such as `caches.default`
 * @throws {ConfigurationError} E_CONFIG at an option that is for Sentinel only; names the place of the client too
 */
export function isOnCluster(own: CacheOptions, shared: CacheOptions, path: string): boolean {
  if ((own.client ?? shared.client) !== 'cluster') return false
  const inherited = own.client === undefined
  const clientPath = `${inherited ? 'shared' : path}.client`
  checkFactory(own.connectionFactory, `${path}.connectionFactory`)
  refuseSentinel(own, path, clientPath)
  if (inherited) refuseSentinel(shared, 'shared', clientPath)
  return true
}

function refuseSentinel(options: CacheOptions, path: string, clientPath: string): void {
  const name = forSentinel.find((option) => options[option] !== undefined)
  if (name !== undefined)
    throw new ConfigurationError(
      `${path}.${name}`,
      `is for Sentinel, and ${clientPath} is 'cluster', which has none; leave it out, or set the cache's client to 'sentinel'`,
    )
  if (options.connectionFactory === 'sentinel')
    throw new ConfigurationError(
      `${path}.connectionFactory`,
      `'sentinel' does not fit ${clientPath}, which is 'cluster'; leave one out`,
    )
}

const forSentinel = ['sentinels', 'sentinelOptions', 'fenceAfter'] as const
