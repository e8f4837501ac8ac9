import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.mjs'
import { show } from './run.mjs'

/** Builds dist, unless it is newer than all it is made of. @returns whether it is there now */
export async function setupBuild() {
  if (isFresh()) return true
  console.log('setup: building (npm run build)')
  return (await show('npm', ['run', '--silent', 'build'])) === 0
}

/** Folders count too: they change when a file goes. */
function isFresh() {
  if (!existsSync(join(root, 'dist/index.js'))) return false
  const sources = ['package.json', 'tsconfig.json', 'tsconfig.build.json'].map((name) => join(root, name))
  return Math.max(...times([...sources, ...within('src')])) < Math.min(...times(within('dist').filter(isFile)))
}

function within(folder) {
  const entries = readdirSync(join(root, folder), { recursive: true })
  return [join(root, folder), ...entries.map((entry) => join(root, folder, entry))]
}

const times = (paths) => paths.map((path) => statSync(path).mtimeMs)
const isFile = (path) => statSync(path).isFile()
