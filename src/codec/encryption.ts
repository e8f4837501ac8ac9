import type { KeyObject } from 'node:crypto'
import { builtins } from '../builtins.js'
import { CodecError } from '../errors.js'

/** A secret that has a name. */
export interface NamedKey {
  readonly id: string
  readonly key: KeyObject
}

/** Where a value is stored: under a key as the server knows it, and in a field where that key holds a hash. */
export interface Place {
  readonly key: string
  readonly field?: string | undefined
}

/**
 * Encrypts with the first key, decrypts with any.
 * Shape: AES-256-GCM: a random nonce of 12 bytes, the ciphertext, a tag of 16 bytes. The header of the frame and the
 * place that the value is stored in are authenticated with it, so a value cannot be moved to another key or field.
 */
export class Keyring {
  /** What new frames name. */
  readonly currentId: string
  readonly #current: KeyObject
  readonly #keys: ReadonlyMap<string, KeyObject>

  constructor([first, ...others]: readonly [NamedKey, ...NamedKey[]]) {
    this.currentId = first.id
    this.#current = first.key
    this.#keys = new Map([first, ...others].map(({ id, key }) => [id, key]))
  }

  encrypt(plain: Uint8Array, header: Uint8Array, place: Place): Buffer {
    const nonce = builtins.crypto.randomBytes(nonceLength)
    const cipher = builtins.crypto.createCipheriv(algorithm, this.#current, nonce)
    cipher.setAAD(associated(header, place))
    const text = cipher.update(plain)
    return Buffer.concat([nonce, text, cipher.final(), cipher.getAuthTag()])
  }

  /** @throws {CodecError} E_CODEC for an unknown key, and for what does not prove to be what was written here */
  decrypt(sealed: Buffer, keyId: string, header: Uint8Array, place: Place): Buffer {
    const key = this.#keys.get(keyId)
    if (key === undefined)
      throw new CodecError('decrypt', `the value is encrypted with the key '${keyId}'; add it to encryption.keys.`, {
        fault: 'setup',
      })
    if (sealed.length < nonceLength + tagLength) throw new CodecError('decrypt', 'the value was cut off.')
    const decipher = builtins.crypto.createDecipheriv(algorithm, key, sealed.subarray(0, nonceLength), {
      authTagLength: tagLength,
    })
    decipher.setAAD(associated(header, place))
    decipher.setAuthTag(sealed.subarray(-tagLength))
    try {
      return Buffer.concat([decipher.update(sealed.subarray(nonceLength, -tagLength)), decipher.final()])
    } catch (cause) {
      const problem = `the value was changed, or stored under another key or field, or '${keyId}' is not the same key here.`
      throw new CodecError('decrypt', problem, { cause })
    }
  }
}

/**
 * What is authenticated besides the value.
 * Shape: the header, which says itself where it ends; then the key, or for a field of a hash 0xFF, which no key begins
 * with since it is no UTF-8, the length of the key in 4 bytes, the key and the field. So no two places look alike.
 */
function associated(header: Uint8Array, { key, field }: Place): Buffer {
  const keyBytes = Buffer.from(key)
  if (field === undefined) return Buffer.concat([header, keyBytes])
  const before = Buffer.alloc(5, 0xff)
  before.writeUInt32BE(keyBytes.length, 1)
  return Buffer.concat([header, before, keyBytes, Buffer.from(field)])
}

const algorithm = 'aes-256-gcm'
const nonceLength = 12
const tagLength = 16
