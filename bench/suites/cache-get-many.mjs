// What an application calls for many: objects by their keys, no cache in the process.
const contestants = [
  { name: 'cache.getMany, deadlines on', module: 'our-cache' },
  { name: 'a bare socket loop and JSON', module: 'bare-loop', options: { json: true }, atLeast: 0.95 },
  { name: 'bentocache (its Redis driver alone), one get each', module: 'bentocache', atLeast: 3.6 },
  { name: 'keyv + @keyv/valkey, get of an array', module: 'keyv', atLeast: 2 },
]

export const cacheGetMany = [
  {
    title: 'getMany of 100 × 1 KiB JSON, 1 in flight',
    operation: 'getMany',
    payload: '1 KiB JSON',
    inFlight: 1,
    contestants,
  },
]
