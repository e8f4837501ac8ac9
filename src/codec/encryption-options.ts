import { isUint8Array } from 'node:util/types'
import { builtins } from '../builtins.js'
import { ConfigurationError } from '../errors.js'
import { checkNames, kindOf, show } from '../units.js'
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

/** @throws {ConfigurationError} E_CONFIG with the path of the value; a text is never shown, for it may be a key */
export function readEncryption(options: unknown, path: string): ResolvedEncryption | undefined {
  if (options === undefined) return undefined
  if (options === null || typeof options !== 'object')
    throw new ConfigurationError(path, `expected { keys: [{ id, key }] }, got ${kindOf(options)}`)
  checkNames(options, ['keys', 'readPlain'], path)
  const { keys, readPlain = false } = options as Partial<EncryptionOptions>
  if (typeof readPlain !== 'boolean')
    throw new ConfigurationError(`${path}.readPlain`, `expected true or false, got ${kindOf(readPlain)}`)
  return { keyring: new Keyring(readKeys(keys, `${path}.keys`)), readPlain }
}

function readKeys(keys: unknown, path: string): [NamedKey, ...NamedKey[]] {
  const [first, ...others] = Array.isArray(keys) ? keys.map((key, index) => readKey(key, `${path}[${index}]`)) : []
  if (first === undefined) throw new ConfigurationError(path, 'expected an array of at least one { id, key }')
  const ids = [first, ...others].map(({ id }) => id)
  const twice = ids.findIndex((id, index) => ids.indexOf(id) < index)
  if (twice >= 0) throw new ConfigurationError(`${path}[${twice}].id`, `${show(ids[twice])} is the id of another key`)
  return [first, ...others]
}

function readKey(given: unknown, path: string): NamedKey {
  const { id, key } = (given ?? {}) as Partial<EncryptionKey>
  if (!isFieldText(id)) throw new ConfigurationError(`${path}.id`, 'expected a text of 1 to 255 bytes')
  checkNames(given as object, ['id', 'key'], path)
  const bytes = typeof key === 'string' ? readBase64(key) : key
  if (isUint8Array(bytes) && bytes.length === 32) return { id, key: builtins.crypto.createSecretKey(bytes) }
  const got = bytes === undefined && key !== undefined ? 'a text with something else in it' : showKey(bytes)
  const expected = 'expected 32 bytes, or base64 of them and nothing else, as openssl rand -base64 32 writes'
  throw new ConfigurationError(`${path}.key`, `${expected}; got ${got}`)
}

/** Node's own reader leaves out what is not base64, so that a password, or half a key, would pass for one. */
function readBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}

function showKey(key: unknown): string {
  return isUint8Array(key) ? `${key.length} bytes` : kindOf(key)
}
