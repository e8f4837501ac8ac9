import { describe, expect, vi } from 'vitest'
import {
  CommandError,
  ConfigurationError,
  readFrom,
  type Cache,
  type CacheOptions,
  type Logger,
  type ReadFrom,
} from '../../src/index.js'
import { eventually, type Lab, type LabServer } from '../../src/lab/index.js'
import { at, callsOf, test as base, under, type MakeCaches } from '../support/caches.js'
import { rejection } from '../support/rejection.js'

/** A primary and two replicas, each in a zone of its own where servers know zones. */
interface Deployment {
  readonly options: CacheOptions
  readonly nodes: readonly LabServer[]
}

const zones = ['eu-1a', 'eu-1b', 'eu-1c']
/** Of caches whose readers are counted: a read that takes long on a busy machine asks no other node as well. */
const attemptTimeout = '5s'

const test = base
  .extend('list', { scope: 'file' }, async ({ lab }): Promise<Deployment> => {
    const { location, nodes } = await lab.group({ sentinels: 0 })
    return zoned(lab, { options: { location, attemptTimeout }, nodes })
  })
  .extend('sentinel', { scope: 'file' }, async ({ lab }): Promise<Deployment> => {
    const config = { 'min-replicas-to-write': '1' }
    // One sentinel takes no busy primary for a dead one, which would change who reads.
    const group = await lab.group({ sentinels: 1, steady: false, downAfter: 60_000, config })
    return zoned(lab, { options: { ...under(group), attemptTimeout }, nodes: group.nodes })
  })
  .extend('cluster', { scope: 'file' }, async ({ lab }): Promise<Deployment> => {
    const { locations: location, nodes } = await lab.cluster({ shards: 1, replicas: 2 })
    return zoned(lab, { options: { client: 'cluster', location, attemptTimeout }, nodes })
  })

/** Redis has no such setting. */
async function zoned({ software }: Lab, deployment: Deployment): Promise<Deployment> {
  if (software === 'valkey') await Promise.all(deployment.nodes.map((node, index) => move(node, zones[index] ?? '')))
  return deployment
}

async function move(node: LabServer, zone: string): Promise<void> {
  await node.command('CONFIG', 'SET', 'availability-zone', zone)
}

/** Which of the nodes that run answer 20 reads, by their numbers. */
async function readersOf(nodes: readonly LabServer[], read: () => Promise<unknown>): Promise<readonly number[]> {
  const counts = (): Promise<number[]> =>
    Promise.all(nodes.map(async (node) => (node.state === 'running' ? callsOf(node, 'exists') : 0)))
  const before = await counts()
  for (let count = 0; count < 20; count++) await read()
  const after = await counts()
  return [...nodes.keys()].filter((index) => after[index] !== before[index])
}

/** A cache that has just been made reads from what it is connected to; once it reads from these, it goes on with them. */
async function expectReaders(
  nodes: readonly LabServer[],
  cache: Cache,
  expected: readonly number[],
  from?: ReadFrom,
): Promise<void> {
  const read = (): Promise<boolean> => cache.has('never written', { readFrom: from })
  await eventually(async () => expect(await readersOf(nodes, read)).toStrictEqual(expected))
  expect(await readersOf(nodes, read)).toStrictEqual(expected)
}

const replicas = [1, 2]

/** A logger, and what it was warned of so far. */
function listening(): { readonly logger: Logger; readonly warnings: () => readonly unknown[] } {
  const logger = { warn: vi.fn<Logger['warn']>(), error: vi.fn<Logger['error']>() }
  return { logger, warnings: () => logger.warn.mock.calls.map(([message]) => message) }
}

/** Each of three zones is answered by its own node, and a zone without one by the replicas. */
async function expectOwnZones({ options, nodes }: Deployment, make: MakeCaches, { software }: Lab): Promise<void> {
  for (const [index, zone] of [...zones, 'nowhere'].entries()) {
    const { cache } = make({ cache: { ...options, zone, readFrom: 'zone' } })
    await expectReaders(nodes, cache, software === 'valkey' && zone !== 'nowhere' ? [index] : replicas)
  }
}

