import { describe, expect } from 'vitest'
import { set } from '../../src/clients/commands/strings.js'
import { AuthenticationError, ClusterUnreachableError, ConfigurationError } from '../../src/errors.js'
import { eventually, type LabCluster, type LabServer } from '../../src/lab/index.js'
import type { NodeTarget } from '../../src/connection/connection.js'
import { slotOf } from '../../src/keys/slot.js'
import { callsOf, test as base } from '../support/caches.js'
import { clientOf, WatchedSource, WayToNodes } from '../support/cluster-source.js'
import { RoleWatch } from '../support/role-watch.js'
import { Stopwatch } from '../support/stopwatch.js'

/** Tests with a cluster of three shards for the file, and sources that end with the test. */
const test = base
  .extend('cluster', { scope: 'file' }, ({ lab }) => lab.cluster())
  // oxlint-disable-next-line no-empty-pattern -- vitest reads a fixture's needs from this pattern
  .extend('look', ({}, { onCleanup }) => {
    const made: WatchedSource[] = []
    onCleanup(() => made.forEach(({ provider }) => provider.destroy()))
    return (...arguments_: ConstructorParameters<typeof WatchedSource>): WatchedSource => {
      const source = new WatchedSource(...arguments_)
      made.push(source)
      return source
    }
  })

const slot = slotOf('k')

describe('from one seed', () => {
  test('comes the whole map: primaries, replicas and slots', async ({ cluster, look }) => {
    await cluster.settled()
    const source = look(cluster.nodes.slice(0, 1))
    const { shards } = await source.map()
    const primaries = await cluster.primaries()
    expect(shards.map(({ primary }) => primary?.port)).toStrictEqual(primaries.map(({ port }) => port))
    expect(shards.flatMap(({ replicas }) => replicas)).toHaveLength(3)
    expect(shards.flatMap(({ slots }) => slots)).toHaveLength(3)
    expect(source.provider.nodeTimeout).toBe(2_000)
    expect(source.events).toStrictEqual([])
  })

  test('and from CLUSTER SLOTS where CLUSTER SHARDS is refused', async ({ cluster, look }) => {
    await everywhere(cluster, 'ACL', 'SETUSER', 'half', 'on', '>p', '+@all', '-cluster|shards', '~*')
    const whole = await look(cluster.nodes).map()
    const half = await look(cluster.nodes, new WayToNodes({ username: 'half', password: 'p' })).map()
    expect(slotsOf(half)).toStrictEqual(slotsOf(whole))
  })

  test('or what our user has to be allowed where both are', async ({ cluster, look }) => {
    await everywhere(cluster, 'ACL', 'SETUSER', 'none', 'on', '>p', '+@all', '-cluster', '~*')
    const { errors } = look(cluster.nodes, new WayToNodes({ username: 'none', password: 'p' }))
    const error = await eventually(() => errors[0] ?? false)
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error.message).toMatch(/CLUSTER SHARDS was refused: NOPERM/)
  })
})

