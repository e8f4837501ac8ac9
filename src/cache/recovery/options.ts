import { ConfigurationError } from '../../errors.js'
import {
  checkNames,
  kindOf,
  toPositiveMilliseconds,
  toWholeNumber,
  type Duration,
  type Milliseconds,
} from '../../units.js'

/** What is kept of the deletes that are issued while their server cannot be used. */
export interface RecoveryOptions {
  /** The most keys whose deletes are kept; one more rejects with `kept: false`. @default 10_000 */
  readonly maxKeys?: number
  /** How long a delete is kept, in ms or as a literal; then it is dropped and reported. @default '10m' */
  readonly maxAge?: Duration
}

/** {@link RecoveryOptions}, complete and checked. */
export interface RecoveryLimits {
  readonly maxKeys: number
  readonly maxAge: Milliseconds
}

/**
 * Makes the options complete; `undefined` when nothing is to be kept.
 * @throws {ConfigurationError} E_CONFIG at the option
 */
export function resolveRecovery(recovery: RecoveryOptions | false = {}, path: string): RecoveryLimits | undefined {
  if (recovery === false) return undefined
  if (recovery === null || typeof recovery !== 'object')
    throw new ConfigurationError(path, `expected { maxKeys, maxAge } or false, got ${kindOf(recovery)}`)
  const { maxKeys = 10_000, maxAge = 600_000 } = recovery
  checkNames(recovery, ['maxKeys', 'maxAge'], path)
  return {
    maxKeys: toWholeNumber(maxKeys, 1, `${path}.maxKeys`),
    maxAge: toPositiveMilliseconds(maxAge, `${path}.maxAge`),
  }
}
