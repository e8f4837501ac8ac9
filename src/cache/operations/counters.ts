import { framedNumber } from '../../clients/commands/entries.js'
import type { Answer } from '../../clients/commands/answer.js'
import { incrementBy } from '../../clients/commands/counters.js'
import { tupleEntry } from '../../clients/commands/herd-entries.js'
import type { Call } from '../../clients/command.js'
import { isOver, resolveTtl } from '../ttl.js'
import { CommandError, ConfigurationError, KeyError, KeyNotFoundError, UnsupportedError } from '../../errors.js'
import type { Key } from '../../keys/key-maker.js'
import { show, type Milliseconds } from '../../units.js'
import { checkDelta } from '../input.js'
import { noOptions, type CallOptions, type IncrementOptions } from '../options.js'
import { describe, type Operation, type OperationTable } from '../operation.js'
import { callOptions, incrementOptions } from '../option-checks.js'
import { Operations } from './base.js'
import { forClient, type OperationContext } from './context.js'

const operations = describe({
  incr: { takes: incrementOptions, outage: undefined },
  decr: { takes: incrementOptions, outage: undefined },
  incrVersion: { takes: callOptions, outage: undefined },
  decrVersion: { takes: callOptions, outage: undefined },
})

/** Numbers that are counted on the server, and versions of keys. */
export class Counters extends Operations {
  static readonly operations: OperationTable = operations

  /**
   * Adds to a number in one step and resolves to the sum: whole numbers past 2^53 are bigint, sums with a fraction are
   * numbers. With `create` an absent key starts from 0, and gets the `ttl` that stands beside it.
   * @example
   * const requests = await cache.incr('requests:ada', 1, { create: true, ttl: '1m' })
   * @throws {KeyNotFoundError} E_KEY_NOT_FOUND when it is not there, unless `create`
   * @throws {CommandError} E_COMMAND when the value is not a number, or leaves 64 bits
   * @throws {UnsupportedError} E_UNSUPPORTED when values are encrypted, and for a number that was written in a frame
   */
  async incr(key: Key, delta: number | bigint = 1, options: IncrementOptions = noOptions): Promise<number | bigint> {
    return addTo(this.context, operations.incr, key, delta, options)
  }

  /** Subtracts from a number, otherwise as {@link incr}. */
  async decr(key: Key, delta: number | bigint = 1, options: IncrementOptions = noOptions): Promise<number | bigint> {
    checkDelta(delta)
    return addTo(this.context, operations.decr, key, -delta, options)
  }

  /**
   * Moves a value to a later version of its key, in one step and with its ttl to the ms; what was there is overwritten.
   * One that has tags keeps their names: from then on it is judged by what was invalidated in its new version.
   * @returns the new version
   * @throws {KeyNotFoundError} E_KEY_NOT_FOUND when it is not there
   * @throws {UnsupportedError} E_UNSUPPORTED when values are encrypted, for then they are bound to their key
   */
  async incrVersion(key: Key, delta = 1, options: CallOptions = noOptions): Promise<number> {
    return moveVersion(this.context, operations.incrVersion, key, stepOf(delta), options)
  }

  /** Moves a value to an earlier version of its key, otherwise as {@link incrVersion}. */
  async decrVersion(key: Key, delta = 1, options: CallOptions = noOptions): Promise<number> {
    return moveVersion(this.context, operations.decrVersion, key, -stepOf(delta), options)
  }
}

async function addTo(
  context: OperationContext,
  operation: Operation<undefined>,
  key: Key,
  delta: number | bigint,
  options: IncrementOptions,
): Promise<number | bigint> {
  checkDelta(delta)
  context.checkReadable(operation.name)
  const made = context.key(operation, key, options)
  const ttl = createdTtl(operation, options)
  const creates = options.create === true && !isOver(ttl) ? { ttl } : undefined
  const again = (): Call<Answer<number | bigint | undefined>> => context.entries.increment(made, delta, creates)
  const increment = creates !== undefined && creates.ttl === undefined ? incrementBy(made, delta) : again()
  const left = context.remaining(forClient(options))
  const sum = await context
    .callEntry(operation, options, () => increment)
    .catch((error: unknown) => {
      if (isNoWholeNumber(error)) return context.callEntry(operation, { ...options, ...left() }, again)
      throw error
    })
    .catch((error: unknown) => {
      const where = deadlineOf(error)
      throw where === undefined ? error : uncountable(context, operation, key, where)
    })
  if (sum !== undefined) return sum
  if (options.create) return delta
  throw new KeyNotFoundError(String(key))
}

/** @throws {ConfigurationError} E_CONFIG for a ttl without `create`: what is there keeps its own */
function createdTtl({ name }: Operation, { create = false, ttl = null }: IncrementOptions): Milliseconds | undefined {
  if (ttl !== null && !create)
    throw new ConfigurationError(`${name}().ttl`, 'goes with create: a number that is there keeps its ttl; see expire')
  return resolveTtl(ttl, `${name}().ttl`)
}

async function moveVersion(
  context: OperationContext,
  operation: Operation<undefined>,
  key: Key,
  delta: number,
  options: CallOptions,
): Promise<number> {
  context.checkReadable(operation.name)
  const from = context.key(operation, key, options)
  const { version = context.keys.version } = options
  const to = context.keys.make(key, version + delta)
  const move = context.entries.rename(from, to)
  const moved = await context
    .callEntry(operation, options, () => move)
    .catch((error: unknown) => {
      if (!isNoSuchKey(error)) throw error
    })
  if (moved) return version + delta
  const advice = `nothing is stored under its version ${version}; set it first, or name the version that it has`
  throw new KeyNotFoundError(String(key), advice)
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

/** Where the deadline of a number is, if it was written with one, which the server cannot count around. */
function deadlineOf(error: unknown): string | undefined {
  if (!(error instanceof CommandError)) return undefined
  if (error.reply.startsWith(tupleEntry)) return 'is beside its deadline'
  return error.reply.startsWith(framedNumber) ? 'is in a frame' : undefined
}

function uncountable({ loading }: OperationContext, { name }: Operation, key: Key, where: string): UnsupportedError {
  const advice =
    loading.herdTimeout === undefined
      ? 'write numbers that are counted without grace, refreshAt and negativeTtl, and not by a loader'
      : 'begin numbers that are counted with incr and create, or write them with ttl: null'
  return new UnsupportedError(`${name}: the number under '${key}' ${where}, with which no server counts; ${advice}.`)
}

function isNoSuchKey(error: unknown): boolean {
  return error instanceof CommandError && error.reply.startsWith('ERR no such key')
}
