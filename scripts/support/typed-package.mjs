import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { entries, manifest } from './manifest.mjs'
import { root } from './root.mjs'
import { bin, capture } from './run.mjs'

/**
 * Says where the declarations of an installed package are wrong for TypeScript, imported and required. The declarations
 * themselves are checked too, without skipLibCheck, and a class has to be the same type either way.
 */
export function typeProblems(project) {
  writeFileSync(join(project, 'imports.mts'), importing)
  writeFileSync(join(project, 'requires.cts'), requiring)
  return settings.flatMap((args) => {
    const { ok, output } = capture(bin('tsc'), [...always, ...args, 'imports.mts', 'requires.cts'], { cwd: project })
    const problems = ok ? [] : problemsIn(output)
    return problems.length === 0 ? [] : [`tsc ${args.join(' ')}:\n${problems.join('\n')}`]
  })
}

/**
 * The lines that are about the package; all that tsc said where it names no place in a file, for then it did not check.
 */
function problemsIn(output) {
  return located.test(output) ? output.split('\n').filter((line) => ours.test(line)) : [output.trim()]
}

/** An error that tsc found at a place: `file(line,column): error …`. */
const located = /^.+\(\d+,\d+\): error /m

/** The declarations of optional packages may need types that a project has not. */
const ours = new RegExp(`^(error |imports\\.mts|requires\\.cts|node_modules/${manifest.name.replaceAll('.', '\\.')}/)`)

const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')]
const always = [
  '--noEmit',
  '--strict',
  '--ignoreConfig',
  '--target',
  'es2023',
  '--lib',
  'es2023,esnext.disposable',
  ...types,
]
/** For `node16`, `require` brings the CommonJS module, for `nodenext` the ES module. */
const settings = ['node16', 'nodenext'].map((module) => ['--module', module])

const names = entries.map(({ specifier }, index) => [`entry${index}`, specifier])
const importing = `
  ${names.map(([name, specifier]) => `import * as ${name} from '${specifier}'`).join('\n')}
  import type { Cache } from '${names[0][1]}' with { 'resolution-mode': 'require' }
  export const entries = [${names.map(([name]) => name)}]
  export const caches = entry0.createCaches({ default: {}, sessions: { ttl: '1h' } })
  export const cache: Cache = caches.sessions
  export const value: Promise<{ id: number } | undefined> = caches.default.get<{ id: number }>('k')
  // @ts-expect-error caches are made by createCaches
  new entry0.Cache()
  // @ts-expect-error no such cache
  void caches.other
`
const requiring = `
  ${names.map(([name, specifier]) => `import ${name} = require('${specifier}')`).join('\n')}
  export const entries = [${names.map(([name]) => name)}]
  export const cache: entry0.Cache = entry0.createCaches({ default: {} }).default
`
