import type { ReadOutcome } from '../../telemetry/channels.js'
import { isOfAnotherType } from '../checked-reply.js'
import type { FailSafe } from '../fail-safe.js'
import type { Operation } from '../operation.js'
import type { OperationContext } from './context.js'

/**
 * Gives the value of a key, and takes note of where it came from; `undefined` is a miss. Hot path: what is waited for is a
 * promise of ours, and a decoded value is not looked into for being one (bench/suites/telemetry.mjs).
 * @param from what a value counts as. @default 'hits': a server gave it
 */
export function noted<T>(
  context: OperationContext,
  value: T | undefined | Promise<T | undefined>,
  from: ReadOutcome = 'hits',
): T | undefined | Promise<T | undefined> {
  if (value instanceof Promise) return value.then((one: T | undefined) => noted(context, one, from))
  context.telemetry.read(value === undefined ? 'misses' : from)
  return value
}

/** Takes note of what became of many keys: those that have no value are misses, `near` of the others came from memory. */
export function notedMany({ telemetry }: OperationContext, values: readonly unknown[], asked: number, near = 0): void {
  let found = 0
  for (const value of values) if (value !== undefined) found++
  telemetry.read('near', near)
  telemetry.read('hits', found - near)
  telemetry.read('misses', asked - found)
}

/** Answers a read of one key that failed, as a miss; throws the error where it has no answer: see {@link FailSafe.answer}. */
export function missed(
  { telemetry }: OperationContext,
  failSafe: FailSafe,
  operation: Operation<undefined>,
  error: unknown,
): undefined {
  if (!isOfAnotherType(error)) failSafe.answer(operation, error)
  telemetry.read('misses')
}
