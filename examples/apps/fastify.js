import { setTimeout as sleep } from 'node:timers/promises'
import fastify from 'fastify'
import { createCaches } from 'valkey-cache'

const sentinels = (process.env.SENTINELS ?? 'sentinel-1:26379,sentinel-2:26379,sentinel-3:26379').split(',')

const caches = createCaches({
  pages: { location: 'valkey://mymaster/0', client: 'sentinel', sentinels, prefix: 'pages', ttl: '1m', grace: '1h' },
})

let loads = 0

/** Takes its time, as a database does. */
async function loadProduct(id) {
  loads++
  await sleep(50)
  return { id, name: `Product ${id}`, loads }
}

const app = fastify()
app.get('/products/:id', ({ params: { id } }) => caches.pages.getOrSet(`product:${id}`, () => loadProduct(id)))
app.delete('/products/:id', async ({ params: { id } }, reply) => {
  await caches.pages.delete(`product:${id}`)
  return reply.code(204).send()
})
app.addHook('onReady', () => caches.ready())
app.addHook('onClose', () => caches.close())

console.log(await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' }))
process.once('SIGTERM', () => void app.close())
