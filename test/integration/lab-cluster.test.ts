import { describe, expect } from 'vitest'
import { slotOf } from '../../src/keys/slot.js'
import { eventually, LabError, startTraffic, type LabCluster, type LabServer } from '../../src/lab/index.js'
import { follow, keysIn, NumberedWrites } from '../support/cluster-commands.js'
import { test as base } from '../support/connection.js'

/** Each test leaves three shards of two nodes, in any roles. */
const test = base.extend('cluster', { scope: 'file' }, ({ lab }) => lab.cluster({ proxied: true }))

describe('a cluster of the lab', () => {
  test('starts settled: slots divided evenly, linked replicas, and settings as they ship', async ({ cluster, lab }) => {
    const { nodes } = cluster
    expect(nodes).toHaveLength(6)
    expect(cluster.locations).toEqual(nodes.map(({ address }) => `valkey://${address}`))
    expect(await cluster.primaries()).toEqual(nodes.slice(0, 3))
    for (const [index, primary] of nodes.slice(0, 3).entries())
      expect(await cluster.replicas(primary)).toEqual([nodes[3 + index]])
    expect(await rangesOf(nodes[5] as LabServer)).toEqual(['0-5460', '5461-10922', '10923-16383'])
    const single = await lab.server({ config: { 'cluster-enabled': 'yes' } })
    const asShipped = await Promise.all(shipped.map((name) => setting(single, name)))
    for (const node of nodes) {
      expect(await setting(node, 'cluster-node-timeout')).toBe('2000')
      expect(await Promise.all(shipped.map((name) => setting(node, name)))).toEqual(asShipped)
    }
    for (const node of [...nodes, single]) {
      const bus = Number(await setting(node, 'cluster-port'))
      expect(bus > 20_000 && bus < 32_000, `bus port ${bus} in the range of the lab`).toBe(true)
    }
    await single.kill()
  })

  test('leads clients and replicas through the proxies, and its bus past them', async ({ cluster }) => {
    const [first, , , replica] = cluster.nodes as [LabServer, LabServer, LabServer, LabServer]
    const slots = (await first.command('CLUSTER', 'SLOTS')) as [number, number, ...[string, number][]][]
    const named = slots.flatMap(([, , ...nodes]) => nodes.map(([host, port]) => `${host}:${port}`))
    expect(named.toSorted()).toEqual(cluster.nodes.map(({ address }) => address).toSorted())
    expect(first.proxy.connections({ from: replica })).toBe(1)
    expect(first.proxy.connections()).toBe(1)
    expect(replica.proxy.connections()).toBe(0)
  })

  test('says which node has a key', async ({ cluster }) => {
    const primary = await cluster.primaryOf('user:1')
    await primary.command('SET', 'user:1', 'Ada')
    const [replica] = (await cluster.replicas(primary)) as [LabServer]
    await eventually(async () => (await replica.command('DBSIZE')) === 1)
    await expect(follow(cluster, replica, ['GET', 'user:1'])).resolves.toBe('Ada')
  })

  test('moves slots with all their keys under a writer, and loses none', async ({ cluster }) => {
    const [from, to] = (await cluster.primaries()) as [LabServer, LabServer]
    const full = 5_460
    for (const key of keysIn(full, 250)) await from.command('SET', key, '0')
    const writes = new NumberedWrites(
      cluster,
      [full, 5_401, 5_402].flatMap((slot) => keysIn(slot, 50)),
    )
    const traffic = startTraffic({ rate: 300, operation: (n) => writes.write(n) })
    await eventually(() => traffic.succeeded > 30)
    await cluster.reshard({ slots: 60, from, to })
    const moved = traffic.succeeded
    await eventually(() => traffic.succeeded > moved + 30)
    const { failures, unsettled } = await traffic.stop()
    expect({ failures: [...failures], unsettled, lost: await writes.lost() }).toEqual({
      failures: [],
      unsettled: 0,
      lost: [],
    })
    expect(await rangesOf(to)).toEqual(['0-5400', '5401-10922', '10923-16383'])
    expect(await to.command('CLUSTER', 'COUNTKEYSINSLOT', full)).toBe(250)
    expect(await from.command('CLUSTER', 'COUNTKEYSINSLOT', full)).toBe(0)
  })

  test('moves the slots that are named, and those only of their owner', async ({ cluster }) => {
    const [one, two] = (await cluster.primaries()) as [LabServer, LabServer]
    const from = await cluster.primaryOf('user:1')
    const to = from === one ? two : one
    await cluster.reshard({ slots: [slotOf('user:1')], from, to })
    expect(await cluster.primaryOf('user:1')).toBe(to)
    await expect(cluster.reshard({ slots: [slotOf('user:1')], from, to })).rejects.toThrow(LabError)
    await expect(cluster.reshard({ slots: 0, from, to })).rejects.toThrow(/slots must be from 1 to \d+/)
  })

  test('fails over the primary that is asked for', async ({ cluster }) => {
    const before = await cluster.primaries()
    const [replica] = await cluster.replicas(before[1])
    expect(await cluster.failover(1)).toBe(replica)
    expect(await cluster.primaries()).toEqual([before[0], replica, before[2]])
    expect(await cluster.replicas(replica)).toEqual([before[1]])
    await expect(cluster.failover(3)).rejects.toThrow('There is no primary 3.')
  })

  test('takes in a primary and a replica, and takes them out', async ({ cluster }) => {
    const [first] = (await cluster.primaries()) as [LabServer]
    const primary = await cluster.addNode()
    expect(await cluster.primaries()).toHaveLength(3)
    await first.command('SET', 'kept', 'through all this')
    await cluster.reshard({ slots: 20, from: first, to: primary })
    expect(await cluster.primaries()).toContain(primary)
    const replica = await cluster.addNode({ replicaOf: primary })
    expect(await cluster.replicas(primary)).toEqual([replica])
    expect(cluster.locations).toHaveLength(8)
    await cluster.removeNode(primary)
    expect(await cluster.primaries()).not.toContain(primary)
    expect(await cluster.replicas(first)).toContain(replica)
    await cluster.removeNode(replica)
    expect(await knownTo(cluster)).toEqual(Array(6).fill(6))
    expect([primary.state, replica.state]).toEqual(['stopped', 'stopped'])
  })

  test('fails over a primary that is down, and takes it back as a replica', async ({ cluster }) => {
    const [primary] = (await cluster.primaries()) as [LabServer]
    await primary.kill()
    const replacement = await cluster.failover(0)
    expect((await cluster.primaries())[0]).toBe(replacement)
    await primary.start()
    await cluster.settled()
    expect(await cluster.replicas(replacement)).toEqual([primary])
  })
})

/** What the lab changes while a cluster starts; not every server has all of them. */
const shipped = ['cluster-require-full-coverage', 'cluster-ping-interval', 'cluster-replica-no-failover']

async function setting(server: LabServer, name: string): Promise<string | undefined> {
  return ((await server.command('CONFIG', 'GET', name)) as Map<string, string>).get(name)
}

/** The slots of each primary, as a node has them, by the lowest. */
async function rangesOf(server: LabServer): Promise<string[]> {
  const lines = String(await server.command('CLUSTER', 'NODES'))
    .trim()
    .split('\n')
  const ranges = lines.flatMap((line) => line.split(' ').slice(8).join(' ') || [])
  return ranges.toSorted((one, other) => Number.parseInt(one) - Number.parseInt(other))
}

/** How many nodes each node knows. */
function knownTo({ nodes }: LabCluster): Promise<number[]> {
  const count = async (node: LabServer): Promise<number> =>
    String(await node.command('CLUSTER', 'NODES'))
      .trim()
      .split('\n').length
  return Promise.all(nodes.map(count))
}
