import { load } from './our-build.mjs'
import { getByHand, listenTo } from './telling.mjs'

/**
 * A cache as it comes: deadlines, retries, prefix and version; with the `settings` that are given. `on`: where it lives,
 * `'cluster'` or `'shards'`, else on one server. Without `gathering` each GET is a command of its own, for one with a
 * deadline of its own is not gathered. With `memory` it is in the process. Without `loading`, a `getOrSet` is a `get`.
 * With `told` somebody listens (telling.mjs), or with `'by hand'` the caller tells. With `tags` values have them, and
 * with `named` a `getOrSet` names them.
 */
export async function open(
  { host, port, nodes = [], shards = [] },
  {
    dist,
    settings = {},
    on = 'server',
    memory = false,
    gathering = true,
    loading = true,
    tags,
    named = false,
    told,
  } = {},
) {
  const { createCaches } = await load('index.js', dist)
  const places = {
    server: { location: urlOf({ host, port }) },
    cluster: { client: 'cluster', location: nodes.map(urlOf) },
    shards: { client: 'shard', location: shards.map(urlOf) },
  }
  const place = memory ? { location: 'memory://' } : places[on]
  const caches = createCaches({ default: { ...place, ...settings } })
  if (told !== undefined && told !== 'by hand') await listenTo(caches, told, dist)
  await caches.ready()
  const cache = caches.default
  const asked = named ? { tags } : undefined
  const kept = tags === undefined ? undefined : { tags }
  return {
    madePrefix: cache.makeKey('x').slice(0, -1),
    get: told === 'by hand' ? await getByHand(cache) : getOf(cache, gathering),
    getMany: async (keys) => [...(await cache.getMany(keys)).values()],
    getOrSet: loading ? (key, loader) => cache.getOrSet(key, loader, asked) : (key) => cache.get(key),
    set: (key, value) => cache.set(key, value, kept),
    setMany: (entries) => cache.setMany(entries),
    iterKeys: (pattern) => cache.iterKeys(pattern),
    close: () => caches.close(),
  }
}

const getOf = (cache, gathering) => (gathering ? (key) => cache.get(key) : (key) => cache.get(key, { deadline: 1_000 }))

const urlOf = ({ host, port }) => `valkey://${host}:${port}/0`
