import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** A module of this build of ours, or of the build whose folder of modules is given. */
export function load(path, dist = join(import.meta.dirname, '../../build')) {
  return import(pathToFileURL(join(dist, path)).href)
}
