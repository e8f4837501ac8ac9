import { createCaches } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'
await using caches = createCaches({ default: { location, prefix: 'herd', client: 'herd', herdTimeout: '30s' } })
const cache = caches.default
await cache.delete('report') // what an earlier run has left

const makeReport = (): string => 'the report of this month'

let report = await cache.get<string>('report')
if (report === undefined) {
  // It is not there, or it is for us to make it anew.
  report = makeReport()
  await cache.set('report', report, { ttl: '10m' })
}
console.log(report, await cache.has('report')) // the report of this month true

console.log(await cache.getOrSet('report', makeReport, { ttl: '10m' })) // the same in one call
const kept = Number(await cache.command(['PTTL', 'report'], { key: 1 }))
console.log(kept > 10 * 60_000) // true: the server keeps it for 30 s more
