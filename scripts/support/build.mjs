import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.mjs'
import { show } from './run.mjs'

/** Builds dist and build, unless they are newer than all they are made of. @returns whether they are there now */
export async function setupBuild() {
  if (isFresh()) return true
  console.log('setup: building (npm run build)')
  return (await show('npm', ['run', '--silent', 'build'])) === 0
}

/** Folders count too: they change when a file goes. */
function isFresh() {
  if (!['build/index.js', 'dist/index.js'].every((file) => existsSync(join(root, file)))) return false
  const sources = [
    ...settings.map((name) => join(root, name)),
    ...within('scripts/support/declarations'),
    ...within('src'),
  ]
  const made = [...within('build'), ...within('dist')].filter(isFile)
  return Math.max(...times(sources)) < Math.min(...times(made))
}

function within(folder) {
  const entries = readdirSync(join(root, folder), { recursive: true })
  return [join(root, folder), ...entries.map((entry) => join(root, folder, entry))]
}

const settings = [
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'scripts/build.mjs',
  'scripts/support/bundle.mjs',
  'scripts/support/minify.mjs',
]
const times = (paths) => paths.map((path) => statSync(path).mtimeMs)
const isFile = (path) => statSync(path).isFile()
