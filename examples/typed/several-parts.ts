import { createCaches, SchemaError } from 'valkey-cache'
import * as v from 'valibot'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'

await using caches = createCaches({ default: { location } })

const orders = caches.default.typed({
  key: ({ shop, id }: { shop: string; id: number }) => `${shop}:order:${id}`,
  schema: v.object({ lines: v.array(v.object({ amount: v.number() })) }),
})

const order = { shop: 'main', id: 7 }
await orders.set(order, { lines: [{ amount: 2 }] })
console.log(await orders.get(order))

const fromOutside: unknown = JSON.parse('{ "lines": [{ "amount": "2" }] }')
await orders.set(order, fromOutside as { lines: [] }).catch((error: unknown) => {
  if (error instanceof SchemaError) console.log(error.issues.map(({ path }) => path))
})
