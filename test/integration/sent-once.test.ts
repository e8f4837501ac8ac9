import { describe, expect } from 'vitest'
import type { Cache, CacheOptions } from '../../src/index.js'
import { test } from '../support/caches.js'
import { startCutter } from '../support/cutter.js'

type Row = readonly [what: string, text: string, options: CacheOptions, call: (cache: Cache) => Promise<unknown>]

const framed: CacheOptions = { format: 'framed', grace: '1h' }
const herd: CacheOptions = { herd: true, serializer: 'pickle' }
const existing: Row[3] = (cache) => cache.incr('n')
const created: Row[3] = (cache) => cache.incr('n', 1, { create: true })
const createdFor: Row[3] = (cache) => cache.incr('n', 1, { create: true, ttl: '1m' })
const pull: Row[3] = (cache) => cache.pull('n')

const increments: readonly Row[] = [
  ['incr', 'EVAL', {}, existing],
  ['incr with create', 'INCRBY', {}, created],
  ['incr with create and ttl', 'EVAL', {}, createdFor],
  ['incr of a framed cache', 'EVAL', framed, existing],
  ['incr with create and ttl of a framed cache', 'EVAL', framed, createdFor],
  ['incr with create and ttl of a herd cache', 'EVAL', herd, createdFor],
]
const pulls: readonly Row[] = [
  ['pull', 'GETDEL', {}, pull],
  ['pull of a framed cache', 'EVAL', framed, pull],
  ['pull of a herd cache', 'EVAL', herd, pull],
]

/** A way to the server that loses connections, a cache on it, and what the server has under the key. */
const cut = test
  .extend('way', async ({ server }, { onCleanup }) => {
    const way = await startCutter(server)
    onCleanup(() => way[Symbol.asyncDispose]())
    return way
  })
  .extend('on', ({ way, make }) => (options: CacheOptions): Cache => {
    return make({ cache: { ...options, location: `valkey://127.0.0.1:${way.port}` } }).cache
  })
  .extend(
    'stored',
    ({ server }) =>
      () =>
        server.command('GET', ':1:n'),
  )

const lost = { code: 'E_INTERRUPTED', sent: true }

describe('what was sent when its connection was lost is never repeated:', () => {
  cut.for(increments)('%s', async ([, text, options, call], { way, on, stored }) => {
    const cache = on(options)
    await cache.incr('n', 5, { create: true })
    await call(cache)
    for (const what of ['reply', 'command'] as const) {
      way.cut(what, text)
      await expect(call(cache)).rejects.toMatchObject(lost)
    }
    await cache.ping()
    expect([way.cuts, await stored()]).toStrictEqual([2, '7'])
  })

  cut.for(pulls)('%s', async ([, text, options, call], { way, on, stored }) => {
    const cache = on(options)
    expect(await call(cache)).toBeUndefined()
    await cache.set('n', 'value', { ttl: null })
    way.cut('command', text)
    await expect(call(cache)).rejects.toMatchObject(lost)
    await cache.ping()
    expect(await stored()).not.toBeNull()
    way.cut('reply', text)
    await expect(call(cache)).rejects.toMatchObject(lost)
    expect([way.cuts, await stored()]).toStrictEqual([2, null])
  })
})

cut.for(increments.filter(([what]) => what.includes('ttl')))(
  'a number whose reply was lost has its ttl: %s',
  async ([, text, options, call], { way, on, server, stored }) => {
    const cache = on(options)
    await call(cache)
    await cache.delete('n')
    way.cut('reply', text)
    await expect(call(cache)).rejects.toMatchObject(lost)
    expect(await stored()).toBe('1')
    expect(Number(await server.command('PTTL', ':1:n'))).toBeGreaterThan(0)
  },
)
