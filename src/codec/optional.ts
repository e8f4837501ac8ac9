import { isAbsolute, join } from 'node:path'
import { UnsupportedError } from '../errors.js'

/**
 * Loads a package that only some users install, when the first cache asks for it.
 * @param feature what needs it, for the error
 * @throws {UnsupportedError} E_UNSUPPORTED when it is not installed, or cannot be loaded
 */
export function loadOptional<Module>(name: string, feature: string): Module {
  try {
    return requireFrom(name)(name) as Module
  } catch (cause) {
    const problem = `${feature} needs the package ${name}, which cannot be loaded here: npm install ${name}`
    throw new UnsupportedError(problem, { cause })
  }
}

/**
 * Gives the `require` of the first place from which the package is found; of the last place when it is found from none.
 * node:module is not imported: webpack would take the call out of the program (findings/webpack-create-require.sh).
 */
function requireFrom(name: string): NodeJS.Require {
  const { createRequire } = process.getBuiltinModule('node:module')
  const requires = places().map((place) => createRequire(place))
  return requires.find((require) => finds(require, name)) ?? (requires.at(-1) as NodeJS.Require)
}

function finds(require: NodeJS.Require, name: string): boolean {
  try {
    require.resolve(name)
    return true
  } catch {
    return false
  }
}

/**
 * Where packages are looked for: beside this file, then beside the program that was started, then in its folder.
 * A bundler leaves no trustworthy place of this file: esbuild's CommonJS has no `import.meta.url`, and webpack writes
 * down the path on the machine that ran it.
 */
function places(): string[] {
  return [thisFile(), process.argv[1], join(process.cwd(), 'index.js')].filter(isPlace)
}

/** CommonJS has `__filename`. It is tried and not asked for with typeof, which webpack answers wrongly for ES modules. */
function thisFile(): string | undefined {
  try {
    return __filename
  } catch {
    return import.meta.url
  }
}

/** What createRequire takes: an absolute path, or the URL of a file. */
function isPlace(place: string | undefined): place is string {
  return place !== undefined && (isAbsolute(place) || place.startsWith('file:'))
}
