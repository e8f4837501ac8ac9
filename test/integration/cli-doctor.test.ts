import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import type { Finding } from '../../src/cli/doctor/check.js'
import { resolveConnectionOptions } from '../../src/connection/options.js'
import { RespConnectionFactory } from '../../src/connection/resp/factory.js'
import type { CacheOptions } from '../../src/index.js'
import { eventually, type LabGroup, type LabServer } from '../../src/lab/index.js'
import { wallClock, type Clock } from '../../src/units.js'
import { test as base, under } from '../support/caches.js'
import { makeAuthority, makeCertificate } from '../support/certificates.js'
import { targetOf } from '../support/cluster.js'
import { commandJson, commandLine, wrongWith } from '../support/command-line.js'

const healthy = { 'min-replicas-to-write': '1', maxmemory: '64mb' }

const test = base.extend('group', { scope: 'file' }, ({ lab }) =>
  lab.group({ downAfter: 60_000, config: { ...healthy, 'enable-protected-configs': 'yes' } }),
)

/** A cache whose writes outlast a failover of the group, which no stall of this machine may cause. */
const of = (group: LabGroup, options?: CacheOptions): CacheOptions => under(group, { writeDeadline: '70s', ...options })

/** A fault, what undoes it, and the check that is to find it. */
interface Fault {
  readonly check: string
  readonly level: 'warn' | 'fail'
  /** Breaks something; resolves with what mends it. */
  readonly make?: (group: LabGroup) => Promise<() => unknown>
  /** Options of the cache in which the fault is, or with which it shows. */
  readonly options?: (group: LabGroup) => CacheOptions
  readonly clock?: Clock
}

const faults: Readonly<Record<string, Fault>> = {
  'a sentinel is gone': {
    check: 'sentinels-answer',
    level: 'fail',
    make: async ({ sentinels }) => {
      await sentinels[2]!.kill()
      return () => sentinels[2]!.start()
    },
  },
  'a node is frozen, and the sentinels have not noticed': {
    check: 'addresses-reachable',
    level: 'fail',
    make: async ({ nodes }) => {
      nodes[2]!.pause()
      return () => nodes[2]!.resume()
    },
  },
  'an announced address cannot be reached from here': {
    check: 'addresses-reachable',
    level: 'fail',
    options: ({ nodes }) => ({ sentinelOptions: { addressMap: { [nodes[1]!.address]: '127.0.0.1:1' } } }),
  },
  'the quorum is more than there are': {
    check: 'quorum',
    level: 'fail',
    make: (group) => sentinelSetting(group, group.sentinels, 'quorum', 5, 2),
  },
  'one sentinel has other settings': {
    check: 'sentinel-settings',
    level: 'warn',
    make: (group) => sentinelSetting(group, group.sentinels.slice(0, 1), 'failover-timeout', 60_000, 5_000),
  },
  'a failover takes longer than writes wait': {
    check: 'failover-time',
    level: 'warn',
    options: () => ({ writeDeadline: '2s' }),
  },
  'the password is wrong': {
    check: 'credentials',
    level: 'fail',
    options: () => ({ username: 'nobody', password: 'not the one' }),
  },
  'a replica has lost its primary': {
    check: 'replicas-linked',
    level: 'fail',
    make: async ({ nodes: [primary, replica] }) => {
      await replica!.command('REPLICAOF', '127.0.0.1', '1')
      return () => replica!.command('REPLICAOF', primary!.host, primary!.port)
    },
  },
  'no replica may be promoted': {
    check: 'candidates',
    level: 'fail',
    make: ({ nodes }) => setting(nodes.slice(1), 'replica-priority', '0', '100'),
  },
  'a replica accepts writes': {
    check: 'replicas-read-only',
    level: 'warn',
    make: ({ nodes }) => setting(nodes.slice(1, 2), 'replica-read-only', 'no', 'yes'),
  },
  'a primary that is cut off goes on': {
    check: 'split-brain',
    level: 'warn',
    make: ({ nodes }) => setting(nodes.slice(0, 1), 'min-replicas-to-write', '0', '1'),
  },
  'the primary wants more replicas than there are': {
    check: 'split-brain',
    level: 'fail',
    make: ({ nodes }) => setting(nodes.slice(0, 1), 'min-replicas-to-write', '3', '1'),
  },
  'what is known of tags may be evicted': {
    check: 'eviction',
    level: 'warn',
    make: ({ nodes }) => setting(nodes, 'maxmemory-policy', 'allkeys-lru', 'noeviction'),
    options: () => ({ grace: '1m' }),
  },
  'a server has no bound on its memory': {
    check: 'memory-limit',
    level: 'warn',
    make: ({ nodes }) => setting(nodes.slice(0, 1), 'maxmemory', '0', '64mb'),
  },
  'a server is nearly full': {
    check: 'headroom',
    level: 'fail',
    make: async ({ nodes }) =>
      setting(nodes.slice(0, 1), 'maxmemory', String(Math.floor((await usedBy(nodes[0]!)) * 0.9)), '64mb'),
  },
  'our user may not run scripts': {
    check: 'rights',
    level: 'fail',
    make: async ({ nodes }) => {
      for (const node of nodes)
        await node.command('ACL', 'SETUSER', 'shop', 'on', '>secret', '~*', '&*', '+@all', '-eval', '-evalsha')
      return () => Promise.all(nodes.map((node) => node.command('ACL', 'DELUSER', 'shop')))
    },
    options: () => ({ username: 'shop', password: 'secret' }),
  },
  'the clock of this host is wrong': {
    check: 'clocks',
    level: 'warn',
    clock: { now: () => wallClock.now() + 10_000 },
  },
  'a process leaks connections': {
    check: 'clients',
    level: 'warn',
    make: ({ nodes }) => manyConnections(nodes[0]!, 'shop', 60),
    options: () => ({ clientName: 'shop' }),
  },
  'a server is nearly out of connections': {
    check: 'clients',
    level: 'fail',
    make: async ({ nodes }) => {
      const mend = await setting(nodes.slice(0, 1), 'maxclients', '200', '10000')
      const close = await manyConnections(nodes[0]!, 'other', 187)
      return async () => {
        await close()
        await mend()
      }
    },
  },
  'a server cannot save': {
    check: 'persistence',
    level: 'fail',
    make: ({ nodes }) => cannotSave(nodes[2]!),
  },
}

