import { AuthenticationError, CommandError, InsufficientReplicasError, type CacheError } from '../errors.js'
import type { Address, ErrorReply } from './connection.js'

/** The typed error for what a server answered. */
export function replyError(address: Address, command: string, { code, message }: ErrorReply): CacheError {
  if (credentialCodes.has(code)) return new AuthenticationError(address, `${command} was refused: ${message}`)
  if (code === 'NOREPLICAS') return new InsufficientReplicasError(command, message, { retryable: true })
  return new CommandError(command, message, { retryable: passingCodes.has(code) })
}

const credentialCodes = new Set(['WRONGPASS', 'NOAUTH', 'NOPERM'])
/** States of a server that pass, or that another server does not share; the command has not run. */
export const passingCodes: ReadonlySet<string> = new Set([
  'READONLY',
  'REDIRECT',
  'LOADING',
  'MASTERDOWN',
  'CLUSTERDOWN',
  'TRYAGAIN',
  'BUSY',
])
