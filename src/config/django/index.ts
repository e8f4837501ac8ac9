/**
 * Caches from Django's settings.
 * @module valkey-cache/django
 */
export { fromDjangoSettings } from './read.js'
export type {
  CachesOf,
  DjangoCache,
  DjangoClasses,
  DjangoOptions,
  DjangoSettings,
  FromDjangoOptions,
} from './settings.js'
