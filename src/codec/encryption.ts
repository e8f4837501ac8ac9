import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto'
import { CodecError } from '../errors.js'

/** A secret that has a name. */
export interface NamedKey {
  readonly id: string
  readonly key: KeyObject
}

/**
 * Encrypts with the first key, decrypts with any.
 * Shape: AES-256-GCM: a random nonce of 12 bytes, the ciphertext, a tag of 16 bytes. The header of the frame and the key
 * that the value is stored under are authenticated with it, so a value cannot be moved to another key.
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

  encrypt(plain: Uint8Array, header: Uint8Array, madeKey: string): Buffer {
    const nonce = randomBytes(nonceLength)
    const cipher = createCipheriv(algorithm, this.#current, nonce)
    cipher.setAAD(associated(header, madeKey))
    const text = cipher.update(plain)
    return Buffer.concat([nonce, text, cipher.final(), cipher.getAuthTag()])
  }

  /** @throws {CodecError} E_CODEC for an unknown key, and for what does not prove to be what was written here */
  decrypt(sealed: Buffer, keyId: string, header: Uint8Array, madeKey: string): Buffer {
    const key = this.#keys.get(keyId)
    if (key === undefined)
      throw new CodecError('decrypt', `the value is encrypted with the key '${keyId}'; add it to encryption.keys.`)
    if (sealed.length < nonceLength + tagLength) throw new CodecError('decrypt', 'the value was cut off.')
    const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceLength), { authTagLength: tagLength })
    decipher.setAAD(associated(header, madeKey))
    decipher.setAuthTag(sealed.subarray(-tagLength))
    try {
      return Buffer.concat([decipher.update(sealed.subarray(nonceLength, -tagLength)), decipher.final()])
    } catch (cause) {
      const problem = `the value was changed, or stored under another key, or '${keyId}' is not the same key here.`
      throw new CodecError('decrypt', problem, { cause })
    }
  }
}

/** The header says itself where it ends, so no two pairs look alike. */
function associated(header: Uint8Array, madeKey: string): Buffer {
  return Buffer.concat([header, Buffer.from(madeKey)])
}

const algorithm = 'aes-256-gcm'
const nonceLength = 12
const tagLength = 16
