import type { ClientFactory } from '../../clients/client.js'
import type { ConnectionFactory } from '../../connection/factory.js'
import type { PoolFactory } from '../../connection/pool.js'
import { ConfigurationError } from '../../errors.js'
import * as known from './class-paths.js'
import type { DjangoClasses } from './settings.js'
import { text } from './values.js'

/**
 * The client of a cache; without a name DefaultClient.
 * @throws {ConfigurationError} E_CONFIG, as all of these, for a path that is unknown or whose class comes later
 */
export function readClientClass(
  value: unknown,
  path: string,
  classes: DjangoClasses,
): 'default' | 'sentinel' | ClientFactory {
  if (!value) return 'default'
  const own = ownClass(value, classes)
  if (own === undefined) return known.meaningOf(known.clientClasses, value, path)
  if (isFactory(own)) return own as ClientFactory
  throw new ConfigurationError(path, 'is not a function in classes, and a ClientFactory is one')
}

export function readConnectionFactory(
  value: unknown,
  path: string,
  classes: DjangoClasses,
): 'default' | 'sentinel' | ConnectionFactory {
  const own = ownClass(value, classes)
  if (own === undefined) return known.meaningOf(known.connectionFactories, value, path)
  if (!isFactory(own) && typeof own?.connect === 'function') return own
  throw new ConfigurationError(path, 'has no connect() in classes, and a ConnectionFactory has it')
}

/** The factory that a pool of valkey-py is made for, or a pool of your own. */
export function readPoolClass(
  value: unknown,
  path: string,
  classes: DjangoClasses,
): 'default' | 'sentinel' | PoolFactory | undefined {
  if (!value) return undefined
  const own = ownClass(value, classes)
  if (own === undefined) return known.meaningOf(known.poolClasses, value, path)
  if (isFactory(own)) return own as PoolFactory
  throw new ConfigurationError(path, 'is not a function in classes, and a PoolFactory is one')
}

export function readSerializer(value: unknown, path: string): 'json' {
  return known.meaningOf(known.serializers, value, path)
}

/** Refuses everything but no compression. */
export function checkCompressor(value: unknown, path: string): void {
  if (value) known.meaningOf(known.compressors, value, path)
}

/** Refuses everything but the clients of valkey-py: others are Python code. */
export function checkBaseClient(value: unknown, path: string): void {
  if (value) known.meaningOf(known.baseClients, value, path)
}

/** Whether the alias is a cache of django-valkey, or names no backend; those of other libraries are not ours to read. */
export function isOurBackend(value: unknown, path: string): boolean {
  if (value === undefined) return true
  if (!/^django[-_]valkey(\.|$)/i.test(text(value, path))) return false
  known.meaningOf(known.backends, value, path)
  return true
}

function ownClass(value: unknown, classes: DjangoClasses): DjangoClasses[string] | undefined {
  return typeof value === 'string' && Object.hasOwn(classes, value) ? classes[value] : undefined
}

function isFactory(own: unknown): own is (...args: never) => unknown {
  return typeof own === 'function'
}
