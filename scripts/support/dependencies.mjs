import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.mjs'
import { show } from './run.mjs'

/** Installs what package-lock.json names, unless it is there. @returns whether it is there now */
export async function setupDependencies() {
  if (isInstalled()) return true
  console.log('setup: installing dependencies (npm ci)')
  return (await show('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])) === 0
}

/** npm keeps its own record of what it installed; packages for other platforms are not in it. */
function isInstalled() {
  const record = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(record)) return false
  const installed = packagesOf(record)
  return Object.entries(packagesOf(join(root, 'package-lock.json'))).every(
    ([path, wanted]) => path === '' || wanted.optional || installed[path]?.version === wanted.version,
  )
}

const packagesOf = (file) => JSON.parse(readFileSync(file, 'utf8')).packages
