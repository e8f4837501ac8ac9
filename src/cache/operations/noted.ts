import { isPromise } from '../../promises.js'
import type { OperationContext } from './context.js'

/** Gives the value of a key that a server was asked for, and takes note of whether it was there. */
export function noted<T>(
  context: OperationContext,
  value: T | undefined | Promise<T | undefined>,
): T | undefined | Promise<T | undefined> {
  if (isPromise(value)) return (value as Promise<T | undefined>).then((one) => noted(context, one))
  context.telemetry.read(value === undefined ? 'misses' : 'hits')
  return value
}

/** Takes note of how many of the keys that servers were asked for have a value. */
export function notedMany({ telemetry }: OperationContext, found: number, asked: number): void {
  telemetry.read('hits', found)
  telemetry.read('misses', asked - found)
}
