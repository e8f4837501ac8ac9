import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { createCaches } from 'valkey-cache'
import { secondaryStorage } from 'valkey-cache/better-auth'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'

const caches = createCaches({ auth: { location, prefix: 'shop' } })

const auth = betterAuth({
  baseURL: 'http://localhost:3000',
  secret: process.env.SECRET ?? 'only for trying it out, thirty-two characters',
  database: memoryAdapter({ user: [], account: [], session: [], verification: [] }), // yours
  emailAndPassword: { enabled: true },
  secondaryStorage: secondaryStorage(caches.auth),
  rateLimit: { enabled: true, storage: 'secondary-storage' },
  telemetry: { enabled: false },
})

const body = { name: 'Ada', email: 'ada@example.com', password: 'correct horse' }
const { token } = await auth.api.signUpEmail({ body })
console.log(await caches.auth.has(`better-auth:${token}`))

await caches.close()
