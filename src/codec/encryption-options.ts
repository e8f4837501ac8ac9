import { createSecretKey } from 'node:crypto'
import { isUint8Array } from 'node:util/types'
import { ConfigurationError } from '../errors.js'
import { show } from '../units.js'
import { Keyring, type NamedKey } from './encryption.js'
import { isFieldText } from './frame.js'

/** A secret of 32 bytes, and its name, which stands in the values. */
export interface EncryptionKey {
  /** 255 bytes at most. */
  readonly id: string
  /** 32 bytes, or base64 of them. */
  readonly key: Uint8Array | string
}

/** How values are encrypted, with AES-256-GCM. */
export interface EncryptionOptions {
  /** The first one encrypts, all of them decrypt: put a new key in front, and keep the old ones as long as values live. */
  readonly keys: readonly EncryptionKey[]
  /** Whether values that are not encrypted are read, for the time of a rollout. @default false */
  readonly readPlain?: boolean
}

export interface ResolvedEncryption {
  readonly keyring: Keyring
  readonly readPlain: boolean
}

/** @throws {ConfigurationError} E_CONFIG with the path of the value; a key itself is never shown */
export function readEncryption(options: unknown, path: string): ResolvedEncryption | undefined {
  if (options === undefined) return undefined
  if (options === null || typeof options !== 'object')
    throw new ConfigurationError(path, `expected { keys: [{ id, key }] }, got ${show(options)}`)
  const { keys, readPlain = false, ...unknown } = options as Partial<EncryptionOptions>
  for (const name of Object.keys(unknown))
    throw new ConfigurationError(`${path}.${name}`, 'unknown option; known are keys, readPlain')
  if (typeof readPlain !== 'boolean')
    throw new ConfigurationError(`${path}.readPlain`, `expected true or false, got ${show(readPlain)}`)
  return { keyring: new Keyring(readKeys(keys, `${path}.keys`)), readPlain }
}

function readKeys(keys: unknown, path: string): [NamedKey, ...NamedKey[]] {
  const [first, ...others] = Array.isArray(keys) ? keys.map((key, index) => readKey(key, `${path}[${index}]`)) : []
  if (first === undefined) throw new ConfigurationError(path, 'expected at least one { id, key }')
  const ids = [first, ...others].map(({ id }) => id)
  const twice = ids.findIndex((id, index) => ids.indexOf(id) < index)
  if (twice >= 0) throw new ConfigurationError(`${path}[${twice}].id`, `${show(ids[twice])} is the id of another key`)
  return [first, ...others]
}

function readKey(given: unknown, path: string): NamedKey {
  const { id, key } = (given ?? {}) as Partial<EncryptionKey>
  if (!isFieldText(id)) throw new ConfigurationError(`${path}.id`, 'expected a text of 1 to 255 bytes')
  const bytes = typeof key === 'string' ? Buffer.from(key, 'base64') : key
  if (isUint8Array(bytes) && bytes.length === 32) return { id, key: createSecretKey(bytes) }
  throw new ConfigurationError(`${path}.key`, 'expected 32 bytes, or base64 of them, as openssl rand -base64 32 writes')
}
