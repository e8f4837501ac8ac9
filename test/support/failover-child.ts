import { createCaches, type CacheOptions } from '../../src/index.js'
import { eventually, startTraffic } from '../../src/lab/index.js'

/** A program that uses a cache until its primary fails, closes it in the middle of that, and has nothing more to do. */
async function main(options: CacheOptions): Promise<void> {
  const caches = createCaches({ default: options })
  await caches.ready()
  const traffic = startTraffic({ rate: 100, operation: (n) => caches.default.set(`n${n}`, n) })
  await eventually(() => traffic.succeeded >= 10)
  console.log('ready')
  await eventually(() => caches.default.topology().state === 'suspect', { timeout: 20_000 })
  await caches.close()
  const { unsettled } = await traffic.stop({ settleWithin: 100 })
  console.log(JSON.stringify({ unsettled }))
}

await main(JSON.parse(process.argv[2] ?? '{}') as CacheOptions)
