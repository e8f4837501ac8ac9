import { CacheError } from '../errors.js'
import { checkNames, toWholeNumber } from '../units.js'

/** A server of the lab could not be found, started or brought to where it should be; the message says why. */
export class LabError extends CacheError {
  override readonly code = 'E_LAB'
}

/**
 * Checks resolved options as those of a cache are checked.
 * @param least the least that each count may be
 * @throws {LabError} E_LAB at a name that is no option, and at a count that is less
 */
export function checkOptions(
  path: string,
  given: object,
  resolved: Readonly<Record<string, unknown>>,
  least: Readonly<Record<string, number>> = {},
): void {
  try {
    checkNames(given, Object.keys(resolved), path)
    for (const [name, count] of Object.entries(least)) toWholeNumber(resolved[name] as number, count, `${path}.${name}`)
  } catch (cause) {
    throw new LabError(`${(cause as Error).message}.`, { cause })
  }
}
