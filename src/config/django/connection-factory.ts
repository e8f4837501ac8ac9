import type { ConnectionFactory } from '../../connection/factory.js'
import { ConfigurationError } from '../../errors.js'
import type { KnownClient, KnownFactory } from './class-paths.js'
import { readConnectionFactory } from './classes.js'
import type { DjangoClasses } from './settings.js'

export interface ConnectionFactoryChoice {
  readonly factory: KnownFactory | ConnectionFactory
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
  /** Whose connections they are; a client of your own takes what it gets. */
  readonly client: KnownClient | undefined
  /** Where the client was named. */
  readonly clientPath: string
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
 * client's. A shared Sentinel factory is not for a cache without SENTINELS on an explicit port, nor for a cluster.
 * @throws {ConfigurationError} E_CONFIG when factory, client and SENTINELS do not fit
 */
export function chooseConnectionFactory(question: ConnectionFactoryQuestion): ConnectionFactoryChoice {
  const choice = candidate(question)
  if (choice.factory === 'cluster' || question.client === 'cluster') checkCluster(question, choice)
  else checkSentinel(question, choice)
  return choice
}

function checkCluster(
  { path, sentinels, client, clientPath }: ConnectionFactoryQuestion,
  choice: ConnectionFactoryChoice,
): void {
  const { factory, from } = choice
  const cause = client === 'cluster' ? clientPath : from
  if (sentinels) throw new ConfigurationError(`${path}.SENTINELS`, `are not for a cluster, which ${cause} asks for`)
  if (client === 'sentinel') throw new ConfigurationError(from, `is for a cluster, and ${clientPath} is for Sentinel`)
  if (client === 'shard') throw new ConfigurationError(from, `is for a cluster, and ${clientPath} is for shards`)
  if (factory === 'default' || factory === 'sentinel')
    throw new ConfigurationError(from, `is not for a cluster, and ${clientPath} is`)
}

function checkSentinel(
  { path, sentinels, client, clientPath }: ConnectionFactoryQuestion,
  choice: ConnectionFactoryChoice,
): void {
  const { factory, from } = choice
  const cause = factory === 'sentinel' ? from : clientPath
  if (!sentinels && (factory === 'sentinel' || client === 'sentinel'))
    throw new ConfigurationError(`${path}.SENTINELS`, `must be a list of (host, port), because of ${cause}`)
  if (factory === 'default' && client === 'sentinel')
    throw new ConfigurationError(from, `is not for Sentinel, and ${clientPath} is`)
  if (factory === 'default' && sentinels)
    throw new ConfigurationError(from, `is not for Sentinel, and ${path}.SENTINELS is given`)
}

function candidate(question: ConnectionFactoryQuestion): ConnectionFactoryChoice {
  const { path, own, shared, client, clientPath, sentinels, port } = question
  const plain = !sentinels && (client === 'cluster' || (port && client !== 'sentinel'))
  if (own !== undefined) return own
  if (shared !== undefined && !(shared.factory === 'sentinel' && plain)) return shared
  if (sentinels) return { factory: 'sentinel', from: `${path}.SENTINELS` }
  return { factory: client === undefined || client === 'shard' ? 'default' : client, from: clientPath }
}
