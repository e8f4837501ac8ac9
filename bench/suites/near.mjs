// Values that are in the process: what an application that reads the same keys again and again calls.
const near = { settings: { prefix: 'bench', near: true } }
/** With keys of its own: what it writes would drop the copies of the near cache beside it. */
const apart = { settings: { prefix: 'bench-apart' } }

export const nearCache = [
  {
    title: 'get 1 KiB JSON that is in the process, one after the other',
    operation: 'hits',
    payload: '1 KiB JSON',
    inFlight: 1,
    contestants: [
      { name: 'cache.get, near', module: 'our-cache', options: near },
      { name: 'a bare lru-cache behind an async function', module: 'bare-lru', atLeast: 0.35 },
      { name: 'bentocache, its memory layer alone', module: 'bentocache', options: { layer: 'memory' }, atLeast: 8 },
      { name: '@redis/client, client-side cache', module: 'redis-client', options: { near: true }, atLeast: 5 },
    ],
  },
  {
    title: 'getOrSet 1 KiB JSON that is in the process, one after the other',
    operation: 'getOrSet hits',
    payload: '1 KiB JSON',
    inFlight: 1,
    contestants: [
      { name: 'cache.getOrSet, near', module: 'our-cache', options: near },
      { name: 'bentocache, its memory layer alone', module: 'bentocache', options: { layer: 'memory' } },
    ],
  },
  {
    title: 'get 1 KiB JSON of 10,000 keys by Zipf, 1 % written by another process, 64 in flight',
    operation: 'Zipf',
    payload: '10,000 × 1 KiB JSON',
    inFlight: 64,
    contestants: [
      { name: 'cache.get, near', module: 'our-cache', options: near },
      { name: 'cache.get, not near', module: 'our-cache', options: apart, atLeast: 4 },
      { name: '@redis/client, client-side cache', module: 'redis-client', options: { near: true }, atLeast: 5 },
    ],
  },
  memory('frozen', { clone: 'freeze' }, 4),
  memory("each caller's own", {}, 1.5),
]

/** `--before` puts the build before beside it. */
function memory(what, settings, atLeast) {
  const before = { options: { memory: true }, atLeast }
  return {
    title: `get 1 KiB JSON from memory://, ${what}`,
    operation: 'hits',
    payload: '1 KiB JSON',
    inFlight: 1,
    contestants: [
      { name: `cache.get, ${what}`, module: 'our-cache', options: { memory: true, settings }, before },
      { name: 'bentocache, its memory layer alone', module: 'bentocache', options: { layer: 'memory' } },
    ],
  }
}
