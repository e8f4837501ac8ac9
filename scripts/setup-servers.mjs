// Unpacks other versions of the servers beside the installed one, for `npm run test:full`; installs nothing; may be run again.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { unpack, unpackObstacle } from './support/apt-unpack.mjs'
import { cacheFolder } from './support/cache-folder.mjs'
import { isMain } from './support/is-main.mjs'
import { capture } from './support/run.mjs'

/** The versions that we support beside the one that `npm test` installs, in their order. */
const versions = ['8.1', '9.1']
const programs = ['valkey-server', 'valkey-sentinel']

/**
 * Finds these versions or unpacks them.
 * @returns `{ version, path }` of each that is there now; `path` is the folder to put first on PATH
 */
export function ensureServers(say = (line) => console.log(`setup: ${line}`)) {
  const missing = versions.filter((version) => !runs(version))
  const obstacle = missing.length > 0 ? unpackObstacle() : undefined
  if (obstacle) say(`no tests on Valkey ${missing.join(', ')}: ${obstacle}`)
  else if (missing.length > 0) unpackServers(missing, say)
  return versions.filter(runs).map((version) => ({ version, path: binOf(version) }))
}

function unpackServers(missing, say) {
  mkdirSync(cacheFolder, { recursive: true })
  const wanted = missing.map((version) => ({ packages: programs, version, programs, folder: folderOf(version) }))
  const unpacked = unpack(wanted, say)
  for (const { folder } of wanted.filter((one) => !unpacked.includes(one)))
    rmSync(folder, { recursive: true, force: true })
}

/** Whether it is there and can be run. */
const runs = (version) => programs.every((program) => capture(join(binOf(version), program), ['--version']).ok)
const folderOf = (version) => join(cacheFolder, `valkey-${version}`)
const binOf = (version) => join(folderOf(version), 'bin')

if (isMain(import.meta)) for (const { version, path } of ensureServers()) console.log(`Valkey ${version}: ${path}`)
