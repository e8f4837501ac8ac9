import { setTimeout as sleep } from 'node:timers/promises'
import { CommandTimeoutError, createCaches } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'
await using caches = createCaches({
  default: { location, prefix: 'bounds', loaderDeadline: '100ms', negativeTtl: '30s' },
})
const cache = caches.default

const hang = cache.getOrSet('slow', ({ signal }) => sleep(60_000, 'late', { signal }))
console.log(await hang.catch((error: unknown) => error instanceof CommandTimeoutError && error.code)) // E_TIMEOUT

let looks = 0
const findNobody = async (): Promise<string | undefined> => {
  looks++
  return undefined
}
await cache.delete('user:0') // what an earlier run has left
await cache.getOrSet('user:0', findNobody, { waitForWrite: true })
console.log(await cache.getOrSet('user:0', findNobody), looks) // undefined 1: that there is none was remembered
