import { afterEach, describe, expect, vi } from 'vitest'
import { fromDjangoSettings } from '../../src/config/django/index.js'
import { PyHerdMarker, PyTuple } from '../../src/index.js'
import { at } from '../support/caches.js'
import { test as base } from '../support/python.js'

/** One cache for each herd alias of `scope.py`, from the settings that django-valkey would have for it. */
const test = base.extend('shop', ({ server, make }) => {
  const common = { BACKEND: 'django_valkey.cache.ValkeyCache', LOCATION: at(server), KEY_PREFIX: 'shop', VERSION: 2 }
  const OPTIONS = { CLIENT_CLASS: 'django_valkey.client.HerdClient', PICKLE_VERSION: 4 }
  const COMPRESSOR = 'django_valkey.compressors.zlib.ZlibCompressor'
  const CACHES = {
    herd: { ...common, OPTIONS },
    herd_zlib: { ...common, OPTIONS: { ...OPTIONS, COMPRESSOR } },
    plain: { ...common, OPTIONS: { PICKLE_VERSION: 4 } },
  }
  return make(fromDjangoSettings({ CACHES, CACHE_HERD_TIMEOUT: 30 }))
})

const values = [
  ['None', null],
  ['True', true],
  ["'naïve ключ 😀'", 'naïve ключ 😀'],
  ["'long ' * 100", 'long '.repeat(100)],
  ['7', 7],
  ['-1.5', -1.5],
  ["{'a': {'b': [1, {'c': None}]}}", { a: { b: [1, { c: null }] } }],
] as const

afterEach(() => vi.restoreAllMocks())

/** What chance gives: whether a reader is elected as soon as a ttl is over, or only when the herd timeout is. */
const elect = (elected: boolean): void => void vi.spyOn(Math, 'random').mockReturnValue(elected ? 0 : 0.9999)

describe.for(['herd', 'herd_zlib'] as const)("Django's herd client and %s", (alias) => {
  test.for(values)('%s written there is read here', async ([code, value], { python, shop }) => {
    await python(`caches['${alias}'].set('k', ${code}, 60)`)
    expect(await shop[alias].get('k')).toStrictEqual(value)
    expect(await shop[alias].ttl('k')).toBeLessThanOrEqual(60_000)
    expect(await shop[alias].ttl('k')).toBeGreaterThan(30_000)
  })

  test.for(values)('%s written here is read there, from the same bytes', async ([code, value], { python, shop }) => {
    await shop[alias].set('k', value, { ttl: '1m' })
    expect(await python(`caches['${alias}'].get('k')`)).toBe(await python(code))
    expect(await python(`caches['${alias}'].client.same_bytes('k')`)).toBe('True')
  })

  test('has the same deadline and is kept as long, whoever writes', async ({ python, shop, server }) => {
    const left = `round(caches['${alias}'].client.deadline('k') - __import__('time').time())`
    await python(`caches['${alias}'].set('k', 'there', 60)`)
    const [theirs, kept] = [Number(await python(left)), Number(await server.command('PTTL', 'shop:2:k'))]
    await shop[alias].set('k', 'here', { ttl: '1m' })
    expect(Math.abs(Number(await python(left)) - theirs)).toBeLessThanOrEqual(2)
    expect(Number(await server.command('PTTL', 'shop:2:k'))).toBeLessThanOrEqual(90_000)
    expect(kept).toBeGreaterThan(60_000)
    expect(Number(await server.command('PTTL', 'shop:2:k'))).toBeGreaterThan(60_000)
  })

  test('a new ttl from here is in the tuple that Django reads', async ({ python, shop, server }) => {
    await python(`caches['${alias}'].set('k', {'from': 'Django'}, 60)`)
    const before = Number(await python(`caches['${alias}'].client.deadline('k')`))
    expect(await shop[alias].touch('k', { ttl: '10m' })).toBe(true)
    const after = Number(await python(`caches['${alias}'].client.deadline('k')`))
    expect(after - before).toBeGreaterThanOrEqual(540)
    expect(Number(await server.command('PTTL', 'shop:2:k'))).toBeLessThanOrEqual(630_000)
    expect(await python(`caches['${alias}'].get('k')`)).toBe("{'from': 'Django'}")
    expect(await python(`caches['${alias}'].client.same_bytes('k')`)).toBe('True')
  })

  test('a value without a ttl is stored plain by both', async ({ python, shop, server }) => {
    await python(`caches['${alias}'].set('k', 'for ever', None)`)
    expect(await shop[alias].get('k')).toBe('for ever')
    const theirs = await server.command('GET', 'shop:2:k')
    await shop[alias].set('k', 'for ever', { ttl: null })
    expect(await server.command('GET', 'shop:2:k')).toStrictEqual(theirs)
    expect(await python(`caches['${alias}'].touch('k', 60)`)).toBe('True')
    expect(await shop[alias].ttl('k')).toBeLessThanOrEqual(60_000)
    expect(await shop[alias].persist('k')).toBe(true)
    expect(await python(`caches['${alias}'].ttl('k')`)).toBe('None')
    expect(await server.command('GET', 'shop:2:k')).toStrictEqual(theirs)
  })

  describe('past its deadline', () => {
    /** 15 of the 30 s of the herd timeout are over. */
    const late = `
import pickle, time
client = caches['${alias}'].client
packed = client.encode((client._marker, 'old', int(time.time()) - 15))
client.get_client().set(client.make_key('k'), packed, px=15_000)`

    test('a value of Django is read here by who is not elected', async ({ python, shop }) => {
      await python(`${late}`)
      elect(false)
      expect(await shop[alias].get('k')).toBe('old')
      expect(await shop[alias].getMany(['k'])).toStrictEqual(new Map([['k', 'old']]))
      elect(true)
      expect(await shop[alias].get('k')).toBeUndefined()
      expect(await shop[alias].getMany(['k'])).toStrictEqual(new Map())
    })

    test('what is loaded here takes its place for Django too', async ({ python, shop }) => {
      await python(`${late}`)
      elect(true)
      expect(await shop[alias].getOrSet('k', () => 'new', { ttl: '1m', waitForWrite: true })).toBe('new')
      expect(await python(`caches['${alias}'].get('k')`)).toBe("'new'")
      expect(await python(`caches['${alias}'].client.same_bytes('k')`)).toBe('True')
    })
  })
})

test("values of django-redis's own HerdClient are read", async ({ python, shop }) => {
  await python(`caches['old_herd'].set('k', {'from': 'django-redis'}, 60)`)
  expect(await shop.herd.get('k')).toStrictEqual({ from: 'django-redis' })
  expect(await shop.herd.ttl('k')).toBeLessThanOrEqual(60_000)
})

test('a cache without herd protection gives the tuple', async ({ python, shop }) => {
  await python(`caches['herd'].set('k', 'value', 60)`)
  expect(await shop.plain.get('k')).toStrictEqual(PyTuple.of(new PyHerdMarker(), 'value', expect.any(Number)))
})
