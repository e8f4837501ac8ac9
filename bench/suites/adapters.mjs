// What a framework calls: sessions by their ids, and one Keyv over two stores. Like ours, the others ask the server every time.
const connectRedis = { name: 'connect-redis on @redis/client', module: 'connect-redis', atLeast: 2 }

export const adapters = [
  sessions('get'),
  sessions('touch'),
  {
    title: 'Keyv 5: get 1 KiB JSON, 64 in flight',
    operation: 'get',
    payload: '1 KiB JSON',
    inFlight: 64,
    contestants: [
      { name: 'keyvStore', module: 'our-keyv-store' },
      { name: '@keyv/valkey', module: 'keyv', atLeast: 2 },
    ],
  },
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
