import { inspect } from 'node:util'
import { describe, expect } from 'vitest'
import type { Cache } from '../../src/index.js'
import * as kinds from '../support/bad-input.js'
import type { ErrorClass, Kind } from '../support/bad-input.js'
import { at, test as base } from '../support/caches.js'

/** Methods of a cache that take input and may ask a server. */
type Method = {
  [Name in keyof Cache]: Cache[Name] extends (...args: never[]) => PromiseLike<unknown> | AsyncIterable<unknown>
    ? Name
    : never
}[keyof Cache] &
  string

const { key, keys, value, members, field, fields, options, withTtl, withBatch, scoreEnd, rank, withPage } = kinds

/** Every method, and what its arguments are. A new method does not compile without its row. */
const methods: Readonly<Record<Exclude<Method, 'close'>, readonly Kind[]>> = {
  ping: [kinds.deadlineOnly],
  get: [key, options],
  getMany: [keys, options],
  set: [key, value, kinds.withConditions],
  setMany: [kinds.entries, withTtl],
  add: [key, value, withTtl],
  getOrSet: [key, kinds.work, withTtl],
  delete: [key, options],
  deleteMany: [keys, options],
  deletePattern: [kinds.pattern, withBatch],
  has: [kinds.keyOrKeys, options],
  touch: [key, withTtl],
  incr: [key, kinds.delta, options],
  decr: [key, kinds.delta, options],
  incrVersion: [key, kinds.versions, options],
  decrVersion: [key, kinds.versions, options],
  ttl: [key, options],
  expire: [key, kinds.ttl, options],
  expireAt: [key, kinds.moment, options],
  persist: [key, options],
  keys: [kinds.pattern, withBatch],
  iterKeys: [kinds.pattern, withBatch],
  clear: [options],
  flushDb: [kinds.deadlineOnly],
  sadd: [key, members, options],
  srem: [key, members, options],
  scard: [key, options],
  smembers: [key, options],
  sismember: [key, value, options],
  smismember: [key, members, options],
  spop: [key, kinds.count, options],
  srandmember: [key, kinds.anyCount, options],
  smove: [key, key, value, options],
  sdiff: [keys, options],
  sinter: [keys, options],
  sunion: [keys, options],
  sdiffstore: [key, keys, options],
  sinterstore: [key, keys, options],
  sunionstore: [key, keys, options],
  sscan: [key, withBatch],
  sscanIter: [key, withBatch],
  hset: [key, kinds.values, options],
  hsetnx: [key, field, value, options],
  hget: [key, field, options],
  hmget: [key, fields, options],
  hgetall: [key, options],
  hdel: [key, fields, options],
  hlen: [key, options],
  hkeys: [key, options],
  hvals: [key, options],
  hexists: [key, field, options],
  hincrby: [key, field, kinds.delta, options],
  zadd: [key, kinds.scores, kinds.withZaddConditions],
  zrange: [key, rank, rank, withPage],
  zrevrange: [key, rank, rank, options],
  zrangebyscore: [key, scoreEnd, scoreEnd, withPage],
  zrevrangebyscore: [key, scoreEnd, scoreEnd, withPage],
  zscore: [key, value, options],
  zmscore: [key, members, options],
  zrank: [key, value, options],
  zrevrank: [key, value, options],
  zrem: [key, members, options],
  zcard: [key, options],
  zcount: [key, scoreEnd, scoreEnd, options],
  zincrby: [key, value, kinds.score, options],
  zpopmin: [key, kinds.count, options],
  zpopmax: [key, kinds.count, options],
  zremrangebyrank: [key, rank, rank, options],
  zremrangebyscore: [key, scoreEnd, scoreEnd, options],
  zscan: [key, withBatch],
  zscanIter: [key, withBatch],
  command: [kinds.command, kinds.withKey],
  pipeline: [kinds.work, kinds.deadlineOnly],
  use: [kinds.work, kinds.withIntent],
}

describe.each(['memory', 'a server'])('on %s', (deployment) => {
  const test = base.extend('cache', ({ server, make }) => {
    return make({ cache: { location: deployment === 'memory' ? 'memory://' : at(server) } }).cache
  })

  test.for(Object.entries(methods))('%s takes no bad input', async ([name, row], { cache }) => {
    await cache.set('k', 'as before')
    for (const [place, { bad }] of row.entries()) {
      for (const [one, error] of bad) {
        const args = row.map(({ good }, index) => (index === place ? one : good))
        await expectRefused(cache, name, args, error)
      }
    }
    expect(await cache.get('k')).toBe('as before')
    expect(await cache.command(['DBSIZE'])).toBe(1)
  })
})

async function expectRefused(cache: Cache, name: string, args: readonly unknown[], error: ErrorClass): Promise<void> {
  const outcome = await run(cache, name, args).catch((reason: unknown) => reason)
  const what = `${name}(${args.map((one) => shown(one)).join(', ')}) gives ${shown(outcome)}`
  expect.soft(outcome, what).toBeInstanceOf(error)
}

/** A method must not throw: it gives a promise that rejects, or a walk that does. */
async function run(cache: Cache, name: string, args: readonly unknown[]): Promise<unknown> {
  const method = (
    cache as unknown as Record<string, (...given: readonly unknown[]) => Promise<unknown> | AsyncIterator<unknown>>
  )[name]!
  let result
  try {
    result = method.call(cache, ...args)
  } catch (error) {
    return `thrown at once: ${String(error)}`
  }
  return 'next' in result ? result.next() : result
}

function shown(one: unknown): string {
  return inspect(one, { breakLength: Infinity, depth: 1 })
}
