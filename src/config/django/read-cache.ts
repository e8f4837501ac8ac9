import type { CacheOptions } from '../options.js'
import { checkBaseClient, checkCompressor, readSerializer } from './classes.js'
import { defined } from './defined.js'
import { joinDrafts, type Draft } from './draft.js'
import { takeApart, type Entry, type Surroundings } from './entry.js'
import { readQueries } from './locations.js'
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
  return { ...serversOf(entry, draft), ...connectionsOf(entry, draft), ...valuesOf(entry, draft) }
}

/** Source: make_connection_params and from_url: a query wins over CONNECTION_POOL_KWARGS, those over OPTIONS. */
function readDraft(entry: Entry): Draft {
  const { cache, path, options, optionsPath, locations, warn } = entry
  return joinDrafts([
    readNames({ place: 'CACHES', values: cache, path }, warn),
    readNames({ place: 'OPTIONS', values: options, path: optionsPath }, warn),
    readArguments(entry, 'BASE_CLIENT_KWARGS'),
    readArguments(entry, 'CONNECTION_POOL_KWARGS'),
    readQueries(locations, warn),
  ])
}

function readArguments(
  { options, optionsPath, warn }: Entry,
  place: 'BASE_CLIENT_KWARGS' | 'CONNECTION_POOL_KWARGS',
): Draft {
  const path = `${optionsPath}.${place}`
  return readNames({ place, values: optionalDictionary(options[place], path), path }, warn)
}

function connectionsOf({ options, optionsPath, locations }: Entry, draft: Draft): CacheOptions {
  checkBaseClient(options.BASE_CLIENT_CLASS, `${optionsPath}.BASE_CLIENT_CLASS`)
  const { username, password, database, clientName, connectTimeout, timeout } = draft
  const secure = locations.every((location) => location.secure)
  const tls = tlsOf(draft, secure, `${optionsPath}.CONNECTION_POOL_KWARGS`)
  return defined({ username, password, tls, database, clientName, connectTimeout, attemptTimeout: timeout })
}

function valuesOf({ options, optionsPath, warn }: Entry, { prefix, version, ttl }: Draft): CacheOptions {
  checkCompressor(options.COMPRESSOR, `${optionsPath}.COMPRESSOR`)
  const path = `${optionsPath}.SERIALIZER`
  if (options.SERIALIZER) return defined({ prefix, version, ttl, serializer: readSerializer(options.SERIALIZER, path) })
  warn(
    path,
    "not given: django-valkey's default is pickle, which cannot be read yet, so JSON is used; " +
      "write 'django_valkey.serializers.json.JSONSerializer' on both sides to share values",
  )
  return defined({ prefix, version, ttl, serializer: 'json' as const })
}
