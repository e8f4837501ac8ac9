import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { ReplicaNotFoundError, type Cache } from '../../../src/index.js'
import { eventually, startTraffic, type LabServer } from '../../../src/lab/index.js'
import { at, callsOf, test, under } from '../../support/caches.js'
import { rejection } from '../../support/rejection.js'
import { replicasHave } from '../../support/replicas-have.js'

test('a replica that was started again without its data is not read before it has them', async ({ lab, make }) => {
  const group = await lab.group({ steady: false })
  const [primary, empty, full] = group.nodes as [LabServer, LabServer, LabServer]
  const caches = make({
    sentinel: under(group, { readFrom: 'replica', readYourWrites: 0 }),
    list: { location: group.nodes.map((node) => at(node)), readFrom: 'replica', readYourWrites: 0 },
    replicas: { location: [empty, full].map((node) => `${at(node)}?is_master=0`) },
  })
  await caches.sentinel.setMany(keys.map((key) => [key, key] as const))
  await replicasHave(primary, group.nodes)
  const used: readonly Cache[] = [caches.sentinel, caches.list, caches.replicas]
  const absent = new Set<string>()
  const reads = used.map((cache) =>
    startTraffic({
      rate: 200,
      operation: async (n) => {
        if ((await cache.get(keys[n % keys.length]!)) === undefined) absent.add(cache.name)
      },
    }),
  )
  const areRead = (node: LabServer): Promise<unknown> => eventually(() => used.every((cache) => isUp(cache, node)))
  await areRead(empty)
  await startEmpty(lab.folder, empty, primary, 60)
  expect(await empty.command('DBSIZE'), 'keys after the start').toBe(0)
  await areRead(empty)
  expect(await empty.command('DBSIZE'), 'keys while it is connected to and not read').toBe(0)
  await primary.command('CONFIG', 'SET', 'repl-diskless-sync-delay', 0)
  await eventually(async () => (await empty.command('DBSIZE')) === keys.length)
  const before = await callsOf(empty, 'get')
  await eventually(async () => (await callsOf(empty, 'get')) > before + 20)
  const reports = await Promise.all(reads.map((traffic) => traffic.stop()))
  expect([...absent], 'caches that read absent keys').toEqual([])
  expect(reports.map(({ failures }) => [...failures])).toEqual([[], [], []])
})

test('that says so when there is no other, and is read as it is while there is no primary', async ({ lab, make }) => {
  const group = await lab.group({ sentinels: 0 })
  const [primary, ...replicas] = group.nodes as [LabServer, LabServer, LabServer]
  const { list, alone } = make({
    list: { location: group.location, readFrom: 'replica', readYourWrites: 0 },
    alone: { location: replicas.map((node) => `${at(node)}?is_master=0`) },
  })
  await list.set('k', 1)
  await Promise.all(replicas.map((replica) => startEmpty(lab.folder, replica, primary, 60)))
  for (const cache of [list, alone])
    // Before it is connected with both it says that.
    await eventually(async () => {
      const { error } = await rejection(cache.get('k', { deadline: 300 }))
      expect(error).toBeInstanceOf(ReplicaNotFoundError)
      for (const { address } of replicas)
        expect(String(error)).toContain(`replica ${address} has not synced with its primary yet`)
    })
  await primary.kill()
  for (const cache of [list, alone])
    await eventually(async () => (await cache.get('k', { deadline: 300 })) === undefined)
})

const keys = Array.from({ length: 20 }, (_, n) => `key ${n}`)

/**
 * Kills a replica and starts it with nothing on its disk. Its primary waits this long for more replicas before it sends
 * them its data, in s; 5 on a server that is set up no further.
 */
async function startEmpty(folder: string, replica: LabServer, primary: LabServer, delay: number): Promise<void> {
  await primary.command('CONFIG', 'SET', 'repl-diskless-sync', 'yes', 'repl-diskless-sync-delay', delay)
  await replica.kill()
  await rm(join(folder, String(replica.port), 'dump.rdb'), { force: true })
  await replica.start()
}

function isUp(cache: Cache, { address }: LabServer): boolean {
  return cache.topology().nodes.some((node) => node.address === address && node.state === 'up')
}
