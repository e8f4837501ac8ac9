export { fromDjangoSettings } from './read.js'
export type {
  CachesOf,
  DjangoCache,
  DjangoClasses,
  DjangoOptions,
  DjangoSettings,
  FromDjangoOptions,
} from './settings.js'