describe('the doctor finds', () => {
  test('nothing wrong with a group that is well', async ({ group }) => {
    expect(await wrongWith(of(group, { clientName: 'shop' }))).toEqual([])
  })

  test.for(Object.entries(faults))('%s', async ([, { make, options, clock, check, level }], { group }) => {
    const mend = await make?.(group)
    try {
      const found = await wrongWith(of(group, options?.(group)), clock)
      expect(found).toContainEqual(expect.objectContaining({ check, level }))
      for (const { message, advice } of found) {
        expect(message).not.toMatch(/secret|not the one/)
        expect(advice).toMatch(/\w{3}/)
      }
    } finally {
      await mend?.()
    }
  })

  test('nothing wrong once all that is mended', async ({ group }) => {
    await group.settled()
    expect(await wrongWith(of(group, { clientName: 'shop' }))).toEqual([])
  })

  test('that a sentinel does not know the service, and then that it names another primary', async ({ group }) => {
    const { serviceName, sentinels, nodes } = group
    await sentinels[0]!.command('SENTINEL', 'REMOVE', serviceName)
    const unknown = { check: 'service-known', level: 'fail', subjects: [sentinels[0]!.address] }
    expect(await wrongWith(of(group))).toContainEqual(expect.objectContaining(unknown))
    await sentinels[0]!.command('SENTINEL', 'MONITOR', serviceName, nodes[1]!.host, nodes[1]!.port, 2)
    const found = await wrongWith(of(group))
    expect(found).toContainEqual(expect.objectContaining({ check: 'sentinels-agree', level: 'fail' }))
  })
})

describe('of other servers it finds', () => {
  test('a certificate that ends in two days', async ({ lab }) => {
    const folder = await mkdtemp(join(tmpdir(), 'valkey-cache-doctor-'))
    const authority = await makeAuthority(folder, 'authority')
    const certificate = await makeCertificate(folder, authority, 'IP:127.0.0.1')
    const tls = { ...certificate, caFile: authority.certFile }
    const { nodes } = await lab.group({ tls, replicas: 0, sentinels: 0, config: { maxmemory: '64mb' } })
    const options = { location: `valkeys://${nodes[0]!.address}`, tls: { ca: authority.certFile } }
    expect(await wrongWith(options)).toEqual([expect.objectContaining({ check: 'certificates', level: 'warn' })])
    await rm(folder, { recursive: true })
  })
})

