import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { releaseCodename, sourceFiles } from './apt.mjs'
import { suiteSource } from './apt-sources.mjs'
import { which } from './path.mjs'

/** Later suites of the distribution, where versions of servers are looked for that the machine's own release has not. */
const suites = ['trixie', 'trixie-backports', 'forky', 'sid']

/** Why packages of other suites cannot be unpacked here; undefined when they can. */
export function unpackObstacle() {
  const missing = ['apt-get', 'apt-cache', 'dpkg-deb'].find((program) => !which(program))
  if (missing) return `there is no ${missing} here`
  return sources().length === 0 ? 'apt has no source of this release to take another suite from' : undefined
}

/**
 * Unpacks programs and the libraries that they need, without installing anything: apt works on lists of its own, as
 * anybody. Each program becomes a script in `<folder>/bin` that runs it with the libraries beside it.
 * @param wanted `packages` that bring the programs, of one source; `version`: how theirs begins; `programs`; `folder`
 * @returns those of `wanted` that were unpacked
 */
export function unpack(wanted, say) {
  const work = mkdtempSync(join(tmpdir(), 'valkey-cache-unpack-'))
  try {
    const apt = isolatedApt(work)
    say(`reading the package lists of ${suites.join(', ')}`)
    run('apt-get', [...apt, 'update'])
    return wanted.filter((one) => unpackOne(one, apt, work, say))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function unpackOne({ packages, version, programs, folder }, apt, work, say) {
  const found = newest(packages[0], version, apt)
  if (found === undefined) return say(`no suite has ${packages[0]} ${version}`)
  say(`unpacking ${packages[0]} ${found.version} of ${found.suite}`)
  const debs = mkdtempSync(join(work, 'debs-'))
  run('apt-get', [...apt, '-t', found.suite, 'download', ...closure(packages, found, apt)], { cwd: debs })
  for (const deb of readdirSync(debs)) run('dpkg-deb', ['-x', join(debs, deb), folder])
  return programs.every((program) => writeStarter(folder, program))
}

/** The newest version that begins so, and a suite that has it; apt lists the newest first. */
function newest(name, version, apt) {
  const lines = run('apt-cache', [...apt, 'madison', name]).split('\n')
  return lines
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter(([, found]) => found?.startsWith(`${version}.`))
    .map(([, found, place]) => ({ version: found, suite: /(\S+)\/main/.exec(place)?.[1] }))[0]
}

/** What apt would install, as far as it is of the same source or a library: no tools, no services. */
function closure(packages, { suite, version }, apt) {
  const names = packages.map((name) => `${name}=${version}`)
  const plan = run('apt-get', [...apt, '-t', suite, '--simulate', '--no-install-recommends', 'install', ...names])
  return [...plan.matchAll(/^Inst (\S+) \((\S+)/gm)]
    .filter(([, found, foundVersion]) => /^(lib|zlib)/.test(found) || foundVersion === version)
    .map(([, found, foundVersion]) => `${found}=${foundVersion}`)
}

/**
 * The program's own loader runs it: that of the machine may be older than its libraries. The starter finds both from where
 * it lies itself, so that they work in a clone that was moved.
 * @returns whether it runs
 */
function writeStarter(folder, program) {
  const loader = readdirSync(folder, { recursive: true }).find((path) =>
    /usr\/lib\/.*-linux-.*\/ld-linux[^/]*$/.test(path),
  )
  if (loader === undefined) return false
  const file = join(folder, 'bin', program)
  mkdirSync(dirname(file), { recursive: true })
  const start = `exec "$here/${loader}" --library-path "$here/${dirname(loader)}" --argv0 ${program}`
  writeFileSync(file, `#!/bin/sh\nhere="${'$'}{0%/*}/.."\n${start} "$here/usr/bin/${program}" "$@"\n`)
  chmodSync(file, 0o755)
  return spawnSync(file, ['--version']).status === 0
}

/** apt with lists, cache and sources of its own, and nothing installed. */
function isolatedApt(work) {
  for (const folder of ['lists/partial', 'cache/archives/partial', 'sources'])
    mkdirSync(join(work, folder), { recursive: true })
  for (const { name, text } of sources()) writeFileSync(join(work, 'sources', name), text)
  return [
    'Dir::Etc::sourcelist=/dev/null',
    `Dir::Etc::sourceparts=${join(work, 'sources')}`,
    `Dir::State::lists=${join(work, 'lists')}`,
    'Dir::State::status=/dev/null',
    `Dir::Cache=${join(work, 'cache')}`,
    'Debug::NoLocking=1',
    'APT::Sandbox::User=root',
  ].flatMap((setting) => ['-o', setting])
}

function sources() {
  const codename = releaseCodename()
  return suites.flatMap((suite) => suiteSource(sourceFiles(), codename, suite) ?? [])
}

function run(program, args, { cwd } = {}) {
  const env = { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' }
  return spawnSync(program, args, { cwd, env, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }).stdout ?? ''
}