describe('a cache that reads from its zone is answered there, by the primary too, and elsewhere by replicas', () => {
  test('in a list', ({ list, make, lab }) => expectOwnZones(list, make, lab))
  test('under Sentinel', ({ sentinel, make, lab }) => expectOwnZones(sentinel, make, lab))
  test('in a cluster', ({ cluster, make, lab }) => expectOwnZones(cluster, make, lab))
})

describe('a cache that reads from its zone', () => {
  test('goes on as with replicaPreferred without servers that know zones, and says so once, if a call asks for it; then in order, as servers go', async ({
    lab,
    make,
  }) => {
    const { location, nodes } = await lab.group({ sentinels: 0 })
    const { logger, warnings } = listening()
    const { unaware } = make({ unaware: { location, attemptTimeout, zone: 'a', readFrom: 'zone', logger } })
    await expectReaders(nodes, unaware, replicas)
    await expectReaders(nodes, unaware, [0], 'primary')
    const advice = expect.stringMatching(/tells no availability zone.*readFrom\.subnet/)
    expect(warnings()).toStrictEqual([advice])
    await unaware.close()

    const other = listening()
    const { late } = make({ late: { location, attemptTimeout, zone: 'a', logger: other.logger } })
    await expectReaders(nodes, late, replicas)
    expect(other.warnings()).toStrictEqual([])
    await expectReaders(nodes, late, replicas, 'zone')
    expect(other.warnings()).toStrictEqual([advice])
    await late.close()

    const knowsZones = lab.software === 'valkey'
    if (knowsZones) await Promise.all(['a', 'a', 'b'].map((zone, index) => move(nodes[index] as LabServer, zone)))
    const { aware } = make({ aware: { location, attemptTimeout, zone: 'a', readFrom: 'zone' } })
    await expectReaders(nodes, aware, knowsZones ? [1] : replicas)
    await nodes[1]?.kill()
    await expectReaders(nodes, aware, knowsZones ? [0] : [2])
    await nodes[0]?.kill()
    await expectReaders(nodes, aware, [2])
    await nodes[2]?.kill()
  })
})

async function expectRefusals(options: CacheOptions, make: MakeCaches): Promise<void> {
  const { cache } = make({ cache: options })
  await cache.set('k', 1)
  const own = { readFrom: 'zone' } as const
  const pages = async (): Promise<void> => {
    for await (const key of cache.iterKeys('*', own)) expect(key).toBeDefined()
  }
  for (const read of [cache.get('k', own), cache.has('other', own), cache.getMany(['k', 'other'], own), pages()]) {
    const { error } = await rejection(read)
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(String(error)).toMatch(/readFrom: 'zone' needs the option zone of the cache/)
  }
}

describe("a call's readFrom", () => {
  test("may be 'zone' where the cache has one", async ({ sentinel: { options, nodes }, make, lab }) => {
    const { cache } = make({ cache: { ...options, zone: 'eu-1a' } })
    await expectReaders(nodes, cache, lab.software === 'valkey' ? [0] : replicas, 'zone')
    await expectReaders(nodes, cache, replicas)
  })

  const refused = "is refused always when it is 'zone' and the cache has none"
  test(`${refused}, in a list`, ({ list, make }) => expectRefusals(list.options, make))
  test(`${refused}, in a cluster`, ({ cluster, make }) => expectRefusals(cluster.options, make))
  test(`${refused}, of one server`, ({ server, make }) => expectRefusals({ location: at(server) }, make))

  test('may be a function, which is told the zones', async ({ list: { options, nodes }, make, lab }) => {
    const { cache } = make({ cache: options })
    const inZone: ReadFrom = (candidates) => candidates.find(({ zone }) => zone === 'eu-1c') ?? candidates[0]
    if (lab.software === 'valkey') await expectReaders(nodes, cache, [2], inZone)
    const told = new Set<string | undefined>()
    const noting: ReadFrom = (candidates) => {
      for (const { zone } of candidates) told.add(zone)
      return candidates[0]
    }
    await eventually(async () => {
      await cache.has('k', { readFrom: noting })
      for (const zone of lab.software === 'valkey' ? zones : [undefined]) expect(told).toContain(zone)
    })
  })
})

