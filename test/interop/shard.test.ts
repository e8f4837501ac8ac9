import { expect } from 'vitest'
import { fromDjangoSettings } from '../../src/config/django/index.js'
import { test as base } from '../support/python.js'

/** The alias `shards` of `scope.py`, from the settings that django-valkey has for it: three databases of one server. */
const test = base.extend('shop', ({ server, make }) => {
  const shards = {
    BACKEND: 'django_valkey.cache.ValkeyCache',
    LOCATION: [0, 1, 2].map((database) => `redis://${server.address}/${database}`),
    KEY_PREFIX: 'shop',
    VERSION: 2,
    OPTIONS: {
      CLIENT_CLASS: 'django_valkey.client.ShardClient',
      SERIALIZER: 'django_valkey.serializers.json.JSONSerializer',
    },
  }
  return make(fromDjangoSettings({ CACHES: { shards } })).shards
})

const plain = Array.from({ length: 60 }, (_, index) => `user:${index}`)
const keys = [...plain, '{a}b', 'a{b}{c}', '{{a}}', '{}x', '{', 'line\n{tag}', 'ключ 😀', 'x'.repeat(1_000)]
const entries = keys.map((key, index) => [key, index] as const)
const pythonKeys = JSON.stringify(keys)

test('what Python writes is found here, by one key and by many', async ({ python, shop }) => {
  await python(`caches['shards'].set_many({key: n for n, key in enumerate(${pythonKeys})})`)
  expect(await shop.getMany(keys)).toStrictEqual(new Map(entries))
  expect(await Promise.all(keys.map((key) => shop.get(key)))).toStrictEqual(entries.map(([, value]) => value))
})

test('what is written here is found by Python', async ({ python, shop }) => {
  await shop.setMany(new Map(entries))
  const found = `[caches['shards'].get(key) for key in ${pythonKeys}] == list(range(${keys.length}))`
  expect(await python(found)).toBe('True')
})

test('a key that both write lies on one shard, and every shard has some', async ({ python, shop, server }) => {
  await python(`caches['shards'].set_many({key: 'there' for key in ${pythonKeys}})`)
  await shop.setMany(new Map(entries))
  const keyspace = String(await server.command('INFO', 'keyspace'))
  const counts = [...keyspace.matchAll(/^db\d:keys=(\d+)/gm)].map(([, count]) => Number(count))
  expect(counts).toHaveLength(3)
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(keys.length)
})

test('both count, expire and delete the same keys', async ({ python, shop }) => {
  for (const key of plain.slice(0, 9)) {
    const code = JSON.stringify(key)
    expect(await shop.add(key, 1)).toBe(true)
    expect(await python(`bool(caches['shards'].add(${code}, 2))`)).toBe('False')
    expect(await python(`caches['shards'].incr(${code}, 4)`)).toBe('5')
    expect(await python(`bool(caches['shards'].touch(${code}, 60))`)).toBe('True')
    expect(await shop.ttl(key)).toBeLessThanOrEqual(60_000)
  }
  expect(await python(`caches['shards'].delete_many(${JSON.stringify(plain.slice(0, 4))})`)).toBe('4')
  expect(await shop.deleteMany(plain.slice(0, 9))).toBe(5)
})

test('both see the keys of all shards', async ({ python, shop }) => {
  await python(`caches['shards'].set_many({key: 0 for key in ${JSON.stringify(plain)}})`)
  await shop.set('other', 1)
  expect((await shop.keys('user:*')).toSorted()).toStrictEqual(plain.toSorted())
  expect(await python(`len(caches['shards'].keys('user:*'))`)).toBe('60')
  expect(await python(`caches['shards'].delete_pattern('user:*')`)).toBe('60')
  expect(await shop.keys('*')).toStrictEqual(['other'])
  expect(await shop.clear()).toBe(1)
})

test('a lock is one for both', async ({ python, shop }) => {
  for (const name of plain.slice(0, 9)) {
    await using lock = await shop.lock(name).acquire()
    expect(await lock.owned()).toBe(true)
    expect(await python(`caches['shards'].lock('${name}', timeout=30).acquire(blocking=False)`)).toBe('False')
  }
})
