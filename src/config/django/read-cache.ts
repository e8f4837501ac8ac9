import type { CacheOptions } from '../options.js'
import { checkBaseClient } from './classes.js'
import { codecOf } from './codec.js'
import { defined } from './defined.js'
import { joinDrafts, type Draft } from './draft.js'
import { takeApart, type Entry, type Surroundings } from './entry.js'
import { failuresOf } from './failures.js'
import { keysOf } from './keys.js'
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
  return {
    ...serversOf(entry, draft),
    ...connectionsOf(entry, draft),
    ...keysOf(entry, draft),
    ...codecOf(entry, draft),
    ...failuresOf(entry, draft),
    ...defined({ ttl: draft.ttl }),
  }
}

/** Source: make_connection_params and from_url: a query wins over CONNECTION_POOL_KWARGS, those over OPTIONS. */
function readDraft(entry: Entry): Draft {
  const { globals, cache, path, options, optionsPath, locations, warn } = entry
  return joinDrafts([
    globals,
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
