import { describe, expect } from 'vitest'
import { fromDjangoSettings, type DjangoSettings } from '../../src/config/django/index.js'
import { at } from '../support/caches.js'
import { test as base } from '../support/python.js'

/** One cache for each alias of `scope.py`, from the settings that django-valkey would have for it. */
const test = base.extend('shop', ({ server, make }) => {
  const common = { BACKEND: 'django_valkey.cache.ValkeyCache', LOCATION: at(server), KEY_PREFIX: 'shop', VERSION: 2 }
  const json = { ...common, OPTIONS: { SERIALIZER: 'django_valkey.serializers.json.JSONSerializer' } }
  const msgpack = { ...common, OPTIONS: { SERIALIZER: 'django_valkey.serializers.msgpack.MSGPackSerializer' } }
  const pickle = { ...common, OPTIONS: { PICKLE_VERSION: 4 } }
  const zlib = {
    ...common,
    OPTIONS: { ...pickle.OPTIONS, COMPRESSOR: 'django_valkey.compressors.zlib.ZlibCompressor' },
  }
  return make(fromDjangoSettings({ CACHES: { json, msgpack, pickle, zlib } }))
})

const serializers = ['json', 'msgpack', 'pickle', 'zlib'] as const

const values = [
  ['None', null],
  ['True', true],
  ["'naïve ключ 😀'", 'naïve ключ 😀'],
  ["'long ' * 100", 'long '.repeat(100)],
  ['[1, 2.5, None, [True, {}]]', [1, 2.5, null, [true, {}]]],
  ["{'a': {'b': [1, {'c': None}]}}", { a: { b: [1, { c: null }] } }],
  ['-5', -5],
  ['2**64', 2n ** 64n],
] as const

describe.for(serializers)('django-redis with %s', (alias) => {
  test.for(values)('%s written there is read here', async ([code, value], { python, shop }) => {
    await python(`caches['${alias}'].set('k', ${code})`)
    expect(await shop[alias].get('k')).toStrictEqual(value)
  })

  test.for(values)('%s written here is read there', async ([code, value], { python, shop }) => {
    await shop[alias].set('k', value)
    expect(await python(`caches['${alias}'].get('k')`)).toBe(await python(code))
  })

  test('adds, counts, expires and deletes what is ours too', async ({ python, shop }) => {
    const cache = shop[alias]
    expect(await cache.add('k', 1)).toBe(true)
    expect(await python(`bool(caches['${alias}'].add('k', 2))`)).toBe('False')
    expect(await python(`caches['${alias}'].incr('k', 4)`)).toBe('5')
    expect(await cache.decr('k')).toBe(4)
    expect(await python(`caches['${alias}'].touch('k', 60)`)).toBe('True')
    expect(await cache.ttl('k')).toBeLessThanOrEqual(60_000)
    expect(await python(`caches['${alias}'].delete('k')`)).toBe('True')
    expect(await cache.has('k')).toBe(false)
  })

  test('writes many and reads many', async ({ python, shop }) => {
    await python(`caches['${alias}'].set_many({'a': [1], 'b': 'B'})`)
    expect(await shop[alias].getMany(['a', 'b', 'c'])).toStrictEqual(new Map<string, unknown>([['a', [1]], ['b', 'B']])) // prettier-ignore
    await shop[alias].setMany({ c: null, d: { e: 1 } })
    expect(await python(`dict(caches['${alias}'].get_many(['c', 'd', 'e']))`)).toBe("{'c': None, 'd': {'e': 1}}")
  })

  describe("a session of Django's cache engine", () => {
    test('that Django made is read, changed and ended here', async ({ python, shop }) => {
      const cache = shop[alias]
      const key = sessionKey(
        await python(`s = session('${alias}'); s['cart'] = [7]; s.set_expiry(3600); s.create(); s.session_key`),
      )
      expect(await cache.get(key)).toStrictEqual({ cart: [7], _session_expiry: 3_600 })
      expect(await cache.ttl(key)).toBeLessThanOrEqual(3_600_000)

      await cache.set(key, { cart: [7, 8], user: 'Ada' }, { ttl: '1h' })
      expect(await python(`dict(session('${alias}', s.session_key).items())`)).toBe("{'cart': [7, 8], 'user': 'Ada'}")
      await cache.delete(key)
      expect(await python(`session('${alias}').exists(s.session_key)`)).toBe('False')
    })

    test('that was made here is loaded and saved by Django', async ({ python, shop }) => {
      const cache = shop[alias]
      const key = 'django.contrib.sessions.cachen0de5e551on'
      await cache.set(key, { cart: [] })
      await python(`s = session('${alias}', 'n0de5e551on'); s['cart'] = ['lamp']; s.save()`)
      expect(await cache.get(key)).toStrictEqual({ cart: ['lamp'] })
    })
  })
})

test('keys of an own KEY_FUNCTION are the same for both', async ({ python, server, make }) => {
  const cache = {
    LOCATION: at(server),
    KEY_PREFIX: 'shop',
    VERSION: 2,
    KEY_FUNCTION: (key: string, prefix: string, version: number) => `${prefix}/${version}/${key}`,
    REVERSE_KEY_FUNCTION: (made: string) => made.split('/').slice(2).join('/'),
  }
  const { own } = make(fromDjangoSettings({ CACHES: { own: cache } }))
  await python(`caches['own_keys'].set('a/1', 'there')`)
  await own.set('a/2', 'here')
  expect(await own.get('a/1')).toBe('there')
  expect(await python(`caches['own_keys'].get('a/2')`)).toBe("'here'")
  expect((await own.keys('a/*')).toSorted()).toStrictEqual(['a/1', 'a/2'])
  expect(await python(`sorted(caches['own_keys'].keys('a/*'))`)).toBe("['a/1', 'a/2']")
  expect(await server.command('EXISTS', 'shop/2/a/1', 'shop/2/a/2')).toBe(2)
})

describe('a fraction', () => {
  test.for(serializers)('that django-redis wrote with %s is read here', async (alias, { python, shop }) => {
    await python(`caches['${alias}'].set('k', 1.5)`)
    expect(await shop[alias].get('k')).toBe(1.5)
  })

  test('that was written here is read by django-redis with JSON, and not with pickle or msgpack', async ({
    python,
    shop,
  }) => {
    await shop.json.set('k', 1.5)
    expect(await python(`caches['json'].get('k')`)).toBe('1.5')
    await expect(python(`caches['pickle'].get('k')`)).rejects.toThrow(/Error/)
    await expect(python(`caches['msgpack'].get('k')`)).rejects.toThrow('ExtraData')
  })
})

test("Django's own settings, as JSON that Python wrote, describe the same cache", async ({ python, make, server }) => {
  const json = await python(`
import json
from django.conf import settings
options = {'SERIALIZER': 'django_valkey.serializers.json.JSONSerializer', 'PASSWORD': None, 'SENTINELS': ()}
CACHES = {'default': {**settings.CACHES['json'], 'BACKEND': 'django_valkey.cache.ValkeyCache', 'OPTIONS': options}}
json.dumps({'CACHES': CACHES})`)
  const settings = JSON.parse(json.slice(1, -1)) as DjangoSettings
  const cache = make(fromDjangoSettings(settings)).default
  await python(`caches['json'].set('k', {'from': 'Django'})`)
  expect(await cache?.get('k')).toStrictEqual({ from: 'Django' })
  expect(await server.command('EXISTS', 'shop:2:k')).toBe(1)
})

/** The key of a session, as Django's cache engine writes it. */
function sessionKey(repr: string): string {
  return `django.contrib.sessions.cache${repr.slice(1, -1)}`
}
