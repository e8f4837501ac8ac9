import { AuthenticationError, CommandError, ConfigurationError, UnsupportedError } from '../errors.js'

/**
 * Whether a server refused a new connection for a reason that stays until somebody changes the options or the server:
 * wrong credentials, a database that does not exist, a server that is not supported. Such a server is dialled less and
 * less often. A credential function that failed may work the next time.
 */
export function willNotChange(error: unknown): boolean {
  if (error instanceof AuthenticationError) return error.cause === undefined
  if (error instanceof CommandError) return !error.retryable
  return error instanceof UnsupportedError || error instanceof ConfigurationError
}
