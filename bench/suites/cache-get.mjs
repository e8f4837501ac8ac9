// What an application calls: an object by its key, no cache in the process.
export const cacheGet = [
  row('get', 0.95, 2.6, { name: 'cache-manager + @keyv/valkey', module: 'cache-manager', atLeast: 3 }),
  row('set', 0.9, 3.2),
  row('getOrSet', 0.95, 2.8),
  {
    title: 'getOrSet 1 KiB JSON that may be stale, 64 in flight',
    operation: 'getOrSet',
    payload: '1 KiB JSON',
    inFlight: 64,
    contestants: [
      { name: 'cache.getOrSet, grace on', module: 'our-cache', options: { settings: { grace: '1h' } } },
      {
        name: 'cache.get, grace on',
        module: 'our-cache',
        options: { settings: { grace: '1h' }, loading: false },
        atLeast: 0.9,
      },
      { name: 'bentocache, grace on', module: 'bentocache', options: { grace: '1h' }, atLeast: 2.5 },
    ],
  },
  {
    title: 'get 1 KiB JSON with grace, 64 in flight',
    operation: 'get',
    payload: '1 KiB JSON',
    inFlight: 64,
    contestants: [
      { name: 'cache.get, values with grace', module: 'our-cache', options: { settings: { grace: '1h' } } },
      { name: "cache.get, Django's format", module: 'our-cache', atLeast: 0.85 },
    ],
  },
]

function row(operation, ofBareLoop, ofBentocache, ...more) {
  return {
    title: `${operation} 1 KiB JSON, 64 in flight`,
    operation,
    payload: '1 KiB JSON',
    inFlight: 64,
    contestants: [
      { name: `cache.${operation}, deadlines on`, module: 'our-cache' },
      { name: 'a bare socket loop and JSON', module: 'bare-loop', options: { json: true }, atLeast: ofBareLoop },
      { name: 'bentocache (its Redis driver alone)', module: 'bentocache', atLeast: ofBentocache },
      ...more,
    ],
  }
}
