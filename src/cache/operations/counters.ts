import { mapped } from '../../clients/commands/build.js'
import { incrementBy, incrementExisting, rename } from '../../clients/commands/counters.js'
import { CommandError, KeyError, KeyNotFoundError } from '../../errors.js'
import type { Key } from '../../keys/key-maker.js'
import { show } from '../../units.js'
import { checkDelta } from '../input.js'
import type { CallOptions, IncrementOptions } from '../options.js'
import { Values } from './values.js'

/** Numbers that are counted on the server, and versions of keys. */
export abstract class Counters extends Values {
  /**
   * Adds to a number, in one step; whole numbers past 2^53 are bigint, sums with a fraction are numbers.
   * @throws {KeyNotFoundError} E_KEY_NOT_FOUND when it is not there, unless `create`
   * @throws {CommandError} E_COMMAND when the value is not a number, or leaves 64 bits
   * @throws {UnsupportedError} E_UNSUPPORTED when values are encrypted
   */
  async incr(key: Key, delta: number | bigint = 1, options: IncrementOptions = {}): Promise<number | bigint> {
    return this.#add('incr', key, delta, options)
  }

  /** As {@link incr}, downwards. */
  async decr(key: Key, delta: number | bigint = 1, options: IncrementOptions = {}): Promise<number | bigint> {
    checkDelta(delta)
    return this.#add('decr', key, -delta, options)
  }

  /**
   * Moves a value to a later version of its key, in one step and with its ttl to the ms; what was there is overwritten.
   * @returns the new version
   * @throws {KeyNotFoundError} E_KEY_NOT_FOUND when it is not there
   * @throws {UnsupportedError} E_UNSUPPORTED when values are encrypted, for then they are bound to their key
   */
  async incrVersion(key: Key, delta = 1, options: CallOptions = {}): Promise<number> {
    return this.#move('incrVersion', key, stepOf(delta), options)
  }

  /** As {@link incrVersion}, to an earlier version. */
  async decrVersion(key: Key, delta = 1, options: CallOptions = {}): Promise<number> {
    return this.#move('decrVersion', key, -stepOf(delta), options)
  }

  async #add(
    operation: 'incr' | 'decr',
    key: Key,
    delta: number | bigint,
    options: IncrementOptions,
  ): Promise<number | bigint> {
    checkDelta(delta)
    this.checkReadable(operation)
    const made = this.makeKey(key, options)
    const existing = (): Promise<number | bigint | undefined> =>
      this.call(operation, options, () => incrementExisting(made, delta))
    const sum = options.create
      ? await this.call(operation, options, () => incrementBy(made, delta)).catch((error: unknown) => {
          if (isNoWholeNumber(error)) return existing()
          throw error
        })
      : await existing()
    if (sum !== undefined) return sum
    if (options.create) return delta
    throw new KeyNotFoundError(String(key))
  }

  async #move(
    operation: 'incrVersion' | 'decrVersion',
    key: Key,
    delta: number,
    options: CallOptions,
  ): Promise<number> {
    this.checkReadable(operation)
    const { version = this.parts.keys.version } = options
    const [from, to] = [this.makeKey(key, { version }), this.makeKey(key, { version: version + delta })]
    const moved = this.call(operation, options, () => mapped(rename(from, to), () => version + delta))
    const reached = await moved.catch((error: unknown) => {
      if (!isNoSuchKey(error)) throw error
    })
    if (reached === undefined) throw new KeyNotFoundError(String(key))
    return reached
  }
}

/** @throws {KeyError} E_KEY what does not lead from one version to another */
function stepOf(delta: number): number {
  if (Number.isSafeInteger(delta)) return delta
  throw new KeyError(`A version is moved by a whole number, got ${show(delta)}.`)
}

/** There may be a fraction, to which the script can add. */
function isNoWholeNumber(error: unknown): boolean {
  return error instanceof CommandError && error.reply.startsWith('ERR value is not an integer')
}

function isNoSuchKey(error: unknown): boolean {
  return error instanceof CommandError && error.reply.startsWith('ERR no such key')
}
