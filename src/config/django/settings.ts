import type { ClientFactory } from '../../clients/client.js'
import type { Compressor } from '../../codec/compressor.js'
import type { Serializer } from '../../codec/serializer.js'
import type { ConnectionFactory } from '../../connection/factory.js'
import type { Credential } from '../../connection/options.js'
import type { PoolFactory } from '../../connection/pool.js'
import type { KeyFunction, ReverseKeyFunction } from '../../keys/key-maker.js'
import type { Logger } from '../../telemetry/reporter.js'
import type { CacheOptions } from '../options.js'

/** `OPTIONS` of one cache; every name that may stand there is in `names.ts`. Tuples are arrays, `None` is `null`. */
export interface DjangoOptions {
  readonly CLIENT_CLASS?: string | null
  readonly CONNECTION_FACTORY?: string | null
  readonly CONNECTION_POOL_CLASS?: string | null
  readonly CONNECTION_POOL_KWARGS?: Readonly<Record<string, unknown>> | null
  /** `('host', port)` tuples, or `'host:port'`; in a list, or between commas. */
  readonly SENTINELS?: string | readonly (string | readonly (string | number)[])[] | null
  readonly SENTINEL_KWARGS?: Readonly<Record<string, unknown>> | null
  readonly SERIALIZER?: string | null
  readonly COMPRESSOR?: string | null
  readonly IGNORE_EXCEPTIONS?: boolean | number | string | null
  readonly PASSWORD?: Credential | number | null
  /** Seconds. */
  readonly SOCKET_TIMEOUT?: number | null
  /** Seconds. */
  readonly SOCKET_CONNECT_TIMEOUT?: number | null
  readonly [name: string]: unknown
}

/** One entry of `CACHES`. */
export interface DjangoCache {
  readonly BACKEND?: string
  readonly LOCATION?: string | readonly string[]
  /** Seconds; `null` is for ever. */
  readonly TIMEOUT?: number | string | null
  readonly KEY_PREFIX?: string | number | null
  readonly VERSION?: number | string
  /** A function, or a dotted path. */
  readonly KEY_FUNCTION?: string | KeyFunction | null
  /** A function, or a dotted path. */
  readonly REVERSE_KEY_FUNCTION?: string | ReverseKeyFunction | null
  readonly OPTIONS?: DjangoOptions
  readonly [name: string]: unknown
}

/** A Django settings module as an object; names that are not django-valkey's are not looked at. */
export interface DjangoSettings {
  readonly CACHES: Readonly<Record<string, DjangoCache>>
  readonly DJANGO_VALKEY_CONNECTION_FACTORY?: string | null
  readonly [name: string]: unknown
}

/** What stands behind dotted paths of your own. */
export type DjangoClasses = Readonly<
  Record<
    string,
    | ConnectionFactory
    | PoolFactory
    | ClientFactory
    | Serializer
    | Compressor
    | KeyFunction
    | ReverseKeyFunction
    | Logger
  >
>

/** What the settings do not hold. */
export interface FromDjangoOptions {
  /** What is your own, by the dotted path that the settings name it with: factories, codecs, functions, loggers. @default {} */
  readonly classes?: DjangoClasses
  /** Hears of what has no counterpart here. @default process.emitWarning with code VALKEY_CACHE_DJANGO */
  readonly logger?: {
    /** One message for each. */
    warn(message: string): void
  }
}

/** The caches of the settings by their alias, without those whose BACKEND is known to be another's. */
export type CachesOf<Settings extends DjangoSettings> = {
  readonly [
    Alias in keyof Settings['CACHES'] as IsRead<Settings['CACHES'][Alias]> extends true ? Alias : never
  ]: CacheOptions
}

type IsRead<Cache> = Cache extends { readonly BACKEND: infer Backend extends string }
  ? string extends Backend
    ? true
    : Backend extends `django_valkey.${string}`
      ? true
      : false
  : true
