// Makes a fresh clone ready for the benchmarks: ours built, a server at hand, the peers in a folder of their own.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensure } from '../../scripts/ensure.mjs'
import { setupDependencies } from '../../scripts/support/dependencies.mjs'

const bench = join(import.meta.dirname, '..')

/** @returns 0, or the exit status to end with */
export async function setup() {
  const status = await ensure()
  return status === 0 && !(await setupDependencies(bench)) ? 1 : status
}

/** Of a peer; undefined when it is not installed. */
export function installedVersion(name) {
  const file = join(bench, 'node_modules', name, 'package.json')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : undefined
}
