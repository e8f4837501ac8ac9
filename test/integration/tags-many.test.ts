import { expect } from 'vitest'
import type { Cache } from '../../src/index.js'
import { eventually, type LabServer } from '../../src/lab/index.js'
import { at, test } from '../support/caches.js'

/** How many entries have the tag, and how many are written in one call. */
const entries = Number(process.env['VALKEY_CACHE_TAGGED'] ?? 10_000)
const together = 5_000
/** Until when all of them are to be over, in ms: longer than it takes to write them. */
const life = 1_500 + entries / 15

test(
  `one of ${entries} entries or of none: a tag is invalidated as fast, and their memory returns with their ttl`,
  { timeout: 60_000 + 2 * life },
  async ({ lab, ownServer, make }) => {
    const empty = await lab.server()
    const { many, none } = make(
      { many: { location: at(ownServer) }, none: { location: at(empty) } },
      { format: 'framed' },
    )
    // What connections and scripts take is not that of entries.
    await Promise.all([many, none].map(async (cache) => cache.invalidateTags(['all'])))
    const before = await memoryOf(ownServer)
    await writeAll(many)
    await many.set('sample', 1, { tags: ['all'], ttl: '1h' })
    const full = await memoryOf(ownServer)
    expect(await keysForEver(ownServer)).toBe(1)
    expect(await many.get('sample')).toBe(1)
    const [took, control] = [new Array<number>(), new Array<number>()]
    for (let n = 0; n < 101; n++) {
      control.push(await timed(() => none.invalidateTags(['all'])))
      took.push(await timed(() => many.invalidateTags(['all'])))
    }
    expect(median(took) - median(control)).toBeLessThanOrEqual(5)
    expect(await many.getMany(['sample', 'k0', `k${entries - 1}`])).toStrictEqual(new Map())
    await eventually(async () => (await ownServer.command('DBSIZE')) === 3, { timeout: 30_000 + life })
    // What connections and hash tables take varies.
    const allowed = Math.max(2 ** 20, (full - before) / 10)
    await eventually(async () => (await memoryOf(ownServer)) - before < allowed, { timeout: 30_000 })
    expect(await keysForEver(ownServer)).toBe(1)
  },
)

async function writeAll(cache: Cache): Promise<void> {
  const end = performance.now() + life
  for (let first = 0; first < entries; first += together) {
    const values = Array.from({ length: together }, (_, n) => [`k${first + n}`, { n: first + n }] as const)
    const ttl = Math.max(1, end - performance.now())
    expect(await cache.setMany(values, { tags: ['all'], ttl })).toStrictEqual([])
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

function median(times: readonly number[]): number {
  return times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)] as number
}

async function memoryOf(server: LabServer): Promise<number> {
  return numberIn(await server.command('INFO', 'memory'), /^used_memory:(\d+)/m)
}

/** How many keys have no expiry. */
async function keysForEver(server: LabServer): Promise<number> {
  const keyspace = await server.command('INFO', 'keyspace')
  return numberIn(keyspace, /keys=(\d+)/) - numberIn(keyspace, /expires=(\d+)/)
}

function numberIn(info: unknown, shape: RegExp): number {
  return Number(shape.exec(String(info))?.[1])
}
