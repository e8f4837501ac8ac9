import type { ConnectionFactory } from '../../connection/factory.js'
import { ConfigurationError } from '../../errors.js'
import { readConnectionFactory } from './classes.js'
import type { DjangoClasses } from './settings.js'

export interface ConnectionFactoryChoice {
  readonly factory: 'default' | 'sentinel' | ConnectionFactory
  /** The path of the setting that decided. */
  readonly from: string
}

/** What decides how the servers of one cache are reached. */
export interface ConnectionFactoryQuestion {
  /** Where the cache's OPTIONS stand. */
  readonly path: string
  /** From OPTIONS.CONNECTION_FACTORY. */
  readonly own: ConnectionFactoryChoice | undefined
  /** From DJANGO_VALKEY_CONNECTION_FACTORY. */
  readonly shared: ConnectionFactoryChoice | undefined
  readonly sentinelClient: boolean
  readonly sentinels: boolean
  /** Whether a location names a port or a socket, as a service never does. */
  readonly port: boolean
}

/** The connection factory that a setting names, if it names one. */
export function namedConnectionFactory(
  value: unknown,
  from: string,
  classes: DjangoClasses,
): ConnectionFactoryChoice | undefined {
  return value ? { factory: readConnectionFactory(value, from, classes), from } : undefined
}

/**
 * The connection factory of a cache: its own, else the shared one, else Sentinel's where SENTINELS is given, else the
 * client's. A shared Sentinel factory is not for a cache without SENTINELS on an explicit port.
 * @throws {ConfigurationError} E_CONFIG when factory, client and SENTINELS do not fit
 */
export function chooseConnectionFactory(question: ConnectionFactoryQuestion): ConnectionFactoryChoice {
  const choice = candidate(question)
  const { path, sentinels, sentinelClient } = question
  const cause = choice.factory === 'sentinel' ? choice.from : `${path}.CLIENT_CLASS`
  if (!sentinels && (choice.factory === 'sentinel' || sentinelClient))
    throw new ConfigurationError(`${path}.SENTINELS`, `must be a list of (host, port), because of ${cause}`)
  if (choice.factory === 'default' && sentinelClient)
    throw new ConfigurationError(choice.from, `is not for Sentinel, and ${path}.CLIENT_CLASS is`)
  if (choice.factory === 'default' && sentinels)
    throw new ConfigurationError(choice.from, `is not for Sentinel, and ${path}.SENTINELS is given`)
  return choice
}

function candidate(question: ConnectionFactoryQuestion): ConnectionFactoryChoice {
  const { path, own, shared, sentinelClient, sentinels, port } = question
  const plain = port && !sentinels && !sentinelClient
  if (own !== undefined) return own
  if (shared !== undefined && !(shared.factory === 'sentinel' && plain)) return shared
  if (sentinels) return { factory: 'sentinel', from: `${path}.SENTINELS` }
  return { factory: sentinelClient ? 'sentinel' : 'default', from: `${path}.CLIENT_CLASS` }
}