describe('the zone of a node', () => {
  test('is in the topology, and known anew with the next connection', async ({ ownServer, make, lab }) => {
    const known = lab.software === 'valkey'
    if (known) await move(ownServer, 'eu-1a')
    const { cache } = make({ cache: { location: at(ownServer) } })
    const zone = (): string | undefined => cache.topology().nodes[0]?.zone
    await cache.get('k')
    await eventually(() => expect(zone()).toBe(known ? 'eu-1a' : undefined))
    if (known) await move(ownServer, '')
    await ownServer.command('CLIENT', 'KILL', 'TYPE', 'normal')
    await eventually(() => expect(zone()).toBeUndefined())
    expect(await cache.get('k')).toBeUndefined()
  })
})

test('a user who may not ask INFO reads in its zone where HELLO tells zones, else as with replicaPreferred', async ({
  list: { options, nodes },
  make,
}) => {
  for (const node of nodes) await node.command('ACL', 'SETUSER', 'app', 'on', '>p', '~*', '&*', '+@all', '-info')
  const { logger, warnings } = listening()
  const user = { username: 'app', password: 'p', zone: 'eu-1b', readFrom: 'zone', logger } as const
  const { cache } = make({ cache: { ...options, ...user } })
  const [, version = ''] = /^valkey_version:(\S+)/m.exec(String(await nodes[0]?.command('INFO', 'server'))) ?? []
  const told = Number.parseFloat(version) >= 8.1
  await expectReaders(nodes, cache, told ? [1] : replicas)
  expect(warnings()).toStrictEqual(told ? [] : [expect.stringMatching(/before 8\.1 our user needs \+info/)])
})

test('a server that was busy when it was asked for its zone is asked again, also if it tells no role', async ({
  ownServer,
  make,
  lab,
}) => {
  if (lab.software === 'valkey') await move(ownServer, 'eu-1a')
  await ownServer.command('ACL', 'SETUSER', 'app', 'on', '>p', '~*', '&*', '+@all', '-role')
  await ownServer.command('CONFIG', 'SET', 'busy-reply-threshold', '1')
  const location = at(ownServer)
  const { cache, other } = make({
    cache: { location, username: 'app', password: 'p', readDeadline: '50ms' },
    other: { location },
  })
  await other.ping()
  const endless = rejection(ownServer.ask(['EVAL', 'while true do end', '0'], 20_000))
  await eventually(async () => expect((await rejection(cache.get('k'))).error).toBeInstanceOf(CommandError))
  await other.command(['SCRIPT', 'KILL'], { intent: 'write' })
  await endless
  await eventually(async () => {
    await cache.get('k')
    expect(cache.topology().nodes[0]?.zone).toBe(lab.software === 'valkey' ? 'eu-1a' : undefined)
  })
})

describe('readFrom.subnet', () => {
  test('goes by the addresses at which nodes are connected, by name or not', async ({ lab, make }) => {
    const { nodes } = await lab.group({ sentinels: 0, config: { bind: '127.0.0.1 127.0.0.2' } })
    const at = (host: string, index: number): string => `valkey://${host}:${nodes[index]?.port}`
    const named = [at('127.0.0.2', 0), at('localhost', 1), at('127.0.0.2', 2)]
    const { cache } = make({ cache: { location: named, attemptTimeout } })
    await expectReaders(nodes, cache, [1], readFrom.subnet('127.0.0.1/32'))
    await expectReaders(nodes, cache, [2], readFrom.subnet(['127.0.0.2/32', '::1/128']))
    await expectReaders(nodes, cache, replicas, readFrom.subnet('10.1.0.0/16'))
    await Promise.all(nodes.map((node) => node.kill()))
  })
})
