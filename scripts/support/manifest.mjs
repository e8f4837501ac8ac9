import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.mjs'

/** Our package.json. */
export const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** The entries that can be imported: `specifier`, and their files as an ES module and as CommonJS, relative to the package. */
export const entries = Object.entries(manifest.exports)
  .filter(([, target]) => typeof target === 'object')
  .map(([path, target]) => ({
    specifier: manifest.name + path.slice(1),
    module: target.module,
    commonJs: target.default,
  }))

/** The programs that are run and never imported: their files, relative to the package. */
export const programs = Object.values(manifest.bin)
