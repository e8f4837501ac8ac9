import { CodecError } from '../../../errors.js'

/** @throws {CodecError} E_CODEC always: this pickle is not read */
export function refuse(problem: string, cause?: unknown): never {
  throw new CodecError('decode', `this pickle is refused: ${problem}.`, { cause })
}

/** How many objects may lie in each other. Python's own limit is of this order. */
export const deepest = 1_000
