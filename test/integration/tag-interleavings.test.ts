import type { ChildProcess } from 'node:child_process'
import { afterAll, beforeAll, expect } from 'vitest'
import type { CacheOptions } from '../../src/index.js'
import type { Lab } from '../../src/lab/index.js'
import { at, test, under } from '../support/caches.js'
import { messageOf, startChild } from '../support/child.js'
import type { Round } from '../support/tags-child.js'

/** How many interleavings there are for each deployment, and how many at a time. */
const all = Number(process.env['VALKEY_CACHE_INTERLEAVINGS'] ?? 150)
const together = 50
const processes = 2

/** No primary that is busy for a while is taken for dead: a failover may lose an invalidation that was acknowledged. */
const downAfter = 60_000

const places: readonly (readonly [name: string, place: (lab: Lab) => Promise<CacheOptions>])[] = [
  ['a server', async (lab) => ({ location: at(await lab.server()) })],
  ['sentinel', async (lab) => under(await lab.group({ replicas: 1, downAfter }))],
  [
    'a cluster',
    async (lab) => ({ client: 'cluster', location: (await lab.cluster({ nodeTimeout: downAfter })).locations }),
  ],
]

let children: readonly ChildProcess[]
beforeAll(async () => {
  children = Array.from({ length: processes }, () => startChild('tags-child.ts', {}))
  await Promise.all(children.map((child) => messageOf(child)))
}, 60_000)
afterAll(() => children.forEach((child) => child.kill()))

test.for(places)(
  'several processes read nothing that was loaded before an invalidation that was acknowledged: %s',
  { timeout: 600_000 },
  async ([, place], { lab }) => {
    const options = await place(lab)
    const seed = Math.floor(Math.random() * 2 ** 31)
    const stale: string[] = []
    for (let first = 0; first < all; first += together) {
      const round = { options, first, count: Math.min(together, all - first) }
      const told = await Promise.all(
        children.map((child, index) => ask(child, { ...round, seed: seed + first + index })),
      )
      stale.push(...told.flat())
    }
    expect(stale, `seed ${seed}`).toStrictEqual([])
  },
)

/** Has a process run its part of a round; resolves to what was stale. */
async function ask(child: ChildProcess, round: Round): Promise<readonly string[]> {
  const answer = messageOf<readonly string[]>(child)
  child.send(round)
  return answer
}

test('300 invalidations during loads, none of which is lost', async ({ server, make }) => {
  const { one, other } = make({ one: {}, other: {} }, { location: at(server), format: 'framed' })
  const rounds = Array.from({ length: 300 }, async (_, n) => {
    const [key, tags] = [`k${n}`, [`t${n}`]]
    const during = n % 2 === 0 ? one : other
    const load = async (): Promise<string> => {
      await during.invalidateTags(tags)
      return 'old'
    }
    await (n % 3 === 0
      ? one.getOrSet(key, async ({ setTags }) => load().finally(() => setTags(tags)), { waitForWrite: true })
      : one.getOrSet(key, load, { tags, waitForWrite: true }))
    return [await one.get(key), await other.get(key, { tags })]
  })
  expect((await Promise.all(rounds)).flat().filter((value) => value !== undefined)).toStrictEqual([])
})
