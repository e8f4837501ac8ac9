import { createCaches } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'

await using caches = createCaches({ default: { location } })

async function nightly(): Promise<string> {
  await using lock = caches.default.lock('lock:nightly')
  if (!(await lock.tryAcquire())) return 'somebody else does it'
  return 'done'
}

console.log(await Promise.all([nightly(), nightly()]))
