import { describe, expect } from 'vitest'
import { ConfigurationError, PrimaryNotFoundError, type Cache, type ReadFrom } from '../../src/index.js'
import { eventually, type LabGroup, type LabServer } from '../../src/lab/index.js'
import { callsOf, test as base, under, unhedged } from '../support/caches.js'
import { rejection } from '../support/rejection.js'
import { replicasHave } from '../support/replicas-have.js'

/** With a deadline of its own a call is gathered with no other, so every one counts. */
const alone = { deadline: '5s' } as const
/** What the far nodes take longer, in each direction, in ms. */
const far = 100

const test = base.extend('group', { scope: 'file' }, ({ lab }) =>
  lab.group({ replicas: 3, steady: false, proxied: true }),
)

describe('reads', () => {
  test('are spread over equal replicas, to within 10%', async ({ group, make }) => {
    const cache = await connected(group, make({ cache: under(group, unhedged) }).cache)
    const counts = await readsOf(group, () => spread(4_500, () => cache.get('k', alone)))
    expect(counts[0]).toBe(0)
    for (const count of counts.slice(1)) expect(Math.abs(count - 1_500)).toBeLessThan(150)
  })

  test("with 'any' are spread over the primary too", async ({ group, make }) => {
    const cache = await connected(group, make({ cache: under(group, { ...unhedged, readFrom: 'any' }) }).cache)
    const counts = await readsOf(group, () => spread(6_000, () => cache.get('k', alone)))
    for (const count of counts) expect(Math.abs(count - 1_500)).toBeLessThan(150)
  })

  test("with 'nearest' go to the node with the shortest round trip, whatever its role", async ({ group, make }) => {
    for (const near of [group.nodes[2], group.nodes[0]] as LabServer[]) {
      for (const node of group.nodes) if (node !== near) node.proxy.delay(far)
      const cache = await connected(group, make({ cache: under(group, { ...unhedged, readFrom: 'nearest' }) }).cache)
      const counts = await readsOf(group, () => spread(200, () => cache.get('k', alone)))
      expect(counts).toEqual(group.nodes.map((node) => (node === near ? 200 : 0)))
      for (const { proxy } of group.nodes) proxy.heal()
    }
  })

  test('go where a function says; it may be asked for one call', async ({ group, make }) => {
    const chosen = group.nodes[3] as LabServer
    const readFrom: ReadFrom = (nodes) => nodes.find(({ address }) => address === chosen.address)
    const { cache, other } = make({
      cache: under(group, { ...unhedged, readFrom }),
      other: under(group, { ...unhedged, readFrom: 'any' }),
    })
    await connected(group, cache)
    await connected(group, other)
    expect(await readsOf(group, () => spread(100, () => cache.get('k', alone)))).toEqual([0, 0, 0, 100])
    expect(await readsOf(group, () => spread(100, () => other.get('k', { ...alone, readFrom })))).toEqual([
      0, 0, 0, 100,
    ])
  })

  test('of a function that chooses what it was not given are a ConfigurationError', async ({ group, make }) => {
    const readFrom: ReadFrom = ([node]) => node && { ...node }
    const { cache } = make({ cache: under(group, { readFrom }) })
    const { error } = await rejection(cache.get('k'))
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error).toMatchObject({ path: 'readFrom' })
  })
})

test("without a primary reads with 'primaryPreferred' go on, with 'primary' they are a PrimaryNotFoundError", async ({
  lab,
  make,
}) => {
  const { location, nodes } = await lab.group({ replicas: 1, sentinels: 0 })
  const { stale, strict } = make(
    { stale: { readFrom: 'primaryPreferred' }, strict: { readFrom: 'primary' } },
    { location, readYourWrites: 0, readDeadline: '2s' },
  )
  const [primary] = nodes as [LabServer]
  await stale.set('k', 1)
  await replicasHave(primary, nodes)
  expect(await strict.get('k')).toBe(1)
  await primary.kill()
  expect(await stale.get('k')).toBe(1)
  expect((await rejection(strict.get('k'))).error).toBeInstanceOf(PrimaryNotFoundError)
})

/** All nodes are up, and their round trips known. */
async function connected({ nodes }: LabGroup, cache: Cache): Promise<Cache> {
  await cache.get('k', { readFrom: 'any' })
  await eventually(() => cache.topology().nodes.filter(({ rtt }) => rtt !== undefined).length === nodes.length)
  return cache
}

/** So many calls, one after the other: nobody is busier than another. */
async function spread(count: number, call: () => Promise<unknown>): Promise<void> {
  for (let n = 0; n < count; n++) await call()
}

/** How many GETs each node got meanwhile. */
async function readsOf({ nodes }: LabGroup, work: () => Promise<void>): Promise<readonly number[]> {
  const count = (): Promise<number[]> => Promise.all(nodes.map((node) => callsOf(node, 'get')))
  const before = await count()
  await work()
  return (await count()).map((total, index) => total - (before[index] as number))
}
