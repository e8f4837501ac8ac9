// Brings other versions of Node beside the running one, for `npm run test:full`; installs nothing; may be run again.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from './support/cache-folder.mjs'
import { fetchPackage } from './support/fetch-package.mjs'
import { isMain } from './support/is-main.mjs'
import { capture } from './support/run.mjs'

/** The release lines that we support; the one that runs this is left out. */
const lines = ['20', '22', '24', '26'].filter((line) => line !== process.versions.node.split('.', 1)[0])

/** The package that holds the program for this kind of machine. */
const packageName = `node-${process.platform}-${process.arch}`

/**
 * Finds these versions or fetches them.
 * @returns `{ version, path }` of each that is there now; `path` is the folder to put first on PATH
 */
export function ensureNodes(say = (line) => console.log(`setup: ${line}`)) {
  return lines.flatMap((line) => {
    const path = join(cacheFolder, `node-${line}`, 'node_modules', packageName, 'bin')
    if (!existsSync(join(path, 'node'))) fetchNode(line, say)
    const { ok, stdout } = capture(join(path, 'node'), ['--version'])
    return ok ? [{ version: stdout.trim(), path }] : []
  })
}

function fetchNode(line, say) {
  say(`fetching Node ${line} (npm install ${packageName}@${line})`)
  const problem = fetchPackage(join(cacheFolder, `node-${line}`), `${packageName}@${line}`)
  if (problem) say(`no tests on Node ${line}: ${problem}`)
}

if (isMain(import.meta)) for (const { version, path } of ensureNodes()) console.log(`Node ${version}: ${path}`)
