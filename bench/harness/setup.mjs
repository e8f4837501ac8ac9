// Makes a fresh clone ready for the benchmarks: ours built, a server at hand, the peers in a folder of their own.
import { readFileSync, existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ensure } from '../../scripts/ensure.mjs'
import { show } from '../../scripts/support/run.mjs'

const bench = fileURLToPath(new URL('..', import.meta.url))

/** @returns 0, or the exit status to end with */
export async function setup() {
  const status = await ensure()
  if (status !== 0 || areInstalled()) return status
  console.log('setup: installing the peers (npm ci --prefix bench)')
  return show('npm', ['ci', '--prefix', bench, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'])
}

function areInstalled() {
  const { dependencies } = JSON.parse(readFileSync(`${bench}package.json`, 'utf8'))
  return Object.entries(dependencies).every(([name, version]) => installedVersion(name) === version.split('@').at(-1))
}

/** Of a peer; undefined when it is not installed. */
export function installedVersion(name) {
  const file = `${bench}node_modules/${name}/package.json`
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : undefined
}
