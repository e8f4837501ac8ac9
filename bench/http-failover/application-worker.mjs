// Answers each request with an item that takes 5 ms to load: through the cache's getOrSet, or without a cache.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { load } from '../contestants/our-build.mjs'

async function main({ cache, dist, group }) {
  const item = cache ? await cachedItems(group, dist) : loadItem
  const server = createServer((request, response) => void answer(item, request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.send({ port: server.address().port })
}

async function cachedItems({ location, sentinels }, dist) {
  const { createCaches } = await load('index.js', dist)
  const caches = createCaches({ default: { location, client: 'sentinel', sentinels } })
  await caches.ready()
  return (path) => caches.default.getOrSet(path, () => loadItem(path))
}

async function loadItem(path) {
  await sleep(5)
  return { path, name: 'Difference Engine No. 2', price: 17_470, tags: ['brass', 'steel'] }
}

async function answer(item, { url }, response) {
  try {
    response.end(JSON.stringify(await item(url)))
  } catch (error) {
    response.writeHead(500).end(String(error))
  }
}

await main(JSON.parse(process.argv[2]))
