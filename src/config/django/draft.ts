import type { SecureVersion } from 'node:tls'
import type { CacheOptions } from '../options.js'

/** The options of a cache that one name of the settings decides alone. */
type PlainOptions = Pick<
  CacheOptions,
  | 'ttl'
  | 'prefix'
  | 'version'
  | 'username'
  | 'password'
  | 'database'
  | 'clientName'
  | 'attemptTimeout'
  | 'connectTimeout'
  | 'failSafe'
  | 'readFrom'
  | 'pickleProtocol'
  | 'compressMinLength'
  | 'compressLevel'
  | 'herdTimeout'
>

/** What names of the settings say: options of a cache, and what becomes options together with others. */
export interface Draft extends PlainOptions {
  readonly ssl?: boolean
  readonly tls?: TlsDraft
  /** Where it says that what is ignored is not to be logged. */
  readonly quiet?: string | undefined
  /** Whether the zlib compressor writes gzip's container. */
  readonly zlibWritesGzip?: boolean
}

/** What `ssl_…` names say. */
export interface TlsDraft {
  readonly verify?: boolean
  readonly checkHostname?: boolean
  /** The path in `ssl_ca_certs`. */
  readonly caFile?: string
  /** PEM, from `ssl_ca_data`. */
  readonly caData?: string
  readonly minVersion?: SecureVersion
  readonly ciphers?: string
  /** The path in `ssl_certfile`. */
  readonly cert?: string
  /** The path in `ssl_keyfile`. */
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
