import { checkOptions, optionTable, type OptionTable } from '../../cache/option-checks.js'
import { resolveTtl, type Ttl } from '../../cache/ttl.js'
import { ConfigurationError } from '../../errors.js'
import { show } from '../../units.js'

export { checkOptions, optionTable, type OptionTable }

/** @throws {ConfigurationError} E_CONFIG at `path` when it is no text */
export function isText(value: unknown, path: string): void {
  if (typeof value !== 'string') throw new ConfigurationError(path, `expected a text, got ${show(value)}`)
}

/** @throws {ConfigurationError} E_CONFIG at `path` when it is no ttl */
export function isTtl(value: Ttl, path: string): void {
  resolveTtl(value, path)
}

/** @throws {ConfigurationError} E_CONFIG at `path` when it is no function */
export function isFunction(value: unknown, path: string): void {
  if (typeof value !== 'function') throw new ConfigurationError(path, `expected a function, got ${show(value)}`)
}

/** For what the framework checks itself. */
export function anything(): void {}
