import { createCaches, type SentinelAddress } from '../../src/index.js'
import { eventually, startTraffic } from '../../src/lab/index.js'

/** A program that uses a cache until its primary fails, closes it in the middle of that, and has nothing more to do. */
async function main(location: string, sentinels: readonly SentinelAddress[]): Promise<void> {
  const caches = createCaches({ default: { location, client: 'sentinel', sentinels } })
  await caches.ready()
  const traffic = startTraffic({ rate: 100, operation: (n) => caches.default.set('n', n) })
  await eventually(() => traffic.succeeded >= 10)
  console.log('ready')
  await eventually(() => caches.default.topology().state === 'suspect', { timeout: 20_000 })
  await caches.close()
  const { unsettled } = await traffic.stop({ settleWithin: 100 })
  console.log(JSON.stringify({ unsettled }))
}

await main(process.argv[2] ?? '', JSON.parse(process.argv[3] ?? '[]') as SentinelAddress[])
