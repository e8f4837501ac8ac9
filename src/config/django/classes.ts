import type { ClientFactory } from '../../clients/client.js'
import type { Compressor } from '../../codec/compressor.js'
import type { Serializer } from '../../codec/serializer.js'
import type { ConnectionFactory } from '../../connection/factory.js'
import type { PoolFactory } from '../../connection/pool.js'
import { ConfigurationError } from '../../errors.js'
import type { Logger } from '../../telemetry/reporter.js'
import { show } from '../../units.js'
import * as known from './class-paths.js'
import type { DjangoClasses } from './settings.js'
import { text } from './values.js'

/**
 * The client of a cache; without a name that of its backend.
 * @throws {ConfigurationError} E_CONFIG, as all of these, for a path that is unknown
 */
export function readClientClass(
  value: unknown,
  path: string,
  { classes, backend }: { readonly classes: DjangoClasses; readonly backend: known.KnownClient },
): known.KnownClient | 'herd' | ClientFactory {
  if (!value) return backend
  return (
    functionOf<ClientFactory>(ownClass(value, classes), path, 'a ClientFactory') ??
    known.meaningOf(known.clientClasses, value, path)
  )
}

export function readConnectionFactory(
  value: unknown,
  path: string,
  classes: DjangoClasses,
): known.KnownFactory | ConnectionFactory {
  return (
    objectOf<ConnectionFactory>(ownClass(value, classes), path, {
      kind: 'a ConnectionFactory',
      methods: ['connect'],
    }) ?? known.meaningOf(known.connectionFactories, value, path)
  )
}

/** The factory that a pool of valkey-py is made for, or a pool of your own. */
export function readPoolClass(
  value: unknown,
  path: string,
  classes: DjangoClasses,
): 'default' | 'sentinel' | PoolFactory | undefined {
  if (!value) return undefined
  return (
    functionOf<PoolFactory>(ownClass(value, classes), path, 'a PoolFactory') ??
    known.meaningOf(known.poolClasses, value, path)
  )
}

/** Without a name pickle. */
export function readSerializer(
  value: unknown,
  path: string,
  classes: DjangoClasses,
): known.SerializerName | Serializer {
  if (!value) return 'pickle'
  return (
    objectOf<Serializer>(ownClass(value, classes), path, {
      kind: 'a Serializer',
      methods: ['serialize', 'deserialize'],
    }) ?? known.meaningOf(known.serializers, value, path)
  )
}

/** Without a name none. */
export function readCompressor(
  value: unknown,
  path: string,
  classes: DjangoClasses,
): known.CompressorName | Compressor {
  if (!value) return 'none'
  return (
    objectOf<Compressor>(ownClass(value, classes), path, {
      kind: 'a Compressor',
      methods: ['compress', 'decompress'],
    }) ?? known.meaningOf(known.compressors, value, path)
  )
}

/** A function that Python has too: given as it is, or by a path in `classes`. */
export function readFunction<Own extends (...args: never) => unknown>(
  value: unknown,
  path: string,
  classes: DjangoClasses,
): Own | undefined {
  if (!value) return undefined
  const own = functionOf<Own>(isFunction(value) ? value : ownClass(value, classes), path, 'a key function')
  if (own !== undefined) return own
  throw new ConfigurationError(path, `there is no ${show(value)} in classes; put the function there under this name`)
}

/** The logger of your own under this name; Python's are not here. */
export function readLogger(value: unknown, path: string, classes: DjangoClasses): Logger | undefined {
  return objectOf<Logger>(ownClass(value, classes), path, { kind: 'a logger', methods: ['warn', 'error'] })
}

/** Refuses everything but the clients of valkey-py, for others are Python code, and those that do not fit the cache. */
export function checkBaseClient(value: unknown, path: string, cluster: boolean): void {
  if (!value) return
  const ofCluster = known.meaningOf(known.baseClients, value, path) === 'cluster'
  if (ofCluster === cluster) return
  throw new ConfigurationError(
    path,
    cluster ? 'is not for a cluster, and the cache is' : 'is for a cluster; BACKEND is not',
  )
}

/** The client that a backend has by itself; django-valkey's usual one where no backend is named. */
export function clientOfBackend(value: unknown, path: string): 'default' | 'cluster' {
  return value === undefined ? 'default' : known.meaningOf(known.backends, value, path)
}

/** Whether the alias is a cache of django-valkey, or names no backend; those of other libraries are not ours to read. */
export function isOurBackend(value: unknown, path: string): boolean {
  if (value === undefined) return true
  if (!/^django[-_]valkey(\.|$)/i.test(text(value, path))) return false
  clientOfBackend(value, path)
  return true
}

/** A class of your own, if there is one; it must be a function. */
function functionOf<Own>(own: unknown, path: string, kind: string): Own | undefined {
  if (own === undefined || isFunction(own)) return own as Own | undefined
  throw new ConfigurationError(path, `is not a function in classes, and ${kind} is one`)
}

/** A class of your own, if there is one; it must have the methods. */
function objectOf<Own>(
  own: unknown,
  path: string,
  { kind, methods }: { readonly kind: string; readonly methods: readonly (keyof Own & string)[] },
): Own | undefined {
  if (own === undefined || methods.every((name) => isFunction((own as Own)[name]))) return own as Own | undefined
  const missing = methods.map((name) => `${name}()`).join(' and ')
  throw new ConfigurationError(path, `has no ${missing} in classes, and ${kind} has`)
}

function ownClass(value: unknown, classes: DjangoClasses): unknown {
  return typeof value === 'string' && Object.hasOwn(classes, value) ? classes[value] : undefined
}

function isFunction(own: unknown): own is (...args: never) => unknown {
  return typeof own === 'function'
}
