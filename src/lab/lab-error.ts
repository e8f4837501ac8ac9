import { CacheError } from '../errors.js'

/** A server of the lab could not be found, started or brought to where it should be; the message says why. */
export class LabError extends CacheError {
  override readonly code = 'E_LAB'
}
