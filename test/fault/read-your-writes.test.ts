import { expect } from 'vitest'
import type { Cache } from '../../src/index.js'
import { eventually, startTraffic } from '../../src/lab/index.js'
import { test, under } from '../support/caches.js'

const keys = ['a', 'b', 'c', 'd', 'e']
/** How late replicas get what is written, in ms. */
const late = 40

test('reads see what was written before them, however far the replicas are behind, and through a failover', async ({
  lab,
  make,
}) => {
  const group = await lab.group({ downAfter: 3_000, proxied: true })
  for (const { proxy } of group.nodes) for (const node of group.nodes) proxy.delay(late, { from: node })
  const { own, other } = make({ own: under(group), other: under(group, { readYourWrites: 0 }) })
  const acknowledged = new Map<string, number>()
  const versions = new Map<string, number>()
  const write = async (n: number): Promise<void> => {
    const [key, version] = [keyOf(n), n]
    if ((versions.get(key) ?? 0) > (acknowledged.get(key) ?? 0)) return
    versions.set(key, version)
    await own.set(key, version)
    acknowledged.set(key, version)
  }
  const reader = (cache: Cache): { readonly stale: number[]; readonly read: (n: number) => Promise<void> } => {
    const stale: number[] = []
    const read = async (n: number): Promise<void> => {
      const key = keyOf(n * 3)
      const least = acknowledged.get(key) ?? 0
      const value = (await cache.get<number>(key)) ?? 0
      if (value < least) stale.push(least - value)
    }
    return { stale, read }
  }
  const [mine, theirs] = [reader(own), reader(other)]
  const streams = [
    startTraffic({ rate: 200, operation: write }),
    startTraffic({ rate: 400, operation: mine.read }),
    startTraffic({ rate: 400, operation: theirs.read }),
  ]
  const goOn = async (operations: number): Promise<void> => {
    const goal = streams.map(({ succeeded }) => succeeded + operations)
    await eventually(() => streams.every(({ succeeded }, index) => succeeded > (goal[index] as number)))
  }
  await goOn(150)
  const before = (await group.primary()).address
  await group.failover()
  await eventually(() => own.topology().primary !== before)
  await goOn(300)
  const reports = await Promise.all(streams.map((stream) => stream.stop()))
  console.info(`stale reads: ${mine.stale.length} with readYourWrites, ${theirs.stale.length} without`)
  expect(reports.map(({ failures, unsettled }) => [...failures, unsettled])).toEqual([[0], [0], [0]])
  expect(theirs.stale.length, 'replicas that are behind').toBeGreaterThan(10)
  expect(mine.stale).toEqual([])
})

function keyOf(n: number): string {
  return keys[n % keys.length] as string
}
