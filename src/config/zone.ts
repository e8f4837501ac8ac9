import { ConfigurationError } from '../errors.js'
import { show } from '../units.js'
import type { Given } from './given.js'

/**
 * Our availability zone, where it is given.
 * @throws {ConfigurationError} E_CONFIG when it is no name, or is missing where reads go by it
 */
export function resolveZone({ options, pathOf }: Given): string | undefined {
  const { zone, readFrom } = options
  if (zone === undefined && readFrom === 'zone')
    throw new ConfigurationError(
      pathOf('zone'),
      `is missing, and ${pathOf('readFrom')} is 'zone'; say in which availability zone this process runs, such as 'eu-1a'`,
    )
  if (zone !== undefined && (typeof zone !== 'string' || zone === '' || zone !== zone.trim()))
    throw new ConfigurationError(
      pathOf('zone'),
      `expected the name of an availability zone without white space around it, such as 'eu-1a', got ${show(zone)}`,
    )
  return zone
}
