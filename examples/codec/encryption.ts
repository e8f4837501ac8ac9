import { randomBytes } from 'node:crypto'
import { createCaches } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'
// From where you keep secrets; `openssl rand -base64 32` makes one.
const [secret2025, secret2026] = [randomBytes(32), randomBytes(32)]

await using caches = createCaches({
  lastYear: { location, prefix: 'secret', encryption: { keys: [{ id: '2025', key: secret2025 }] } },
  default: {
    location,
    prefix: 'secret',
    encryption: {
      keys: [
        { id: '2026', key: secret2026 },
        { id: '2025', key: secret2025 },
      ],
    },
  },
})

await caches.lastYear.set('session:1', { user: 'ada' })
await caches.default.set('session:2', { user: 'grace' })
console.log(await caches.default.getMany(['session:1', 'session:2']))
