import { expect } from 'vitest'
import type { Cache } from '../../src/index.js'
import { eventually, startTraffic, type LabCluster, type LabServer } from '../../src/lab/index.js'
import { slotOf } from '../../src/keys/slot.js'
import { test as base } from '../support/caches.js'

const test = base.extend('cluster', { scope: 'file' }, ({ lab }) => lab.cluster({ nodeTimeout: 1_000 }))
const keys = ['a', 'b', 'c', 'd', 'e', 'f']
const mostInFlight = 1_000

test.for<[what: string, change: (cluster: LabCluster, key: string) => Promise<unknown>]>([
  ['the primary is replaced', replacePrimary],
  ['the slot is moved', moveSlot],
])(
  'writes of one key, in flight while %s, run once each and in the order in which they were made',
  async ([, change], { cluster, make }) => {
    const { cache } = make({ cache: { client: 'cluster', location: cluster.locations, ttl: null } })
    await cache.clear()
    await cache.set('other', 1)
    const failures = new Set<string>()
    let [made, done] = [0, 0]
    const write = async (): Promise<void> => {
      // A machine that is slower than the rate would have more and more to do.
      if (made - done >= mostInFlight) return
      const n = made++
      await append(cache, keys[n % keys.length] as string, n).finally(() => done++)
    }
    const writes = startTraffic({
      rate: 2_000,
      operation: write,
      onFailure: (error) => failures.add(error instanceof Error ? error.message : typeof error),
    })
    await eventually(() => done > 200)
    await change(cluster, cache.makeKey('a'))
    const goal = done + 200
    await eventually(() => done > goal)
    await writes.stop()
    expect([...failures]).toEqual([])
    for (const [index, key] of keys.entries())
      expect(await numbersIn(cache, key), `key ${key}`).toEqual(every(index, made))
  },
)

/** One by one, and some of them in a pipeline. */
function append(cache: Cache, key: string, n: number): Promise<unknown> {
  const command = ['APPEND', cache.makeKey(key), `${n} `]
  const options = { intent: 'write', key: 1 } as const
  if (n % 10 < 8) return cache.command(command, options)
  return cache.pipeline((pipeline) => [pipeline.command(command, options), pipeline.get('other')])
}

async function numbersIn(cache: Cache, key: string): Promise<readonly number[]> {
  const reply = await cache.command(['GET', cache.makeKey(key)], { intent: 'read', key: 1, readFrom: 'primary' })
  return String(reply).trim().split(' ').map(Number)
}

/** Every number of the key with this index. */
function every(index: number, made: number): readonly number[] {
  return Array.from({ length: made }, (_, n) => n).filter((n) => n % keys.length === index)
}

async function replacePrimary(cluster: LabCluster, key: string): Promise<void> {
  const primary = await cluster.primaryOf(key)
  await cluster.failover((await cluster.primaries()).indexOf(primary))
}

async function moveSlot(cluster: LabCluster, key: string): Promise<void> {
  for (let round = 0; round < 2; round++) {
    const from = await cluster.primaryOf(key)
    const to = (await cluster.primaries()).find((primary) => primary !== from) as LabServer
    await cluster.reshard({ slots: [slotOf(key)], from, to })
  }
}
