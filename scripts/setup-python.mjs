// Makes Python with Django's caches available, for the tests that share data with it; says what it does; may be run again.
import { aptInstall, aptObstacle } from './support/apt.mjs'
import { isMain } from './support/is-main.mjs'
import { missingPythonPackages, python, pythonVersions } from './support/python.mjs'

/**
 * Finds Python and its packages or installs them.
 * @returns whether they are there; where not, after saying what is left out and how to get them
 */
export function ensurePython(say = (line) => console.log(`setup: ${line}`)) {
  const missing = missingPythonPackages()
  const obstacle = missing.length > 0 ? install(missing, say) : undefined
  say(obstacle ?? `${pythonVersions()} are here`)
  return obstacle === undefined
}

/** @returns what stands in the way, and what to do about it; undefined when nothing does */
function install(packages, say) {
  say(`${python} lacks ${packages.join(', ')}`)
  const obstacle = aptObstacle()
  if (obstacle) return advice(obstacle, packages)
  aptInstall(packages, packages, say)
  const left = missingPythonPackages()
  return left.length > 0 ? advice('apt-get could not install them', left) : undefined
}

function advice(obstacle, packages) {
  return [
    `no tests with Python: ${obstacle}`,
    '  They share caches with a real Django; the other tests do without. Ways to have them:',
    `  Debian, Ubuntu: apt-get install --no-install-recommends ${packages.join(' ')}`,
    `  elsewhere:      give ${python} the modules of these packages`,
  ].join('\n')
}

if (isMain(import.meta)) process.exitCode = ensurePython() ? 0 : 2
