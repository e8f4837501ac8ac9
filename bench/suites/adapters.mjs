// What a framework calls: sessions by their ids, and one Keyv over two stores. Like ours, the others ask the server
// every time.
const connectRedis = { name: 'connect-redis on @redis/client', module: 'connect-redis', atLeast: 2 }

export const adapters = [
  sessions('get'),
  sessions('touch'),
  // Of 1 KiB of JSON Keyv's own decoding is more than half of what either takes.
  keyv('100 B', 2),
  keyv('1 KiB JSON', 1.2),
]

function sessions(operation) {
  return {
    title: `sessions of 1 KiB: ${operation}, 64 in flight`,
    operation,
    payload: 'sessions',
    inFlight: 64,
    contestants: [{ name: 'sessionStore', module: 'our-session-store' }, connectRedis],
  }
}

function keyv(payload, atLeast) {
  return {
    title: `Keyv 5: get ${payload}, 64 in flight`,
    operation: 'get',
    payload,
    inFlight: 64,
    contestants: [
      { name: 'keyvStore', module: 'our-keyv-store' },
      { name: '@keyv/valkey', module: 'keyv', atLeast },
    ],
  }
}
