import { createCaches } from 'valkey-cache'

const sentinels = (process.env.SENTINELS ?? 'sentinel-1:26379,sentinel-2:26379,sentinel-3:26379').split(',')

await using caches = createCaches(
  {
    default: {
      location: 'valkey://mymaster/0', // the name that the sentinels monitor, and the database
      client: 'sentinel', // primary and replica pools from that one location
      sentinels,
      sentinelOptions: { timeout: '400ms' }, // username, password and tls too: for the sentinels only
      pool: { connections: 2 }, // multiplexed sockets to one node, at most
      readFrom: 'replicaPreferred',
      readYourWrites: '1s',
      connectTimeout: '1s',
      attemptTimeout: '250ms', // how long a node may be silent before a read is also asked of another
      readDeadline: '1s', // everything a read may take
      writeDeadline: '5s', // everything a write may take, a failover included
      prefix: 'shop',
      version: 1,
      ttl: '5m',
      password: async () => process.env.VALKEY_PASSWORD ?? '', // asked for at each connect
    },
  },
  { connectionFactory: 'sentinel' }, // for every cache that does not say otherwise
)

const cache = caches.default
cache.on('primary-changed', ({ from, to, epoch }) => console.log(`primary: ${from} → ${to}, epoch ${epoch}`))

await cache.set('order:7', { lines: 3 })
console.log(await cache.get('order:7'), cache.makeKey('order:7'))
