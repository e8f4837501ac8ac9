import { createCaches } from 'valkey-cache'
import { startLab } from 'valkey-cache/lab'

await using lab = await startLab()
const server = await lab.server({ config: { maxmemory: '64mb' } })

await using caches = createCaches({ default: { location: `valkey://${server.address}/0` } })
const cache = caches.default

await cache.set('answer', 42)
console.log(await server.command('GET', cache.makeKey('answer'))) // the lab has a line of its own to the server

server.pause() // it keeps its sockets and answers nothing
console.log(await cache.get('answer').catch((error: { code: string }) => error.code))
server.resume()
console.log(await cache.get('answer'))

await server.restart() // killed as in a crash, and started again on the same port: it is empty
console.log(await cache.get('answer'))