describe('of a server alone it finds', () => {
  test('that it is a replica, which refuses writes', async ({ group }) => {
    const location = `valkey://${group.nodes[1]!.address}`
    expect(await wrongWith({ location })).toContainEqual(expect.objectContaining({ check: 'roles', level: 'fail' }))
    const reading = await wrongWith({ location: `${location}?role=replica` })
    expect(reading.filter(({ check }) => check === 'roles')).toEqual([])
    const other = await wrongWith({ location: `valkey://${group.nodes[0]!.address}?role=replica` })
    expect(other).toContainEqual(expect.objectContaining({ check: 'roles', level: 'fail' }))
  })
})

describe('the command', () => {
  interface Report {
    readonly exit: number
    readonly findings: readonly Finding[]
  }

  test('exits with 0 for warnings, with --strict with 1, and says what to do', async ({ server }) => {
    const args = ['doctor', '--location', `valkey://${server.address}`]
    const { code, findings } = await commandJson<Report>(args)
    expect(findings.filter(({ level }) => level !== 'ok').map(({ check }) => check)).toEqual(['memory-limit'])
    expect(code).toBe(0)
    expect((await commandLine([...args, '--strict'])).code).toBe(1)
    const { out } = await commandLine(args)
    expect(out).toMatch(/warn {2}memory-limit +127\S+: maxmemory is not set.*\n +→ set maxmemory/)
    expect(out).toMatch(/\d+ ok, 1 warning, 0 failures/)
  })

  test('exits with 1 for a failure, and with 2 where nothing answers', async ({ ownServer }) => {
    const args = ['doctor', '--location', `valkey://${ownServer.address}`]
    await ownServer.command('CONFIG', 'SET', 'requirepass', 'secret')
    expect((await commandLine(args)).code).toBe(2)
    expect((await commandLine(args, { env: { VALKEY_CACHE_PASSWORD: 'secret' } })).code).toBe(0)
    await ownServer.kill()
    expect((await commandLine(args)).code).toBe(2)
  })
})

async function setting(
  nodes: readonly LabServer[],
  name: string,
  wrong: string,
  right: string,
): Promise<() => unknown> {
  const set = (value: string): Promise<unknown> =>
    Promise.all(nodes.map((node) => node.command('CONFIG', 'SET', name, value)))
  await set(wrong)
  return () => set(right)
}

async function sentinelSetting(
  { serviceName }: LabGroup,
  sentinels: readonly LabServer[],
  name: string,
  wrong: number,
  right: number,
): Promise<() => unknown> {
  const set = (value: number): Promise<unknown> =>
    Promise.all(sentinels.map((sentinel) => sentinel.command('SENTINEL', 'SET', serviceName, name, value)))
  await set(wrong)
  return () => set(right)
}

async function usedBy(server: LabServer): Promise<number> {
  const [, used = '0'] = /^used_memory:(\d+)/m.exec(String(await server.command('INFO', 'memory'))) ?? []
  return Number(used)
}

async function manyConnections(server: LabServer, clientName: string, count: number): Promise<() => Promise<void>> {
  const factory = new RespConnectionFactory(resolveConnectionOptions({ clientName }, String))
  const open = () => factory.connect(targetOf(server), undefined, new AbortController().signal)
  const connections = await Promise.all(Array.from({ length: count }, open))
  return async () => void (await Promise.all(connections.map((connection) => connection.close())))
}

/** Takes the folder of a server away from under it. */
async function cannotSave(server: LabServer): Promise<() => Promise<unknown>> {
  const before = (await server.command('CONFIG', 'GET', 'dir')) as Map<string, string>
  const folder = await mkdtemp(join(tmpdir(), 'valkey-cache-gone-'))
  const save = async (dir: string, outcome: string): Promise<void> => {
    await server.command('CONFIG', 'SET', 'dir', dir)
    if (outcome === 'err') await rm(folder, { recursive: true })
    await server.command('BGSAVE')
    await eventually(async () => {
      const info = String(await server.command('INFO', 'persistence'))
      return info.includes(`rdb_last_bgsave_status:${outcome}`) && info.includes('rdb_bgsave_in_progress:0')
    })
  }
  await save(folder, 'err')
  return () => save(before.get('dir') ?? tmpdir(), 'ok')
}