describe('seeds that lead nowhere', () => {
  test('are all named in the error, with what is wrong with each', async ({ look }) => {
    const { errors } = look([1, 2].map((port) => ({ host: '127.0.0.1', port })))
    const error = await eventually(() => errors[0] ?? false)
    expect(error).toBeInstanceOf(ClusterUnreachableError)
    expect(error.message).toMatch(/No node of the cluster at 127.0.0.1:1,127.0.0.1:2 answers/)
    expect(error.message).toMatch(/\(127.0.0.1:[12].*127.0.0.1:[12]/)
  })

  test('a server without a cluster says which client to use', async ({ lab, look }) => {
    const error = await mistake(look([await lab.server()]))
    expect(error).toMatchObject({ path: 'caches.default.location' })
    expect(error.message).toMatch(/without a cluster \(cluster-enabled no\); use client: 'default'/)
  })

  test('so does a sentinel', async ({ lab, look }) => {
    const { sentinels } = await lab.group({ replicas: 0, sentinels: 1 })
    const error = await mistake(look(sentinels))
    expect(error.message).toMatch(/is a sentinel; name it in sentinels with client: 'sentinel'/)
  })
})

describe('the map is kept', () => {
  test('when the seeds are gone: other nodes are asked', async ({ cluster, look }) => {
    const way = new WayToNodes()
    const [seed] = cluster.nodes as [LabServer]
    way.names.set('seed:6379', seed)
    const source = look([{ host: 'seed', port: 6379 }], way)
    await source.map()
    way.cut.add('seed:6379')
    const before = await requests(cluster)
    await source.provider.look()
    expect(await requests(cluster)).toBeGreaterThan(before)
  })

  test('when all nodes have other addresses by now: a seed by name finds them', async ({ cluster, look }) => {
    const way = new WayToNodes()
    const [one, two] = cluster.nodes as [LabServer, LabServer]
    way.names.set('seed:6379', one)
    const source = look([{ host: 'seed', port: 6379 }], way)
    await source.map()
    for (const { address } of cluster.nodes) way.cut.add(address)
    way.names.set('seed:6379', two)
    const before = await requests(cluster)
    await source.provider.look()
    expect(await requests(cluster)).toBe(before + 1)
  })

  test('when half of the nodes cannot be reached: the others tell it', async ({ cluster, look }) => {
    const way = new WayToNodes()
    const source = look(cluster.nodes, way)
    const shard = await source.shardOf(slot)
    for (const { address } of cluster.nodes.slice(0, 3)) way.cut.add(address)
    await source.provider.look()
    expect(source.provider.shard(shard.id).current?.quorate).toBe(true)
    for (const { address } of cluster.nodes) way.cut.add(address)
    await source.provider.look()
    expect(source.provider.shard(shard.id).current?.quorate).toBe(false)
    expect(source.provider.current?.shards).toHaveLength(3)
    way.cut.clear()
    await source.provider.look()
    expect(source.provider.shard(shard.id).current?.quorate).toBe(true)
  })
})

describe('a planned failover', () => {
  test('is known from one MOVED at once, and confirmed by three questions at most', async ({ cluster, look }) => {
    await cluster.settled()
    const source = look(cluster.nodes)
    const { provider } = source
    const shard = await source.shardOf(slot)
    const [from, to] = [shard.primary, shard.replicas[0]]
    if (from === undefined || to === undefined) throw new Error('no replica')
    const view = provider.shard(shard.id)
    const before = await requests(cluster)
    const next = serverAt(cluster, to.port)
    await next.command('CLUSTER', 'FAILOVER')
    await eventually(async () => ((await next.command('ROLE')) as unknown[])[0] === 'master')
    for (let count = 1; count <= 100; count++) provider.moved(slot, to, `127.0.0.1:${from.port}`)
    expect(view.current).toMatchObject({ primary: to, replicas: [from], provisional: true })
    expect((await source.shardOf(slot)).id).toBe(shard.id)
    await eventually(() => view.current?.provisional === false)
    expect((await requests(cluster)) - before).toBeLessThanOrEqual(3)
    await cluster.settled()
    expect(source.events).toStrictEqual([])
  })
})

describe('a primary in trouble whose replica says that it is primary, and serves no slots', () => {
  test('does not keep the map from being looked for', async ({ cluster, look }) => {
    await cluster.settled()
    const source = look(cluster.nodes)
    const { id, replicas } = await source.shardOf(slot)
    const shard = source.provider.shard(id)
    shard.suspect(source, true)
    const before = await shardsAsked(cluster)
    const saying = setInterval(() => shard.promote(replicas[0] as NodeTarget), 20)
    try {
      await eventually(async () => (await shardsAsked(cluster)) >= before + 3)
    } finally {
      clearInterval(saying)
    }
    expect(shard.current?.provisional).toBe(false)
  })
})

describe('a primary that is killed', () => {
  test('is replaced within 150 ms of the promotion, by one question a second', async ({ cluster, look }) => {
    await cluster.settled()
    const [way, killed] = [new WayToNodes(), await cluster.primaryOf('k')]
    const source = look(cluster.nodes, way)
    const shard = await source.shardOf(slot)
    const client = clientOf(source, shard, way)
    await client.execute(set('k', '1', { ttl: undefined }))
    const [before, watch] = [await requests(cluster), RoleWatch.start(await cluster.replicas(killed), killed)]
    using stopwatch = new Stopwatch()
    await killed.kill()
    await client.execute(set('k', '2', { ttl: undefined }))
    const [written, answered] = [stopwatch.elapsed(), performance.now()]
    const asked = (await requests(cluster)) - before
    const [promotion] = await watch.stop()
    if (promotion === undefined) throw new Error('nobody was promoted')
    expect(stopwatch.elapsed(answered) - stopwatch.elapsed(promotion.at)).toBeLessThanOrEqual(150)
    expect(asked).toBeLessThanOrEqual(3 * Math.ceil(written / 1_000))
    await eventually(() => source.provider.shard(shard.id).current?.provisional === false)
    await client.close()
    await killed.start()
  })
})

/** The first error that is one of the configuration; before it a server may have been too slow to answer in time. */
function mistake({ errors }: WatchedSource): Promise<Error> {
  return eventually(() => errors.find((error) => error instanceof ConfigurationError) ?? false)
}

/** How often the live nodes were asked for the map. */
async function requests(cluster: LabCluster): Promise<number> {
  const live = cluster.nodes.filter(({ state }) => state === 'running')
  const counts = await Promise.all(
    live.flatMap((node) => [callsOf(node, 'cluster\\|shards'), callsOf(node, 'cluster\\|slots')]),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}

/** How often the nodes were asked by CLUSTER SHARDS. */
async function shardsAsked({ nodes }: LabCluster): Promise<number> {
  const counts = await Promise.all(nodes.map((node) => callsOf(node, 'cluster\\|shards')))
  return counts.reduce((sum, count) => sum + count, 0)
}

async function everywhere(cluster: LabCluster, ...command: readonly string[]): Promise<void> {
  await Promise.all(cluster.nodes.map((node) => node.command(...command)))
}

function serverAt(cluster: LabCluster, port: number): LabServer {
  const server = cluster.nodes.find((node) => node.port === port)
  if (server === undefined) throw new Error(`no node at port ${port}`)
  return server
}

function slotsOf({ shards }: Awaited<ReturnType<WatchedSource['map']>>): unknown {
  return shards.map(({ primary, slots }) => [primary, slots])
}
