import { createCaches } from 'valkey-cache'
import { eventually, startLab } from 'valkey-cache/lab'

await using lab = await startLab()
// Every server sits behind a proxy of its own; cut off from its replicas, a primary refuses writes.
const group = await lab.group({ proxied: true, config: { 'min-replicas-to-write': '1' } })

await using caches = createCaches({
  default: { location: group.location, client: 'sentinel', sentinels: group.sentinelAddresses },
})
const cache = caches.default
await caches.ready()

const primary = await group.primary()
primary.proxy.delay(20, { from: 'clients' }) // 20 ms to the primary, 20 ms back; replication is as fast as before
const startedAt = performance.now()
await cache.set('answer', 42)
console.log(`the primary is far away: ${performance.now() - startedAt >= 40}`)

for (const sentinel of group.sentinels) sentinel.proxy.swallow(/^\+switch-master$/, { from: 'clients' }) // nobody tells us
primary.proxy.blackhole({ from: 'servers' }) // we reach the old primary, its replicas and the sentinels do not
const { address } = await group.addressChanged(primary.address)
await eventually(() => cache.topology().primary === address)
const written = await eventually(() => cache.set('answer', 43)) // refused until a replica follows
console.log(`written to the new primary: ${written}`)

primary.proxy.heal()
