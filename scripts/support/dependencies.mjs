import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { root } from './root.mjs'
import { show } from './run.mjs'

/**
 * Installs what a folder's package-lock.json names, unless it is there.
 * @param scripts whether packages may run programs of their own while they are installed
 * @returns whether it is there now
 */
export async function setupDependencies(folder = root, { scripts = true } = {}) {
  if (isInstalled(folder)) return true
  const place = folder === root ? [] : ['--prefix', relative(root, folder)]
  const args = ['ci', ...place, ...(scripts ? [] : ['--ignore-scripts'])]
  console.log(`setup: installing dependencies (npm ${args.join(' ')})`)
  return (await show('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'])) === 0
}

/** npm keeps its own record of what it installed; packages for other platforms are not in it. */
function isInstalled(folder) {
  const record = join(folder, 'node_modules/.package-lock.json')
  if (!existsSync(record)) return false
  const installed = packagesOf(record)
  return Object.entries(packagesOf(join(folder, 'package-lock.json'))).every(
    ([path, wanted]) => path === '' || wanted.optional || installed[path]?.version === wanted.version,
  )
}

const packagesOf = (file) => JSON.parse(readFileSync(file, 'utf8')).packages
