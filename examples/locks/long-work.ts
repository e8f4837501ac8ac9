import { createCaches } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'

await using caches = createCaches({ default: { location } })
const report = caches.default.lock('lock:report', { ttl: '10s', autoExtend: true, fence: true })

let newest = 0 // kept by what is written to, beside its data

function write(line: string, fence = 0): void {
  if (fence < newest) throw new Error('a later holder has written already')
  newest = fence
  console.log(line)
}

await report.run(async ({ signal, fence }) => {
  for (const line of ['one', 'two']) {
    signal.throwIfAborted() // not certain to be ours any more: stop
    write(line, fence)
  }
})
