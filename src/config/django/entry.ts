import type { ClientFactory } from '../../clients/client.js'
import type { Logger } from '../../telemetry/reporter.js'
import type { KnownClient } from './class-paths.js'
import { clientOfBackend, readClientClass } from './classes.js'
import type { ConnectionFactoryChoice } from './connection-factory.js'
import type { Draft } from './draft.js'
import { readLocations, type PlacedLocation } from './locations.js'
import type { Warn } from './read-names.js'
import type { DjangoClasses } from './settings.js'
import { optionalDictionary, type Dictionary } from './values.js'

/** What all caches of the settings have in common. */
export interface Surroundings {
  /** What DJANGO_VALKEY_CONNECTION_FACTORY names. */
  readonly shared: ConnectionFactoryChoice | undefined
  /** What the settings module says for every cache that says nothing itself. */
  readonly globals: Draft
  /** What DJANGO_VALKEY_LOGGER names. */
  readonly logger: Logger | undefined
  readonly classes: DjangoClasses
  readonly warn: Warn
}

/** One entry of CACHES, taken apart. */
export interface Entry extends Surroundings {
  readonly cache: Dictionary
  readonly path: string
  /** OPTIONS, and where they stand. */
  readonly options: Dictionary
  readonly optionsPath: string
  readonly locations: readonly PlacedLocation[]
  /** What CLIENT_CLASS stands for, or else BACKEND. */
  readonly client: KnownClient | ClientFactory
  /** Whether the client is HerdClient, which is django-valkey's default client otherwise. */
  readonly herd: boolean
  /** Whether LOCATION is one URL as text: SentinelClient makes two pools of it; a list it takes as it is. */
  readonly oneUrl: boolean
}

/** @throws {ConfigurationError} E_CONFIG with the path of the value */
export function takeApart(cache: Dictionary, path: string, surroundings: Surroundings): Entry {
  const optionsPath = `${path}.OPTIONS`
  const options = optionalDictionary(cache.OPTIONS, optionsPath)
  const locations = readLocations(cache.LOCATION, `${path}.LOCATION`)
  const named = readClientClass(options.CLIENT_CLASS, `${optionsPath}.CLIENT_CLASS`, {
    classes: surroundings.classes,
    backend: clientOfBackend(cache.BACKEND, `${path}.BACKEND`),
  })
  const oneUrl = typeof cache.LOCATION === 'string' && locations.length === 1
  const herd = named === 'herd'
  const client = herd ? 'default' : named
  return { ...surroundings, cache, path, options, optionsPath, locations, client, herd, oneUrl }
}
