// Installs the frameworks that judge our adapters (judges/), without their install scripts; may be run again.
// What they list and never load there (vite, sqlite3, coverage) is replaced in `overrides` by timekeeper, a small
// package that one of them needs anyway.
import { join } from 'node:path'
import { setupDependencies } from './support/dependencies.mjs'
import { isMain } from './support/is-main.mjs'
import { root } from './support/root.mjs'

/** @returns whether they are there now */
export function setupJudges() {
  return setupDependencies(join(root, 'judges'), { scripts: false })
}

if (isMain(import.meta)) process.exitCode = (await setupJudges()) ? 0 : 1
