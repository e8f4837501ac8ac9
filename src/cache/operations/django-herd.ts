import type { Codec } from '../../codec/codec.js'
import type { Milliseconds } from '../../units.js'
import type { LoadPolicy } from '../load-policy.js'

/** How a herd cache of Django's format has its values. */
export interface DjangoHerd {
  /** How long they are kept past their ttl, in ms. */
  readonly timeout: Milliseconds
  readonly repack: NonNullable<Codec['repack']>
}

/** How a cache has its values as a herd cache of Django's format; `undefined` in any other. */
export function djangoHerd(codec: Codec, { herdTimeout: timeout }: LoadPolicy): DjangoHerd | undefined {
  const repack = codec.repack?.bind(codec)
  return repack === undefined || timeout === undefined ? undefined : { timeout, repack }
}
