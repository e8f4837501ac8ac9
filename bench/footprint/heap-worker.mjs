// Weighs calls that wait: memory after them less memory before them, heap and buffers, when garbage is collected.
import { once } from 'node:events'
import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import { open as openCache } from '../contestants/our-cache.mjs'
import { open as openConnection } from '../contestants/our-connection.mjs'

const count = 20_000
/** Nothing is given up, nor tried again, while it is weighed. */
const patient = { attemptTimeout: '60s', readDeadline: '60s', writeDeadline: '60s' }

async function main({ server, kind, dist }) {
  const [layer, operation] = kind.split(' ')
  const contestant = await (layer === 'cache' ? openCache : openConnection)(server, { dist, settings: patient })
  const call = callOf(contestant, operation)
  for (let warm = 0; warm < 50; warm++) await Promise.all(Array.from({ length: 100 }, (_, index) => call(index)))
  process.send('ready')
  await once(process, 'message')
  const calls = new Array(count)
  const before = await weigh()
  for (let index = 0; index < count; index++) calls[index] = call(index)
  const after = await weigh()
  process.send((after - before) / count, () => process.exit())
}

function callOf(contestant, operation) {
  const keys = Array.from({ length: count }, (_, index) => `bench:heap:${index}`)
  return operation === 'get' ? (index) => contestant.get(keys[index]) : (index) => contestant.set(keys[index], 'value')
}

async function weigh() {
  for (let round = 0; round < 3; round++) {
    await turnOfTheLoop()
    globalThis.gc()
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

await main(JSON.parse(process.argv[2]))
