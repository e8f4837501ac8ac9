import { createCaches } from 'valkey-cache'
import * as z from 'zod'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'

await using caches = createCaches({ default: { location } })

const users = caches.default.typed({
  key: (id: number) => `user:${id}`,
  schema: z.object({ name: z.string(), since: z.coerce.date(), admin: z.boolean().default(false) }),
  ttl: '10m',
})

await users.set(1, { name: 'Ada', since: new Date(0) })
const ada = await users.get(1) // { name: string, since: Date, admin: boolean } | undefined
console.log(ada?.name, ada?.since.getFullYear(), ada?.admin)

const found = await users.getOrSet(2, async () => ({ name: 'Grace', since: '1944-07-02' }))
console.log(found.since.getFullYear(), (await users.getMany([1, 2, 3])).size)
