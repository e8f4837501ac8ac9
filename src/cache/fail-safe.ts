import { CodecError } from '../errors.js'
import type { Reporter } from '../telemetry/reporter.js'
import { isOutage } from './outage.js'

/**
 * What a fail-safe cache answers while no server can be used: what an empty cache would that keeps nothing.
 * `undefined` is read further by some methods: `incr` finds no key, `setMany` has failed for every key. `none` is an
 * empty array or Map, or false for each that was asked.
 * A method that is not here rejects: what it promises cannot be made up.
 */
export const fallbacks = {
  get: 'undefined',
  getMany: 'none',
  has: 'false',
  ttl: 'undefined',
  set: 'false',
  add: 'false',
  setMany: 'undefined',
  touch: 'false',
  delete: 'false',
  deleteMany: 'zero',
  expire: 'false',
  expireAt: 'false',
  persist: 'false',
  incr: 'undefined',
  decr: 'undefined',
  incrVersion: 'undefined',
  decrVersion: 'undefined',
  keys: 'none',
  iterKeys: 'none',
  deletePattern: 'zero',
  clear: 'zero',
  sadd: 'zero',
  srem: 'zero',
  scard: 'zero',
  smembers: 'none',
  sismember: 'false',
  smismember: 'none',
  spop: 'undefined',
  srandmember: 'undefined',
  smove: 'false',
  sdiff: 'none',
  sinter: 'none',
  sunion: 'none',
  sdiffstore: 'zero',
  sinterstore: 'zero',
  sunionstore: 'zero',
  sscan: 'none',
  sscanIter: 'none',
  hset: 'zero',
  hsetnx: 'false',
  hget: 'undefined',
  hmget: 'none',
  hgetall: 'none',
  hdel: 'zero',
  hlen: 'zero',
  hkeys: 'none',
  hvals: 'none',
  hexists: 'false',
  hincrby: 'undefined',
  zadd: 'zero',
  zrange: 'none',
  zrevrange: 'none',
  zrangebyscore: 'none',
  zrevrangebyscore: 'none',
  zscore: 'undefined',
  zmscore: 'none',
  zrank: 'undefined',
  zrevrank: 'undefined',
  zrem: 'zero',
  zcard: 'zero',
  zcount: 'zero',
  zincrby: 'undefined',
  zpopmin: 'none',
  zpopmax: 'none',
  zremrangebyrank: 'zero',
  zremrangebyscore: 'zero',
  zscan: 'none',
  zscanIter: 'none',
} as const

/** A method that has an answer without a server. */
export type Survivable = keyof typeof fallbacks

interface Answers {
  readonly undefined: undefined
  readonly false: false
  readonly zero: 0
  readonly none: readonly never[]
}

export type Fallback<Name extends Survivable> = Answers[(typeof fallbacks)[Name]]

const answers: Answers = { undefined: undefined, false: false, zero: 0, none: Object.freeze([]) }

/** The one place where an outage becomes a miss, and a value that cannot be read too. */
export class FailSafe {
  readonly #enabled: boolean
  readonly #cache: string
  readonly #reporter: Reporter

  constructor(enabled: boolean, cache: string, reporter: Reporter) {
    this.#enabled = enabled
    this.#cache = cache
    this.#reporter = reporter
  }

  /** The answer in place of one that failed; throws the error when the cache is not fail-safe, or it is no outage. */
  answer<Name extends Survivable>(operation: Name, error: unknown): Fallback<Name> {
    if (!this.#enabled) throw error
    this.survive(operation, error)
    return answers[fallbacks[operation]] as Fallback<Name>
  }

  /** An outage is reported and lived with, whether or not the cache is fail-safe; anything else is thrown. */
  survive(operation: Survivable, error: unknown): void {
    if (!isOutage(error)) throw error
    const message = `Cache '${this.#cache}' goes on without its servers: ${operation} failed`
    this.#reporter.report(message, error, { kind: 'OUTAGE', cache: this.#cache, operation })
  }

  /** What is stored and cannot be read is as good as absent for a fail-safe cache, and an error for others. */
  unreadable(operation: Survivable, error: unknown, key: string): undefined {
    if (!this.#enabled || !(error instanceof CodecError)) throw error
    const message = `Cache '${this.#cache}' takes a value that it cannot read for absent (${operation} of ${key})`
    this.#reporter.report(message, error, { kind: 'UNREADABLE', cache: this.#cache, operation, key })
  }
}
