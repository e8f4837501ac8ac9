import type { SecureVersion } from 'node:tls'
import type { Credential } from '../../connection/options.js'
import type { Milliseconds } from '../../units.js'

/** What the names with a plain counterpart say, gathered from several places before it becomes options. */
export interface Draft {
  readonly ttl?: Milliseconds | null
  readonly prefix?: string
  readonly version?: number
  readonly username?: Credential
  readonly password?: Credential
  readonly database?: number
  readonly clientName?: string
  /** One try on one node, or one question to one sentinel. */
  readonly timeout?: Milliseconds
  readonly connectTimeout?: Milliseconds
  readonly ssl?: boolean
  readonly tls?: TlsDraft
  readonly failSafe?: boolean
  /** Where it says that what is ignored is not to be logged. */
  readonly quiet?: string | undefined
  readonly pickleProtocol?: 4 | 5
  readonly compressMinLength?: number
  readonly compressLevel?: number
  /** Whether the zlib compressor writes gzip's container. */
  readonly zlibWritesGzip?: boolean
}

/** What `ssl_…` names say. */
export interface TlsDraft {
  readonly verify?: boolean
  readonly checkHostname?: boolean
  /** PEM, read from `ssl_ca_certs`. */
  readonly caFile?: string
  /** PEM, from `ssl_ca_data`. */
  readonly caData?: string
  readonly minVersion?: SecureVersion
  readonly ciphers?: string
  /** PEM, read from `ssl_certfile`. */
  readonly cert?: string
  /** PEM, read from `ssl_keyfile`. */
  readonly key?: string
  /** The password of the key. */
  readonly passphrase?: string
}

/** Joins drafts; a later one wins. */
export function joinDrafts(drafts: readonly Draft[]): Draft {
  return drafts.reduce((all, { tls, ...draft }) => {
    const joined = { ...all, ...draft }
    return tls === undefined ? joined : { ...joined, tls: { ...all.tls, ...tls } }
  }, {})
}
