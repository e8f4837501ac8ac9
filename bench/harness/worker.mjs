// One contestant in one round: a process of its own that works when it is told to. Started by rounds.mjs.
import { setImmediate as turnOfTheLoop, setTimeout as sleep } from 'node:timers/promises'
import { performance } from 'node:perf_hooks'
import { isDeepStrictEqual } from 'node:util'
import { payloads } from './payloads.mjs'

async function main({ module, options, operation, payload, inFlight, server }) {
  const { open } = await import(`../contestants/${module}.mjs`)
  const contestant = await open(server, options)
  const entries = payloads[payload]()
  await Promise.all(entries.map(({ key, value }) => contestant.set(key, value)))
  await checkAll(contestant, entries)
  const work = operations[operation](contestant, entries)
  process.on('message', ({ duration }) => void (duration === undefined ? finish() : play(duration)))
  const play = async (duration) => process.send(await run(work, inFlight, duration))
  const finish = async () => {
    await checkAll(contestant, entries)
    await contestant.close()
    process.disconnect()
  }
  process.send('ready')
}

/** What is timed: one call, awaited and checked; of a codec, which awaits nothing, a hundred. */
const operations = {
  get: (contestant, entries) => async (turn) => {
    const { key, value, same } = entries[turn % entries.length]
    if (!same(await contestant.get(key), value)) throw new Error(`wrong value for ${key}`)
  },
  getMany: (contestant, entries) => {
    const keys = entries.map(({ key }) => key)
    return async (turn) => {
      const from = (turn * many) % entries.length
      const found = await contestant.getMany(keys.slice(from, from + many))
      found.forEach((read, index) => {
        const { key, value, same } = entries[from + index]
        if (!same(read, value)) throw new Error(`wrong value for ${key}`)
      })
      if (found.length !== many) throw new Error(`${found.length} of ${many} values`)
    }
  },
  set: (contestant, entries) => async (turn) => {
    const { key, value } = entries[turn % entries.length]
    if ((await contestant.set(key, value)) !== 'OK') throw new Error(`${key} was not set`)
  },
  codec: (contestant, entries) => async (turn) => {
    for (let index = turn * 100; index < turn * 100 + 100; index++) {
      const { key, value, same } = entries[index % entries.length]
      if (!same(contestant.decode(contestant.encode(value)), value)) throw new Error(`wrong value for ${key}`)
    }
    await turnOfTheLoop()
  },
}

/** Keys of one getMany; divides the number of entries. */
const many = 100

async function checkAll(contestant, entries) {
  for (const { key, value } of entries) {
    if (!isDeepStrictEqual(await contestant.get(key), value)) throw new Error(`wrong value for ${key}`)
  }
}

/** So many callers, each with one call at a time, for so many ms. */
async function run(work, callers, duration) {
  let [calls, running] = [0, true]
  const caller = async () => {
    while (running) await work(calls++)
  }
  const before = process.cpuUsage()
  const start = performance.now()
  const stop = sleep(duration).then(() => (running = false))
  await Promise.all([stop, ...Array.from({ length: callers }, caller)])
  const { user, system } = process.cpuUsage(before)
  return { calls, time: performance.now() - start, cpu: user + system }
}

await main(JSON.parse(process.argv[2]))
