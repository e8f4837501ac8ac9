// Brings Bun and Deno beside Node, for `npm run test:full`; installs nothing; may be run again.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from './support/cache-folder.mjs'
import { fetchPackage } from './support/fetch-package.mjs'
import { isMain } from './support/is-main.mjs'
import { capture } from './support/run.mjs'

/** The npm packages that bring them. */
const runtimes = [
  { name: 'bun', version: '1.4.4' },
  { name: 'deno', version: '2.9.6' },
]

/**
 * Finds these runtimes or fetches them.
 * @returns `{ name, version, path }` of each that is there now; `path` is the folder to put first on PATH
 */
export function ensureRuntimes(say = (line) => console.log(`setup: ${line}`)) {
  return runtimes.flatMap(({ name, version }) => {
    const folder = join(cacheFolder, `${name}-${version}`)
    const path = join(folder, 'node_modules/.bin')
    if (!existsSync(join(path, name))) fetchRuntime(folder, `${name}@${version}`, say)
    return capture(join(path, name), ['--version']).ok ? [{ name, version, path }] : []
  })
}

function fetchRuntime(folder, spec, say) {
  say(`fetching ${spec} (npm install ${spec})`)
  const problem = fetchPackage(folder, spec)
  if (problem) say(`no tests on ${spec}: ${problem}`)
}

if (isMain(import.meta))
  for (const { name, version, path } of ensureRuntimes()) console.log(`${name} ${version}: ${path}`)
