import { setTimeout as sleep } from 'node:timers/promises'
import { createCaches } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'
await using caches = createCaches({ default: { location, prefix: 'stampede', singleFlight: 'fleet' } })
const cache = caches.default
await cache.delete('report') // what an earlier run has left

let loads = 0
const makeReport = async (): Promise<{ rows: number }> => {
  loads++
  return sleep(50, { rows: 3 })
}

const callers = Array.from({ length: 100 }, () => cache.getOrSet('report', makeReport, { ttl: '10m' }))
console.log((await Promise.all(callers)).length, 'answers,', loads, 'load') // 100 answers, 1 load
