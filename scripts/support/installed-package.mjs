import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.mjs'
import { capture } from './run.mjs'

/** Installs the tarball as a user would and says which exports cannot be imported, or bring more than they should. */
export function installedExportProblems(folder, tarball) {
  const project = join(folder, 'project')
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{ "name": "user", "private": true }')
  const install = ['install', tarball, '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
  const installed = capture('npm', install, { cwd: project })
  if (!installed.ok) return [`npm install of the tarball failed:\n${installed.output}`]
  const { name, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const entries = Object.entries(exports).filter(([, target]) => typeof target === 'object')
  return [
    ...entries.flatMap(([path]) => importProblems(project, name + path.slice(1))),
    ...lazinessProblems(
      project,
      name,
      entries.map(([, target]) => target.default),
    ),
  ]
}

/** Every export works by `import`, and by `require` with the same names. */
function importProblems(project, specifier) {
  const names = (load) => `JSON.stringify(Object.keys(${load}).filter((name) => name !== '__esModule').sort())`
  const program = `
    const imported = ${names(`await import('${specifier}')`)}
    const required = ${names(`(await import('node:module')).createRequire(process.cwd() + '/x.js')('${specifier}')`)}
    if (imported !== required) throw new Error('import gives ' + imported + ', require gives ' + required)`
  const { ok, output } = capture('node', ['--input-type=module', '--eval', program], { cwd: project })
  return ok ? [] : [`${specifier}:\n${output.trim()}`]
}

/** Importing the root loads none of the other entries, and of other packages the dependencies only. */
function lazinessProblems(project, name, targets) {
  const { dependencies = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  writeFileSync(join(project, 'hooks.mjs'), hooks)
  const program = `
    import { register } from 'node:module'
    register('./hooks.mjs', 'file://' + process.cwd() + '/')
    await import('${name}')`
  const { ok, stdout, output } = capture('node', ['--input-type=module', '--eval', program], { cwd: project })
  if (!ok) return [`${name} under a load hook:\n${output}`]
  const loaded = stdout.split('\n').filter((url) => url !== '')
  const lazy = targets.slice(1).map((target) => `/${name}/${target.replace('./', '')}`)
  const allowed = [name, ...Object.keys(dependencies)].map((allowedName) => `/node_modules/${allowedName}/`)
  return loaded
    .filter((url) => lazy.some((end) => url.endsWith(end)) || isForeign(url, allowed))
    .map((url) => `importing ${name} loads ${url.replace(/^.*node_modules\//, '')}`)
}

const isForeign = (url, allowed) =>
  url === 'node:child_process' || (url.includes('/node_modules/') && !allowed.some((part) => url.includes(part)))

const hooks = `
  import { writeSync } from 'node:fs'
  export async function load(url, context, next) {
    writeSync(1, url + '\\n')
    return next(url, context)
  }`
