import { createCaches, type CacheError } from 'valkey-cache'
import { startLab } from 'valkey-cache/lab'

await using lab = await startLab()
const server = await lab.server()

await using caches = createCaches({
  users: { location: `valkey://${server.address}/0`, writeDeadline: '500ms' },
})
const { users } = caches
await users.set('user:1', { name: 'Ada' })

server.pause() // an outage begins
await users.delete('user:1').catch(({ code, kept }: CacheError) => console.log(code, kept))
console.log(await users.get('user:1')) // no server is asked: the key is a miss here

server.resume() // the server is back, and still has the value
console.log(await users.get('user:1')) // a miss, before the delete has run as after it
await users.set('user:1', { name: 'Grace' }) // sent behind the delete
console.log(await users.get('user:1'))
