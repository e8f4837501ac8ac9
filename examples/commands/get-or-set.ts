import { setTimeout as sleep } from 'node:timers/promises'
import { CommandTimeoutError, createCaches, type Loader } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'
await using caches = createCaches({ default: { location, prefix: 'loads' } })
const cache = caches.default

let loads = 0
const findUser = async (): Promise<{ name: string; load: number }> => ({ name: 'Ada', load: ++loads })

const [one, other] = await Promise.all([cache.getOrSet('user:1', findUser), cache.getOrSet('user:1', findUser)])
console.log(one, loads) // { name: 'Ada', load: 1 } 1: one loader ran for both
console.log(one === other) // false: each has an object of its own

const load: Loader<string> = ({ signal }) => sleep(60_000, 'late', { signal })
const slow = cache.getOrSet('slow', load, { deadline: '1s', onAbandon: 'abort' })
console.log(await slow.catch((error: unknown) => error instanceof CommandTimeoutError && error.code)) // E_TIMEOUT, and the loader's signal has aborted

console.log(await cache.getOrSet('terms', () => 'agreed', { waitForWrite: true })) // agreed, and the server has it
