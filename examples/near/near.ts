import { createCaches } from 'valkey-cache'
import { eventually, startLab } from 'valkey-cache/lab'

await using lab = await startLab()
const server = await lab.server()

await using caches = createCaches({
  users: { location: `valkey://${server.address}/0`, prefix: 'shop', near: true },
})
const { users } = caches
await users.set('1', { name: 'Ada' })
await eventually(async () => {
  await users.get('1') // the first read asks the server, later ones do not
  return (users.stats().near?.hits ?? 0) > 0
})

// Any client of the server may write: what it writes is seen.
await server.command('SET', users.makeKey('1'), '{"name":"Grace"}')
await eventually(async () => (await users.get<{ name: string }>('1'))?.name === 'Grace')
console.log(await users.get('1')) // { name: 'Grace' }

const user = await users.get<{ name: string }>('1')
console.log(Object.isFrozen(user)) // true: all callers get the same object
await users.set('1', { name: 'Edsger' }) // an own write is seen at once
console.log(await users.get('1'), await users.get('1', { near: false })) // { name: 'Edsger' } { name: 'Edsger' }
