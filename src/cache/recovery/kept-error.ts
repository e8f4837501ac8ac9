import type { KeptWrite } from '../../clients/command.js'
import { CacheError } from '../../errors.js'

/**
 * Gives the error of a call whose writes are kept: the same error, which says so. It is an object of its own, since one
 * error may be what many calls are refused with.
 */
export function keptError(error: CacheError, writes: readonly KeptWrite[] = []): CacheError {
  const fate = writes.every(({ deletes }) => deletes) ? deletesFate : otherFate
  return copied(error, true, ` ${fate}`)
}

/** Gives the error of a part of a call for the whole of it, which is not kept. */
export function notKeptError(error: unknown): unknown {
  return isKept(error) ? copied(error, false, '') : error
}

/** Whether it is the error of a call whose writes are kept. */
export function isKept(error: unknown): error is CacheError {
  return error instanceof CacheError && error.kept
}

function copied(error: CacheError, kept: boolean, fate: string): CacheError {
  const message = error.message.replace(deletesFate, '').replace(otherFate, '').trimEnd()
  const copy = Object.assign(new CacheError(message + fate, { cause: error.cause }), error, { kept })
  Object.setPrototypeOf(copy, Object.getPrototypeOf(error) as object)
  return copy
}

const deletesFate =
  'The delete is kept: it runs when the server can be used again, and until then the key is a miss here.'
const otherFate = 'It is kept: it runs when the server can be used again, before what it invalidates is read here.'
