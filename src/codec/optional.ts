import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/**
 * Loads a package that only some users have, when the first cache asks for it.
 * @param feature what needs it, for the error
 */
export function loadOptional<Module>(name: string, feature: string): Module {
  try {
    return require(name) as Module
  } catch (cause) {
    throw new Error(`${feature} needs the package ${name}, which cannot be loaded here: npm install ${name}`, { cause })
  }
}
