import { createCaches } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'

await using caches = createCaches(
  {
    users: { prefix: 'users', ttl: '1h' },
    pages: { prefix: 'pages', compressor: 'zlib' },
    local: { location: 'memory://' },
  },
  { location, readDeadline: '2s', failSafe: true }, // for all that do not say otherwise
)
await caches.ready() // reaches every server now, or says which it cannot

const { users, pages } = caches
await Promise.all([users.set('1', { name: 'Ada' }), pages.set('/', '<h1>Hello</h1>')])
console.log(await users.get('1'), await pages.get('/'))
