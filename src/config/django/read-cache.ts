import type { KeyFunction, ReverseKeyFunction } from '../../keys/key-maker.js'
import type { Logger } from '../../telemetry/reporter.js'
import type { CacheOptions } from '../options.js'
import { checkBaseClient, readFunction } from './classes.js'
import { codecOf } from './codec.js'
import { defined } from '../defined.js'
import { joinDrafts, type Draft } from './draft.js'
import { takeApart, type Entry, type Surroundings } from './entry.js'
import { readQueries } from './locations.js'
import { names } from './names.js'
import { readNames } from './read-names.js'
import { serversOf } from './servers.js'
import { tlsOf } from './tls.js'
import { optionalDictionary, type Dictionary } from './values.js'

/**
 * One entry of CACHES as the options of one cache.
 * @throws {ConfigurationError} E_CONFIG with the path of the value
 */
export function readCache(cache: Dictionary, path: string, surroundings: Surroundings): CacheOptions {
  const entry = takeApart(cache, path, surroundings)
  const draft = readDraft(entry)
  checkBaseClient(entry.options.BASE_CLIENT_CLASS, `${entry.optionsPath}.BASE_CLIENT_CLASS`, entry.client === 'cluster')
  const { ttl, prefix, version, failSafe } = draft
  return {
    ...serversOf(entry, draft),
    ...connectionsOf(entry, draft),
    ...keyFunctionsOf(entry),
    ...codecOf(entry, draft),
    ...defined({ ttl, prefix, version, failSafe, logger: loggerOf(entry, draft) }),
  }
}

/** Source: make_connection_params and from_url: a query wins over CONNECTION_POOL_KWARGS, those over OPTIONS. */
function readDraft(entry: Entry): Draft {
  const { globals, cache, path, options, optionsPath, locations, warn } = entry
  return joinDrafts([
    globals,
    readNames({ place: 'CACHES', values: cache, path }, warn),
    readNames({ place: 'OPTIONS', values: options, path: optionsPath }, warn),
    ...argumentPlaces(entry).map((place) => readArguments(entry, place)),
    readQueries(locations, warn),
  ])
}

/** Where arguments stand, the stronger ones last: beside a pool those of the client say nothing, in a cluster they win. */
function argumentPlaces({ client }: Entry): readonly ArgumentPlace[] {
  const places = ['BASE_CLIENT_KWARGS', 'CONNECTION_POOL_KWARGS'] as const
  return client === 'cluster' ? places.toReversed() : places
}

type ArgumentPlace = 'BASE_CLIENT_KWARGS' | 'CONNECTION_POOL_KWARGS'

/** ValkeyCluster takes all arguments by itself: its own, and those of the connections. */
function readArguments({ client, options, optionsPath, warn }: Entry, place: ArgumentPlace): Draft {
  const path = `${optionsPath}.${place}`
  const values = optionalDictionary(options[place], path)
  if (client !== 'cluster') return readNames({ place, values, path }, warn)
  const isOwn = ([name]: [string, unknown]): boolean => Object.hasOwn(names.ValkeyCluster, name)
  const own = Object.fromEntries(Object.entries(values).filter(isOwn))
  const others = Object.fromEntries(Object.entries(values).filter((entry) => !isOwn(entry)))
  return joinDrafts([
    readNames({ place: 'ValkeyCluster', values: own, path }, warn),
    readNames({ place: 'CONNECTION_POOL_KWARGS', values: others, path }, warn),
  ])
}

function connectionsOf({ optionsPath, locations }: Entry, draft: Draft): CacheOptions {
  const { username, password, database, clientName, connectTimeout, attemptTimeout } = draft
  const secure = locations.every((location) => location.secure)
  const tls = tlsOf(draft, secure, `${optionsPath}.CONNECTION_POOL_KWARGS`)
  return defined({ username, password, tls, database, clientName, connectTimeout, attemptTimeout })
}

/** The functions that Django and django-valkey use by default are ours too. */
function keyFunctionsOf({ cache, path, classes }: Entry): CacheOptions {
  const { KEY_FUNCTION, REVERSE_KEY_FUNCTION } = cache
  const own = KEY_FUNCTION !== 'django.core.cache.backends.base.default_key_func'
  const ownReverse = REVERSE_KEY_FUNCTION !== 'django_valkey.util.default_reverse_key'
  return defined({
    keyFunction: own ? readFunction<KeyFunction>(KEY_FUNCTION, `${path}.KEY_FUNCTION`, classes) : undefined,
    reverseKeyFunction: ownReverse
      ? readFunction<ReverseKeyFunction>(REVERSE_KEY_FUNCTION, `${path}.REVERSE_KEY_FUNCTION`, classes)
      : undefined,
  })
}

function loggerOf({ logger, warn }: Entry, { failSafe, quiet }: Draft): Logger | undefined {
  if (failSafe && quiet !== undefined)
    warn(quiet, 'what is ignored is reported all the same, once per second at most; give createCaches a `logger`')
  return logger
}
