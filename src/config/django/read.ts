import { ConfigurationError } from '../../errors.js'
import type { Logger } from '../../telemetry/reporter.js'
import { checkNames, show } from '../../units.js'
import type { CacheOptions } from '../options.js'
import { isOurBackend, readLogger } from './classes.js'
import { namedConnectionFactory } from './connection-factory.js'
import { readCache } from './read-cache.js'
import { ownSettings, readNames, type Warn } from './read-names.js'
import type { CachesOf, DjangoClasses, DjangoSettings, FromDjangoOptions } from './settings.js'
import { dictionary, type Dictionary } from './values.js'

/**
 * The caches of a Django settings object, as `createCaches` takes them.
 * Shape: names and meanings are django-valkey's; tuples are arrays, `None` is `null`. What becomes of each name stands in
 * `docs/django-settings.md`; a name without a counterpart is a warning or an error, never nothing.
 * Units: seconds in the settings, milliseconds in the result.
 * @throws {ConfigurationError} E_CONFIG with the path of the value, for example `CACHES.default.OPTIONS.SENTINELS[1][1]`,
 * and at an option that is none
 */
export function fromDjangoSettings<const Settings extends DjangoSettings>(
  settings: Settings,
  options: FromDjangoOptions = {},
): CachesOf<Settings> {
  checkNames(options, ['classes', 'logger'], 'fromDjangoSettings()')
  const { classes = {}, logger } = options
  const warn: Warn = (path, problem) => (logger ?? processWarnings).warn(`${path}: ${problem}`)
  const values = dictionary(settings, 'settings')
  const surroundings = {
    globals: readNames({ place: 'settings', values: ownSettings(values), path: 'settings' }, warn),
    shared: namedConnectionFactory(values[factoryName], factoryName, classes),
    logger: namedLogger(values[loggerName], classes, warn),
    classes,
    warn,
  }
  const caches = ourCaches(values, warn).map(([alias, cache]): [string, CacheOptions] => [
    alias,
    readCache(cache, `CACHES.${alias}`, surroundings),
  ])
  return Object.fromEntries(caches) as CachesOf<Settings>
}

function namedLogger(name: unknown, classes: DjangoClasses, warn: Warn): Logger | undefined {
  const logger = readLogger(name, loggerName, classes)
  if (name && logger === undefined)
    warn(loggerName, `there is no ${show(name)} in classes; put a logger there, or give createCaches a \`logger\``)
  return logger
}

function ourCaches(settings: Dictionary, warn: Warn): readonly (readonly [alias: string, cache: Dictionary])[] {
  if (settings.CACHES === undefined) throw new ConfigurationError('CACHES', 'is missing')
  return Object.entries(dictionary(settings.CACHES, 'CACHES'))
    .map(([alias, cache]) => [alias, dictionary(cache, `CACHES.${alias}`)] as const)
    .filter(([alias, { BACKEND }]) => {
      const path = `CACHES.${alias}.BACKEND`
      const ours = isOurBackend(BACKEND, path)
      if (!ours) warn(path, `'${String(BACKEND)}' is not of django-valkey; the cache '${alias}' is skipped`)
      return ours
    })
}

const factoryName = 'DJANGO_VALKEY_CONNECTION_FACTORY'
const loggerName = 'DJANGO_VALKEY_LOGGER'

const processWarnings = {
  warn: (message: string): void => process.emitWarning(message, { code: 'VALKEY_CACHE_DJANGO' }),
}
