import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suiteSource } from './apt-sources.mjs'
import { which } from './path.mjs'

/** Why packages cannot be installed here; undefined when they can. */
export function aptObstacle() {
  if (!which('apt-get')) return 'there is no apt-get here'
  if (process.getuid() === 0) return undefined
  return spawnSync('sudo', ['-n', 'true']).status === 0 ? undefined : 'apt-get needs root or sudo without a password'
}

/**
 * Installs the first of these sets of packages that the release has, the earlier ones from its backports too.
 * The machine's apt configuration stays as it is, and no service is started.
 * @returns whether one of them was installed
 */
export function aptInstall(preferred, fallback, say) {
  say('reading package lists (apt-get update)')
  run(['apt-get', 'update'])
  if (known(preferred)) return install(preferred, [], say)
  return installFromBackports(preferred, say) || (known(fallback) && install(fallback, [], say))
}

function installFromBackports(packages, say) {
  const codename = releaseCodename()
  const source = codename && suiteSource(sourceFiles(), codename, `${codename}-backports`)
  if (!source) return false
  const folder = mkdtempSync(join(tmpdir(), 'valkey-cache-apt-'))
  try {
    say(`${packages[0]} is not in ${codename}; looking in ${codename}-backports`)
    const { update, use } = sourceOptions(folder, source)
    run(['apt-get', ...update, 'update'])
    return known(packages, use) && install(packages, [...use, '-t', `${codename}-backports`], say)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** apt options that add one source for one run: `update` reads its lists alone, `use` has it beside the machine's own. */
function sourceOptions(folder, source) {
  const alone = join(folder, source.name)
  const parts = join(folder, 'parts')
  mkdirSync(parts)
  if (existsSync(systemParts)) cpSync(systemParts, parts, { recursive: true })
  writeFileSync(alone, source.text)
  writeFileSync(join(parts, `valkey-cache-${source.name}`), source.text)
  spawnSync('chmod', ['-R', 'a+rX', folder])
  const sources = source.name.endsWith('.sources')
    ? ['Dir::Etc::sourcelist=/dev/null', `Dir::Etc::sourceparts=${onlyThis(folder, alone)}`]
    : [`Dir::Etc::sourcelist=${alone}`, 'Dir::Etc::sourceparts=/dev/null']
  return {
    update: options([...sources, 'APT::Get::List-Cleanup=0']),
    use: options([`Dir::Etc::sourceparts=${parts}`, 'Dir::Cache::pkgcache=', 'Dir::Cache::srcpkgcache=']),
  }
}

/** A folder that holds this file alone, as sourceparts must be a folder. */
function onlyThis(folder, file) {
  const only = join(folder, 'only')
  mkdirSync(only)
  cpSync(file, join(only, 'one.sources'))
  chmodSync(only, 0o755)
  return only
}

const options = (settings) => settings.flatMap((setting) => ['-o', setting])

function known(packages, extra = []) {
  return packages.every((name) =>
    /^ {2}Candidate: (?!\(none\))/m.test(run(['apt-cache', ...extra, 'policy', name]).stdout),
  )
}

function install(packages, extra, say) {
  say(`installing ${packages.join(' and ')} (apt-get install)`)
  const { status, stderr } = withoutServices(() =>
    run([
      'apt-get',
      ...extra,
      '-o',
      'DPkg::Lock::Timeout=60',
      'install',
      '--yes',
      '--no-install-recommends',
      ...packages,
    ]),
  )
  if (status !== 0) say(`apt-get failed: ${stderr.trim().split('\n').slice(-3).join(' · ')}`)
  return status === 0
}

/** Packages start their services when they are installed, unless this file says no. */
function withoutServices(work) {
  if (existsSync(policy)) return work()
  run(['sh', '-c', `printf '#!/bin/sh\\nexit 101\\n' > ${policy} && chmod 755 ${policy}`])
  try {
    return work()
  } finally {
    run(['rm', '-f', policy])
  }
}

/** Services that were installed are not to start with the machine either; nothing to do where there is no systemd. */
export function disableServices(names) {
  if (existsSync('/run/systemd/system')) run(['systemctl', 'disable', '--quiet', ...names])
}

export function releaseCodename() {
  const text = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : ''
  return /^VERSION_CODENAME="?([\w-]+)"?$/m.exec(text)?.[1]
}

export function sourceFiles() {
  const parts = existsSync(systemParts) ? readdirSync(systemParts).filter((name) => /\.(list|sources)$/.test(name)) : []
  return [...parts.map((name) => join(systemParts, name)), '/etc/apt/sources.list']
    .filter((file) => existsSync(file))
    .map((name) => ({ name, text: readFileSync(name, 'utf8') }))
}

function run(command) {
  const asRoot = process.getuid() === 0 ? [] : ['sudo', '-n']
  const [program, ...args] = [...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', 'LC_ALL=C', ...command]
  return spawnSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 64 * 1024 * 1024 })
}

const systemParts = '/etc/apt/sources.list.d'
const policy = '/usr/sbin/policy-rc.d'
