import { createCaches } from 'valkey-cache'
import { eventually, startLab, startStallProbe, startTraffic } from 'valkey-cache/lab'

await using lab = await startLab()
// A primary, two replicas, three sentinels; cut off from its replicas, a primary refuses writes.
const group = await lab.group({ downAfter: 1_000, config: { 'min-replicas-to-write': '1' } })

await using caches = createCaches({
  default: { location: group.location, client: 'sentinel', sentinels: group.sentinelAddresses },
})
const cache = caches.default

const probe = startStallProbe() // how long this process stands still itself
const writes = startTraffic({ rate: 100, operation: (n) => cache.set(`key:${n % 10}`, n) })
await eventually(() => writes.succeeded >= 50)

const primary = await group.primary()
const named = group.addressChanged(primary.address)
const killedAt = writes.mark()
await primary.kill()
const { address, at } = await named
await eventually(() => writes.report().firstSuccessAfter(at) !== undefined)

const report = await writes.stop()
const gap = report.longestGapSince(killedAt) - probe.longestStallSince(killedAt)
probe.stop()
console.log(`writes were back within 5 s: ${gap < 5_000}, on the new primary: ${cache.topology().primary === address}`)
console.log(`calls that got no answer: ${report.unsettled}`)
