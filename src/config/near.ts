import { checkedClone, type CloneMode, type NearLimits } from '../cache/near/options.js'
import type { Tracking } from '../connection/tracking.js'
import { ConfigurationError } from '../errors.js'
import type { Given } from './given.js'

/**
 * What servers are told to announce to the connections of a near cache.
 * @throws {ConfigurationError} E_CONFIG for mode 'broadcast' where no prefix tells the keys of the cache from others
 */
export function trackingOf({ mode }: NearLimits, { options, pathOf }: Given): Tracking {
  const { prefix = '', keyFunction } = options
  const hasPrefix = prefix !== '' && keyFunction === undefined
  if (mode === 'broadcast' && !hasPrefix)
    throw new ConfigurationError(
      `${pathOf('near')}.mode`,
      `'broadcast' needs ${keyFunction === undefined ? 'a prefix' : 'keys that begin with a prefix, and keyFunction makes others'}: ` +
        "servers announce every write of a key that begins with it; leave mode out, or use 'default'",
    )
  const used = mode ?? (hasPrefix ? 'broadcast' : 'default')
  return { mode: used, prefix: used === 'broadcast' ? `${prefix}:` : '' }
}

/**
 * @throws {ConfigurationError} E_CONFIG for a near cache on connections that are not ours, for nobody announces changes
 * there
 */
export function checkTracks(near: NearLimits | undefined, path: string, other: string): void {
  if (near === undefined) return
  throw new ConfigurationError(
    path,
    `needs connections of ours, on which servers announce changes, and ${other} makes others; leave one out`,
  )
}

/**
 * The heartbeat goes over the first connection to a server alone. With `'broadcast'` that one brings all announcements;
 * with the other modes nobody would notice that another one is silent.
 * @throws {ConfigurationError} E_CONFIG for more than one connection outside mode 'broadcast'
 */
export function checkConnections(tracking: Tracking | undefined, connections: number, path: string): void {
  if (tracking === undefined || tracking.mode === 'broadcast' || connections === 1) return
  throw new ConfigurationError(
    path,
    `must be 1 with a near cache of mode '${tracking.mode}', got ${connections}: leave it out, or use mode 'broadcast'`,
  )
}

/**
 * How values that are held in this process are handed out. A shared `clone` is for the caches of `memory://`.
 * @throws {ConfigurationError} E_CONFIG for what is no such way, and for a cache of servers that was given one
 */
export function resolveClone(
  { own, options, pathOf }: Given,
  near: NearLimits | undefined,
  client: unknown,
): CloneMode {
  const path = pathOf('clone')
  const given = options.clone === undefined ? undefined : checkedClone(options.clone, path)
  if (client === 'memory') return given ?? near?.clone ?? 'structured'
  if (own.clone !== undefined) throw new ConfigurationError(path, 'is for memory://; write it in near, or leave it out')
  return near?.clone ?? 'structured'
}
