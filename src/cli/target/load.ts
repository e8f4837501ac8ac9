import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Caches } from '../../config/create-caches.js'
import { fromDjangoSettings, type DjangoSettings } from '../../config/django/index.js'
import type { CacheOptions } from '../../config/options.js'
import { CacheError, ConfigurationError } from '../../errors.js'
import { kindOf } from '../../units.js'
import type { Source } from './source.js'

/** What a source has: options by the names of caches, or caches that were made of them. */
export type Configured =
  | { readonly caches: Readonly<Record<string, CacheOptions>>; readonly shared: CacheOptions }
  | { readonly made: Caches<string> }

/**
 * Loads what a source names. A module may export by default the options by name, as `createCaches` takes them, or what
 * `createCaches` returned; options that all caches share may be its export `shared`.
 * @throws {ConfigurationError} E_CONFIG when a file cannot be read, or has something else
 */
export async function load(source: Source, folder: string): Promise<Configured> {
  if (source.kind === 'addresses') return { caches: { default: source.options }, shared: {} }
  const file = resolve(folder, source.file)
  try {
    return source.kind === 'django' ? await loadDjango(file, source.file) : await loadModule(file, source.file)
  } catch (error) {
    if (error instanceof CacheError) throw error
    throw new ConfigurationError(source.file, `cannot be read: ${reasonOf(error, file)}`)
  }
}

/** What is no program, or names what is not there, may be a password without quotes: of that only the place is told. */
function reasonOf(error: unknown, file: string): string {
  if (!(error instanceof SyntaxError || error instanceof ReferenceError))
    return error instanceof Error ? error.message : String(error)
  const [place] = /file:\/\/\S+?:\d+/.exec(error.stack ?? '') ?? []
  return place === undefined ? `${error.name}; node --check ${file} says where` : `${error.name} at ${place}`
}

async function loadDjango(file: string, name: string): Promise<Configured> {
  return { caches: fromDjangoSettings(parse(await readFile(file, 'utf8'), name)), shared: {} }
}

/** What Node says of text that is no JSON repeats a part of it, which may be a password. */
function parse(text: string, name: string): DjangoSettings {
  try {
    return JSON.parse(text) as DjangoSettings
  } catch {
    throw new ConfigurationError(name, 'is not JSON; write the settings with json.dumps, or check it with an editor')
  }
}

async function loadModule(file: string, name: string): Promise<Configured> {
  const module = (await import(pathToFileURL(file).href)) as { readonly default?: unknown; readonly shared?: unknown }
  const { default: exported, shared = {} } = module
  if (exported === null || typeof exported !== 'object' || Array.isArray(exported))
    throw new ConfigurationError(
      name,
      `must export by default the options of its caches by name, or what createCaches returned; got ${kindOf(exported)}`,
    )
  if (areCaches(exported)) return { made: exported }
  return { caches: exported as Readonly<Record<string, CacheOptions>>, shared: shared as CacheOptions }
}

function areCaches(exported: object): exported is Caches<string> {
  return 'close' in exported && typeof exported.close === 'function'
}
