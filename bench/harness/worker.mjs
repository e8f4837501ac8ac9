// One contestant in one round: a process of its own that works when it is told to. Started by rounds.mjs.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setImmediate as turnOfTheLoop, setTimeout as sleep } from 'node:timers/promises'
import { performance } from 'node:perf_hooks'
import { isDeepStrictEqual } from 'node:util'
import { payloads } from './payloads.mjs'
import { zipf } from './zipf.mjs'

async function main({ module, options, operation, payload, inFlight, server }) {
  const { open } = await import(`../contestants/${module}.mjs`)
  const contestant = await open(server, options)
  const entries = payloads[payload]()
  for (const some of portionsOf(entries, 1_000))
    await Promise.all(some.map(({ key, value }) => contestant.set(key, value)))
  await checkSome(contestant, entries)
  const work = await operations[operation](contestant, entries, { payload, server })
  process.on('message', ({ duration, warmUp }) => {
    if (warmUp !== undefined) void play(worked(warmUp))
    else void (duration === undefined ? finish() : play(sleep(duration)))
  })
  const play = async (until) => process.send(await run(work, inFlight, until))
  const finish = async () => {
    await checkSome(contestant, entries)
    await contestant.close()
    process.disconnect()
  }
  process.send('ready')
}

/** What is timed: one call, awaited and checked. Resolves to how many it counts for, when that is not one. */
const operations = {
  get: (contestant, entries) => async (turn) => {
    const entry = entries[turn % entries.length]
    check(entry, await contestant.get(entry.key))
  },
  getOrSet: (contestant, entries) => async (turn) => {
    const entry = entries[turn % entries.length]
    check(entry, await contestant.getOrSet(entry.key, notStored))
  },
  set: (contestant, entries) => async (turn) => {
    const { key, value } = entries[turn % entries.length]
    const written = await contestant.set(key, value)
    if (written !== 'OK' && written !== true) throw new Error(`${key} was not set`)
  },
  /** A thousand reads of what is in the process, each awaited, between two turns of the loop. */
  hits: (contestant, entries) => hits(entries, (key) => contestant.get(key)),
  'getOrSet hits': (contestant, entries) => hits(entries, (key) => contestant.getOrSet(key, notStored)),
  /**
   * A hundred reads, for which another process writes one key. It is told of ten such at once: a message takes as long
   * as some hundred reads from memory.
   */
  Zipf: async (contestant, entries, { payload, server }) => {
    const writer = fork(new URL('zipf-writer.mjs', import.meta.url), [
      JSON.stringify({ payload, server, prefix: contestant.madePrefix }),
    ])
    await once(writer, 'message')
    process.once('disconnect', () => writer.disconnect())
    const next = zipf(entries.length)
    for (const some of portionsOf(entries, 1_000)) await Promise.all(some.map(({ key }) => contestant.get(key)))
    let due = 0
    return async () => {
      for (let read = 0; read < 100; read++) {
        const entry = entries[next()]
        check(entry, await contestant.get(entry.key))
      }
      if (++due % 10 === 0) writer.send(10)
      await turnOfTheLoop()
      return 100
    }
  },
  touch: (contestant, entries) => async (turn) => {
    const { key, value } = entries[turn % entries.length]
    await contestant.touch(key, value)
  },
  /** A hundred keys in a call, which counts as one. */
  getMany: (contestant, entries) => {
    const read = readPortions(contestant, entries, 100)
    return async (turn) => void (await read(turn))
  },
  /** Five thousand keys in a call, each of which counts. */
  'getMany of thousands': (contestant, entries) => readPortions(contestant, entries, 5_000),
  'setMany of thousands': (contestant, entries) => {
    const portions = portionsOf(entries, 5_000).map((some) => some.map(({ key, value }) => [key, value]))
    return async (turn) => {
      const portion = portions[turn % portions.length]
      await contestant.setMany(portion)
      return portion.length
    }
  },
  /** All keys, each of which counts. */
  iterKeys: (contestant, entries) => async () => {
    let count = 0
    for await (const key of contestant.iterKeys('bench:*')) if (key.startsWith('bench:')) count++
    if (count < entries.length) throw new Error(`${count} of ${entries.length} keys`)
    return count
  },
  /** A codec awaits nothing: a hundred values between two turns of the loop. */
  codec: (contestant, entries) => async (turn) => {
    for (let index = turn * 100; index < turn * 100 + 100; index++) {
      const entry = entries[index % entries.length]
      check(entry, contestant.decode(contestant.encode(entry.value)))
    }
    await turnOfTheLoop()
  },
}

function hits(entries, read) {
  return async (turn) => {
    for (let index = turn * 1_000; index < (turn + 1) * 1_000; index++) {
      const entry = entries[index % entries.length]
      check(entry, await read(entry.key))
    }
    await turnOfTheLoop()
    return 1_000
  }
}

function readPortions(contestant, entries, size) {
  const portions = portionsOf(entries, size).map((some) => ({ some, keys: some.map(({ key }) => key) }))
  return async (turn) => {
    const { some, keys } = portions[turn % portions.length]
    const found = await contestant.getMany(keys)
    if (found.length !== some.length) throw new Error(`${found.length} of ${some.length} values`)
    found.forEach((read, index) => check(some[index], read))
    return found.length
  }
}

function check(entry, read) {
  if (!entry.same(read, entry)) throw new Error(`wrong value for ${entry.key}`)
}

function notStored() {
  throw new Error('a value that is stored was loaded')
}

function portionsOf(entries, size) {
  return Array.from({ length: Math.ceil(entries.length / size) }, (_, at) => entries.slice(at * size, (at + 1) * size))
}

/** A thousand of them, more thoroughly than while the clock runs. */
async function checkSome(contestant, entries) {
  const step = Math.ceil(entries.length / 1_000)
  for (let index = 0; index < entries.length; index += step) {
    const { key, value } = entries[index]
    if (!isDeepStrictEqual(await contestant.get(key), value)) throw new Error(`wrong value for ${key}`)
  }
}

/**
 * Resolves when this process has used so many ms of the processor, or after ten times as long: on a busy machine it
 * gets little of it, and what was to be warm would be cold.
 */
async function worked(time) {
  const [before, start] = [process.cpuUsage(), performance.now()]
  const used = () => totalOf(process.cpuUsage(before)) / 1_000
  while (used() < time && performance.now() - start < 10 * time) await sleep(20)
}

/** So many callers, each with one call at a time, until a promise resolves. */
async function run(work, callers, until) {
  let [calls, counted, running] = [0, 0, true]
  const caller = async () => {
    while (running) {
      // Not in one statement: `counted` would be read before the call and written after it.
      const count = (await work(calls++)) ?? 1
      counted += count
    }
  }
  const before = process.cpuUsage()
  const start = performance.now()
  const stop = until.then(() => (running = false))
  await Promise.all([stop, ...Array.from({ length: callers }, caller)])
  return { calls: counted, time: performance.now() - start, cpu: totalOf(process.cpuUsage(before)) }
}

function totalOf({ user, system }) {
  return user + system
}

await main(JSON.parse(process.argv[2]))
