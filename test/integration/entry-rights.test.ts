import { describe, expect } from 'vitest'
import { AuthenticationError, type Cache, type CacheOptions } from '../../src/index.js'
import { at, test } from '../support/caches.js'
import { rejection } from '../support/rejection.js'

/** Methods that must read the head of a value to know whether there is an entry. */
const methods: readonly (readonly [name: string, call: (cache: Cache) => Promise<unknown>])[] = [
  ['has', (cache) => cache.has('k')],
  ['ttl', (cache) => cache.ttl('k')],
  ['add', (cache) => cache.add('k', 'added')],
  ['touch', (cache) => cache.touch('k', { ttl: '1h' })],
  ['expire', (cache) => cache.expire('k', '1h')],
  ['persist', (cache) => cache.persist('k')],
  ['pull', (cache) => cache.pull('k')],
  ['incr', (cache) => cache.incr('k')],
]

const caches: readonly (readonly [name: string, options: CacheOptions])[] = [
  ['frames', { format: 'framed' }],
  ['pickles in a herd cache', { herd: true, serializer: 'pickle' }],
]

/** As Valkey says it within a script, and as Redis 7 does. */
const refused = /no permissions to run the 'getrange' command|can't run this command/

describe.each(caches)('without the right to GETRANGE, in a cache of %s', (_, options) => {
  test.for(methods)('%s says so, and changes nothing', async ([, call], { server, make }) => {
    await server.command('ACL', 'SETUSER', 'blind', 'on', '>secret', '+@all', '-getrange', '~*')
    const location = at(server)
    const { own, blind } = make(
      { own: options, blind: { ...options, username: 'blind', password: 'secret' } },
      { location },
    )
    await own.set('k', { n: 1 }, { ttl: '1m' })
    const before = await server.command('PEXPIRETIME', own.makeKey('k'))
    const { error } = await rejection(call(blind))
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(String(error)).toMatch(refused)
    expect(await server.command('PEXPIRETIME', own.makeKey('k'))).toBe(before)
    expect(await own.get('k')).toStrictEqual({ n: 1 })
  })
})
