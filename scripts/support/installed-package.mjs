import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { entries, manifest } from './manifest.mjs'
import { capture } from './run.mjs'

/** Installs the tarball in a new project, as a user would. @returns the project's folder, or what went wrong */
export function installTarball(folder, tarball) {
  const project = join(folder, 'project')
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{ "name": "user", "private": true }')
  const install = ['install', tarball, '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
  const { ok, output } = capture('npm', install, { cwd: project })
  return ok ? { project } : { problem: `npm install of the tarball failed:\n${output}` }
}

/** Says which exports cannot be imported, or bring more than they should. */
export function installedExportProblems(project) {
  return [...entries.flatMap((entry) => importProblems(project, entry)), ...lazinessProblems(project)]
}

/** Says which programs do not run, or cannot load a configuration that imports the package. */
export function installedProgramProblems(project) {
  writeFileSync(
    join(project, 'valkey-cache.config.mjs'),
    `import { createCaches } from '${manifest.name}'\nexport default createCaches({ default: { location: 'valkey://127.0.0.1:1' } })`,
  )
  return Object.keys(manifest.bin).flatMap((name) => {
    const { stdout, output } = capture(join(project, 'node_modules/.bin', name), ['status'], { cwd: project })
    return stdout.includes('127.0.0.1:1') && stdout.includes('ECONNREFUSED')
      ? []
      : [`${name} status:\n${output.trim()}`]
  })
}

/** Every entry works by `import`, and `require` gives the same objects; its CommonJS file has the same names. */
function importProblems(project, { specifier, commonJs }) {
  const program = `
    import { createRequire } from 'node:module'
    const require = createRequire(process.cwd() + '/x.js')
    const imported = await import('${specifier}')
    const required = require('${specifier}')
    const other = Object.keys(imported).filter((name) => imported[name] !== required[name])
    if (other.length > 0) throw new Error('require gives others than import: ' + other)
    const misnamed = Object.entries(imported).filter(([name, it]) => typeof it === 'function' && it.name !== name)
    if (misnamed.length > 0) throw new Error('other names: ' + misnamed.map(([name, it]) => name + ' is called ' + it.name))
    const names = (module) => Object.keys(module).filter((name) => name !== '__esModule').sort().join()
    const commonJs = require('./node_modules/${manifest.name}/${commonJs}')
    if (names(commonJs) !== names(imported)) throw new Error('${commonJs} has ' + names(commonJs))
    const { CacheError } = commonJs
    if (CacheError && new CacheError('').name !== 'CacheError') throw new Error('${commonJs} has errors without their names')`
  const { ok, output } = capture('node', ['--input-type=module', '--eval', program], { cwd: project })
  return ok ? [] : [`${specifier}:\n${output.trim()}`]
}

/** Importing the root loads few files, none of the other entries, and of other packages the dependencies only. */
function lazinessProblems(project) {
  const { name, dependencies = {} } = manifest
  writeFileSync(join(project, 'hooks.mjs'), hooks)
  const program = `
    import { register } from 'node:module'
    register('./hooks.mjs', 'file://' + process.cwd() + '/')
    await import('${name}')`
  const { ok, stdout, output } = capture('node', ['--input-type=module', '--eval', program], { cwd: project })
  if (!ok) return [`${name} under a load hook:\n${output}`]
  const loaded = stdout.split('\n').filter((url) => url !== '')
  const lazy = entries.slice(1).map(({ module }) => `/${name}/${module.replace('./', '')}`)
  const allowed = [name, ...Object.keys(dependencies)].map((allowedName) => `/node_modules/${allowedName}/`)
  const ours = loaded.filter((url) => url.includes(`/node_modules/${name}/`))
  if (ours.length > mostFiles) return [`importing ${name} loads ${ours.length} files of it`]
  return loaded
    .filter((url) => lazy.some((end) => url.endsWith(end)) || isForeign(url, allowed))
    .map((url) => `importing ${name} loads ${url.replace(/^.*node_modules\//, '')}`)
}

/** The entry itself and the chunks that it shares with others: each file more is time at every start. */
const mostFiles = 6

/** What a plain cache does without (src/builtins.ts), and processes, which the lab alone starts. */
const lazyBuiltins = ['child_process', 'crypto', 'tls', 'v8', 'zlib'].map((name) => `node:${name}`)

const isForeign = (url, allowed) =>
  lazyBuiltins.includes(url) || (url.includes('/node_modules/') && !allowed.some((part) => url.includes(part)))

const hooks = `
  import { writeSync } from 'node:fs'
  export async function load(url, context, next) {
    writeSync(1, url + '\\n')
    return next(url, context)
  }`
