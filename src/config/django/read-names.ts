import { ConfigurationError } from '../../errors.js'
import { joinDrafts, type Draft } from './draft.js'
import { names, type Place } from './names.js'
import type { Dictionary } from './values.js'

/** Hears of what has no counterpart here. */
export type Warn = (path: string, problem: string) => void

/** Names and their values, and where they stand. */
export interface Named {
  readonly place: Place
  readonly values: Dictionary
  readonly path: string
}

/**
 * What the names of one place say, by the table.
 * @throws {ConfigurationError} E_CONFIG at the path of an argument that is unknown, or of a value that cannot be used
 */
export function readNames({ place, values, path }: Named, warn: Warn): Draft {
  for (const name of Object.keys(values)) checkName({ place, name, path: pathOf(place, path, name) }, warn)
  const drafts = Object.entries(names[place]).map(([name, reader]) => {
    const value = values[name]
    if (value === undefined) return {}
    const where = pathOf(place, path, name)
    return reader.read(value, where, (problem) => warn(where, problem))
  })
  return joinDrafts(drafts)
}

/** Names of a settings module that are django-valkey's; the others are Django's, and not looked at. */
export function ownSettings(settings: Dictionary): Dictionary {
  return Object.fromEntries(
    Object.entries(settings).filter(([name]) => Object.hasOwn(names.settings, name) || own.test(name)),
  )
}

/** A name that is not in the table: Python passes over it in settings, and fails with it as an argument. */
function checkName({ place, name, path }: { place: Place; name: string; path: string }, warn: Warn): void {
  if (Object.hasOwn(names[place], name)) return
  const near = Object.keys(names[place]).find((known) => isNear(known.toLowerCase(), name.toLowerCase()))
  const hint = near === undefined ? '' : `; did you mean ${near}?`
  if (passesOver.has(place)) return warn(path, `not read by django-valkey, and not here${hint}`)
  throw new ConfigurationError(path, `unknown name${hint}`)
}

function isNear(known: string, name: string): boolean {
  return known === name || known === `${name}s` || `${known}s` === name
}

function pathOf(place: Place, path: string, name: string): string {
  if (place === 'settings') return name
  return place === 'LOCATION query' ? `${path}?${name}` : `${path}.${name}`
}

const passesOver: ReadonlySet<Place> = new Set(['settings', 'CACHES', 'OPTIONS'])
const own = /^(DJANGO_VALKEY|CACHE_HERD|CACHE_COMPRESS|(DE)?COMPRESS_(BROTLI|LZ4|LZMA|ZLIB|ZSTD))_/i
