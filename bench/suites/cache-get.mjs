// What an application calls: an object by its key, no cache in the process.
const contestants = [
  { name: 'cache.get, deadlines on', module: 'our-cache' },
  { name: 'our connection and JSON.parse', module: 'our-connection', options: { json: true }, atLeast: 0.6 },
  { name: 'bentocache (its Redis driver alone)', module: 'bentocache', atLeast: 2 },
  { name: 'cache-manager + @keyv/valkey', module: 'cache-manager', atLeast: 3 },
]

export const cacheGet = [
  { title: 'get 1 KiB JSON, 64 in flight', operation: 'get', payload: '1 KiB JSON', inFlight: 64, contestants },
]
