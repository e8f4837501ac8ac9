import { CacheError } from '../../errors.js'

/**
 * Gives the error of a delete that is kept: the same error, which says so. It is an object of its own, since one error
 * may be what many calls are refused with.
 */
export function keptError(error: CacheError): CacheError {
  const { message, cause } = error
  const kept = Object.assign(new CacheError(`${message} ${fate}`, { cause }), error, { kept: true })
  Object.setPrototypeOf(kept, Object.getPrototypeOf(error) as object)
  return kept
}

/** Whether it is the error of a delete that is kept. */
export function isKept(error: unknown): boolean {
  return error instanceof CacheError && error.kept
}

const fate = 'The delete is kept: it runs when the server can be used again, and until then the key is a miss here.'
