// Brings django-valkey beside the system's Python, for `npm run test:full`; installs nothing else; may be run again.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from './support/cache-folder.mjs'
import { isMain } from './support/is-main.mjs'
import { missingPythonPackages, systemPython } from './support/python.mjs'
import { capture } from './support/run.mjs'

const packages = ['django-valkey==0.4.0', 'valkey==6.1.1', 'django~=4.2.0']
const folder = join(cacheFolder, packages[0])
const program = join(folder, 'bin/python')

/**
 * Finds a Python that has django-valkey and what the system's has, or makes one.
 * @returns its version of django-valkey and the program, or nothing where it cannot be had
 */
export function ensureDjangoValkey(say = (line) => console.log(`setup: ${line}`)) {
  if (!version()) install(say)
  return version() ? [{ version: version(), program }] : []
}

function install(say) {
  const missing = missingPythonPackages()
  if (missing.length > 0) return say(`no tests with django-valkey: ${systemPython} lacks ${missing.join(', ')}`)
  say(`fetching django-valkey (pip install ${packages.join(' ')})`)
  const made = capture(systemPython, ['-m', 'venv', '--system-site-packages', folder])
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--retries=1', ...packages]
  const { ok, output } = made.ok ? capture(program, pip) : made
  if (ok) return undefined
  rmSync(folder, { recursive: true, force: true })
  return say(`no tests with django-valkey: ${output.trim()}`)
}

function version() {
  const { ok, stdout } = capture(program, ['-c', 'import django_valkey; print(django_valkey.__version__)'])
  return ok ? stdout.trim() : undefined
}

if (isMain(import.meta)) for (const { version, program } of ensureDjangoValkey()) console.log(`${version}: ${program}`)
