import { ConfigurationError } from '../../errors.js'
import type { Given } from '../given.js'

/**
 * Refuses what changes something and was not confirmed.
 * @param deed what would be done, such as `deletes 2 keys`
 * @throws {ConfigurationError} E_CONFIG without `--yes`
 */
export function confirmed({ yes }: Given, command: string, deed: string): void {
  if (!yes) throw new ConfigurationError(command, `${deed}; say --yes if that is meant`)
}
