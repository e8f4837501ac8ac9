import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { examine, verdictOf, type Finding } from '../../src/cli/doctor/check.js'
import { allChecks } from '../../src/cli/doctor/checks/all.js'
import { rightsOf, sentinelRightsOf } from '../../src/cli/doctor/checks/rights.js'
import { remoteOf } from '../../src/cli/target/target.js'
import type { Facts, NodeFacts, SentinelFacts } from '../../src/cli/look/facts.js'
import type { NodeTold } from '../../src/cli/look/node.js'
import type { SentinelView } from '../../src/cli/look/sentinel.js'
import { statusOf } from '../../src/cli/status/report.js'
import { statusLines } from '../../src/cli/status/screen.js'
import { resolveCache } from '../../src/config/resolve.js'
import type { Role } from '../../src/connection/connection.js'
import type { CacheOptions } from '../../src/index.js'
import type { ClusterView } from '../../src/topology/cluster/view.js'
import type { ReplicaView } from '../../src/topology/sentinel/replies.js'

const at = Date.parse('2026-01-01')
const reached = {
  state: 'up',
  problem: undefined,
  roundTrip: 1,
  ahead: 0,
  pending: 0,
  certificate: undefined,
} as const

const options: CacheOptions = { location: 'valkey://shop/0', client: 'sentinel', sentinels: ['10.0.0.9:1'] }
const resolved = resolveCache('default', options, {})
const remote = remoteOf({ name: 'default', resolved })

const info = { maxmemory: '1000', used_memory: '1', maxclients: '100', connected_clients: '1' }

function node(host: string, told: Partial<NodeTold>, more: Partial<NodeFacts> = {}): NodeFacts {
  const usual: NodeTold = {
    role: undefined,
    software: { name: 'Valkey', version: '8.0.1' },
    info: new Map(Object.entries(info)),
    settings: new Map([['min-replicas-to-write', '1']]),
    cluster: undefined,
    clients: [],
    refused: [],
  }
  const [address, target] = [`${host}:1`, { host, port: 1 }]
  return { ...reached, address, target, told: { ...usual, ...told }, ...more }
}

const primary = (told: Partial<NodeTold> = {}, more: Partial<NodeFacts> = {}): NodeFacts =>
  node('10.0.0.1', { role: { role: 'primary', offset: 100, replicas: ['10.0.0.2:1'] }, ...told }, more)
const replica = (told: Partial<NodeTold> = {}, more: Partial<NodeFacts> = {}): NodeFacts =>
  node('10.0.0.2', { role: { role: 'replica', primary: '10.0.0.1:1', link: 'connected', offset: 90 }, ...told }, more)

/** A replica as a sentinel sees it. */
function known(host: string, own: Partial<ReplicaView> = {}): ReplicaView {
  const link = { linkUp: true, linkDownFor: 0, primaryHost: '10.0.0.1', primaryPort: 1 }
  return { host, port: 1, flags: new Set(), priority: 100, roleReported: '', ...link, ...own }
}

function sentinel(host: string, view: Partial<SentinelView> = {}, tilt = false): SentinelFacts {
  const usual: SentinelView = {
    primary: { host: '10.0.0.1', port: 1 },
    epoch: 3,
    primaryDown: false,
    replicas: [known('10.0.0.2')],
    failingOver: false,
    primarySince: 60_000,
    quorum: 2,
    downAfter: 3_000,
    failoverTimeout: 60_000,
    electorate: 3,
    others: ['a', 'b'].map((id) => ({ id, host: id, port: 1, down: false })),
    quorumCheck: 'OK 3 usable Sentinels.',
  }
  const told = { id: host, software: undefined, tilt, view: { ...usual, ...view }, refused: [] }
  return { ...reached, address: `${host}:1`, target: { host, port: 1 }, configured: true, told }
}

function sentinelOf(name: 'Redis' | 'Valkey', version: string): SentinelFacts {
  const { told, ...rest } = sentinel('10.0.0.9')
  return { ...rest, told: { ...told!, software: { name, version } } }
}

function facts(
  nodes: readonly NodeFacts[],
  sentinels = ['10.0.0.7', '10.0.0.8', '10.0.0.9'].map((host) => sentinel(host)),
): Facts {
  return { name: 'shop', kind: 'sentinel', primary: undefined, sentinels, nodes, at }
}

const judge = (found: Facts): readonly Finding[] =>
  examine(allChecks, [{ facts: found, cache: resolved, remote }]).filter(({ level }) => level !== 'ok')

describe('the doctor', () => {
  test.for<[what: string, zones: readonly [string, string], problems: readonly RegExp[]]>([
    ['all tell zones, and one is in ours', ['a', 'b'], []],
    ['one tells none', ['a', ''], [/tells no availability zone/]],
    ['nobody is in ours', ['b', 'A'], [/no server is in zone 'a' of the cache, but in 'A', 'b'/]],
    ['one tells none, and the other is elsewhere', ['', 'b'], [/tells no/, /no server is in zone 'a'/]],
  ])('looks at zones where the cache has one: %s', ([, zones, problems]) => {
    const [one, other] = zones.map((zone) => new Map([...Object.entries(info), ['availability_zone', zone]]))
    const found = facts([primary({ info: one }), replica({ info: other })])
    const zoned = remoteOf({ name: 'default', resolved: resolveCache('default', { ...options, zone: 'a' }, {}) })
    const findings = examine(allChecks, [{ facts: found, cache: resolved, remote: zoned }])
    const wrong = findings.filter(({ level }) => level !== 'ok')
    expect(wrong.map(({ check, level }) => `${check} ${level}`)).toStrictEqual(problems.map(() => 'zones warn'))
    problems.forEach((problem, index) => expect(wrong[index]?.message).toMatch(problem))
    expect(judge(found)).toStrictEqual([])
  })

  test('finds nothing wrong with what is well', () => {
    expect(judge(facts([primary(), replica()]))).toEqual([])
  })

  test.for([
    ['versions', 'fail', facts([primary({ software: { name: 'Redis', version: '6.2.14' } }), replica()])],
    ['versions', 'warn', facts([primary({ software: { name: 'Valkey', version: '8.1.0' } }), replica()])],
    ['versions', 'warn', facts([primary({ software: { name: 'Redis', version: '7.2.2' } }), replica()])],
    ['versions', 'warn', facts([primary(), replica()], [sentinelOf('Valkey', '9.0.0')])],
    [
      'persistence',
      'fail',
      facts([primary({ info: new Map([...Object.entries(info), ['loading', '1']]) }), replica()]),
    ],
    ['certificates', 'fail', facts([primary({}, { certificate: { until: at - 1_000 } }), replica()])],
    [
      'certificates',
      'warn',
      facts([primary(), replica()], [{ ...sentinel('10.0.0.9'), certificate: { until: at + 1_000 } }]),
    ],
    ['roles', 'fail', facts([replica(), node('10.0.0.3', { role: { role: 'primary', offset: 1, replicas: [] } })])],
    ['roles', 'fail', facts([node('10.0.0.1', { role: replica().told!.role }), replica()])],
    ['candidates', 'fail', facts([primary(), replica()], [sentinel('a', { replicas: [] })])],
    ['candidates', 'fail', facts([primary()], [sentinel('a', { replicas: [known('10.0.0.2', { priority: 0 })] })])],
    [
      'candidates',
      'fail',
      facts([primary(), replica()], [sentinel('a', { replicas: [known('10.0.0.2', { flags: new Set(['s_down']) })] })]),
    ],
    [
      'split-brain',
      'fail',
      facts([primary({ info: new Map([...Object.entries(info), ['min_replicas_good_replicas', '0']]) }), replica()]),
    ],
    ['rights', 'warn', facts([primary({ refused: ['ROLE'] }), replica()])],
    ['rights', 'warn', facts([primary({ refused: undefined }), replica()])],
    ['rights', 'fail', facts([primary({ refused: ['EVAL', 'ROLE'] }), replica()])],
    ['failover-time', 'warn', facts([primary(), replica()], [sentinel('10.0.0.9', { downAfter: 1_000 })])],
    ['sentinel-tilt', 'fail', facts([primary(), replica()], [sentinel('10.0.0.9', {}, true)])],
    ['sentinel-count', 'warn', facts([primary(), replica()], [sentinel('10.0.0.9', { electorate: 2 })])],
    ['quorum', 'fail', facts([primary(), replica()], [sentinel('10.0.0.9', { others: [] })])],
  ] as const)('finds %s: %s', ([check, level, found]) => {
    expect(judge(found)).toContainEqual(expect.objectContaining({ check, level }))
  })

  test('says that nothing is well where nothing is known', () => {
    const down = { state: 'down', problem: 'connect ECONNREFUSED', ahead: undefined, told: undefined } as const
    const gone = facts(
      [primary(), replica()].map((one) => ({ ...one, ...down })),
      [{ ...sentinel('10.0.0.9'), ...down }],
    )
    const found = examine(allChecks, [{ facts: gone, cache: resolved, remote }])
    expect(found.map(({ check, level }) => [check, level])).toEqual([
      ['sentinels-answer', 'fail'],
      ['nodes-answer', 'fail'],
    ])
  })

  test('says that we are refused where nobody lets us in', () => {
    const no = { state: 'refused', problem: 'HELLO was refused: WRONGPASS', ahead: undefined, told: undefined } as const
    const closed = [facts([], [{ ...sentinel('10.0.0.9'), ...no }]), facts([primary({}, no)], [])]
    for (const found of closed) expect(judge(found)).toMatchObject([{ check: 'credentials', level: 'fail' }])
  })

  test('counts replicas as the primary and the sentinels do, not those that can be reached from here', () => {
    const checks = judge(facts([primary()])).map(({ check }) => check)
    expect(checks).not.toContain('candidates')
    expect(checks).not.toContain('split-brain')
  })

  test('says where it cannot know whether connections leak', () => {
    const clients = (more: CacheOptions, told: Partial<NodeTold> = {}): string | undefined => {
      const cache = resolveCache('default', { ...options, ...more }, {})
      const part = { facts: facts([primary(told)]), cache, remote: remoteOf({ name: 'default', resolved: cache }) }
      return examine(allChecks, [part]).find(({ check }) => check === 'clients')?.message
    }
    expect(clients({})).toMatch(/without a clientName it is not known/)
    expect(clients({ clientName: 'shop' }, { clients: undefined })).toMatch(/client\|list it is not known/)
    expect(clients({ clientName: 'shop' })).not.toMatch(/not known/)
  })

  test('goes by INFO where CONFIG is refused', () => {
    const told = (more: Readonly<Record<string, string>>): Partial<NodeTold> => ({
      settings: new Map(),
      info: new Map(Object.entries({ ...info, ...more })),
    })
    const [guarded, unguarded] = [{ min_replicas_good_replicas: '1' }, {}]
    expect(judge(facts([primary(told(guarded)), replica(told({ replica_priority: '100' }))]))).toEqual([])
    expect(judge(facts([primary(told(unguarded)), replica(told({ replica_read_only: '0' }))]))).toMatchObject([
      { check: 'replicas-read-only' },
      { check: 'split-brain', level: 'warn' },
    ])
  })

  test('a replica of a newer version, and a patch, are fine', () => {
    const newer = replica({ software: { name: 'Valkey', version: '8.1.0' } })
    expect(judge(facts([primary(), newer]))).toEqual([])
    const patched = primary({ software: { name: 'Valkey', version: '8.0.6' } })
    expect(judge(facts([patched, replica()]))).toEqual([])
    const fixed = ['10.0.0.7', '10.0.0.8', '10.0.0.9'].map((host) => ({
      ...sentinelOf('Redis', '7.0.8'),
      address: host,
    }))
    expect(judge(facts([primary(), replica()], fixed))).toEqual([])
  })

  test('says once what is wrong with several servers', () => {
    const unbounded = { info: new Map(Object.entries({ ...info, maxmemory: '0' })) }
    const found = judge(facts([primary(unbounded), replica(unbounded)]))
    expect(found).toMatchObject([{ check: 'memory-limit', subjects: ['10.0.0.1:1', '10.0.0.2:1'] }])
  })

  test('says of several shards what is wrong with one, and not that it is fine with another', () => {
    const lost = replica({ role: { role: 'replica', primary: '10.0.0.1:1', link: 'searching', offset: undefined } })
    const shards = [facts([primary(), replica()]), facts([primary(), lost])]
    const found = examine(
      allChecks,
      shards.map((part) => ({ facts: part, cache: resolved, remote })),
    )
    expect(found.filter(({ check }) => check === 'replicas-linked')).toMatchObject([
      { level: 'fail', subjects: ['10.0.0.2:1'] },
    ])
    const names = found.filter(({ level }) => level === 'ok').map(({ check }) => check)
    expect(new Set(names).size).toBe(names.length)
  })

  test('exits with 0 for warnings, with 1 for failures and for strict warnings, with 2 when nothing answered', () => {
    const [warning, failure] = (['warn', 'fail'] as const).map((level) => ({
      check: '',
      level,
      subjects: [],
      message: '',
    }))
    const well = facts([primary()])
    const verdicts = [[], [warning!], [failure!]].map((findings) => verdictOf(findings, [well], false))
    expect(verdicts).toEqual([0, 0, 1])
    expect(verdictOf([warning!], [well], true)).toBe(1)
    expect(verdictOf([], [facts([primary({}, { state: 'down' })], [])], false)).toBe(2)
  })

  test('asks for the rights that the features need', () => {
    const names = (more: CacheOptions): readonly string[] => {
      const cache = resolveCache('default', { ...options, ...more }, {})
      return rightsOf(cache, remoteOf({ name: 'default', resolved: cache })).map(({ args }) => args.join(' '))
    }
    expect(names({ prefix: 'a' })).toContain('GET a:1:valkey-cache-doctor')
    expect(names({})).not.toContain('TIME')
    expect(names({ grace: '1m' })).toContain('TIME')
    expect(names({ minReplicas: 1 })).toContain('WAIT 1 1')
    expect(names({ near: true })).toContain('CLIENT TRACKING ON')
    expect(names({ singleFlight: 'fleet' }).join()).toContain('SSUBSCRIBE')
    expect(names({ location: 'valkey://shop/0?role=replica' }).join()).not.toContain('SET ')
    expect(names({ grace: '1m', location: 'valkey://shop/0?role=replica' }).join()).not.toContain('SETRANGE')
    expect(names({ herd: true }).join()).toContain('SETRANGE')
  })

  test('asks for every right that the page on Sentinel names', async () => {
    const page = await readFile(new URL('../../docs/sentinel.md', import.meta.url), 'utf8')
    const [, section = ''] = /^## Rights\n(.*?)^## /ms.exec(page) ?? []
    const [nodes = '', sentinels = ''] = section.split('On the sentinels')
    const more = {
      location: 'valkey://shop/1',
      clientName: 'shop',
      grace: '1m',
      singleFlight: 'fleet',
      minReplicas: 1,
    } as const
    const cache = resolveCache('default', { ...options, ...more }, {})
    const server = remoteOf({ name: 'default', resolved: cache })
    const named = (text: string): readonly string[] =>
      [...text.matchAll(/\+([a-z][a-z_|-]*)/g)].map(([, name]) => name!)
    const asked = (all: ReturnType<typeof rightsOf>): readonly string[] =>
      all.flatMap(({ args: [name = '', part = ''] }) => [name, `${name}|${part}`].map((one) => one.toLowerCase()))
    expect(named(sentinels)).toContain('subscribe')
    // Only a program that calls flushDb needs it.
    expect(asked(rightsOf(cache, server))).toEqual(
      expect.arrayContaining(named(nodes).filter((name) => name !== 'flushdb')),
    )
    expect(asked(sentinelRightsOf(server))).toEqual(expect.arrayContaining([...named(sentinels)]))
  })

  test('tells rights that are missing on a sentinel', () => {
    const { told, ...rest } = sentinel('10.0.0.9')
    const found = (refused: readonly string[]) =>
      judge(facts([primary(), replica()], [{ ...rest, told: { ...told!, refused } }]))
    expect(found(['SUBSCRIBE'])).toMatchObject([{ check: 'rights', level: 'fail', subjects: ['10.0.0.9:1'] }])
    expect(found(['SENTINEL MYID'])).toMatchObject([{ check: 'rights', level: 'warn' }])
  })
})

describe('the status', () => {
  test('shows tables only of what there is', () => {
    const nobody = { ...sentinel('10.0.0.9'), state: 'silent', problem: 'no answer', told: undefined } as const
    const lines = statusLines(statusOf(facts([], [nobody])), (_, text) => text)
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['shop', '', 'sentinel', '10.0.0.9:1', '', 'wrong'])
  })

  test('of replicas alone names the primary that they follow', () => {
    const alone: Facts = { ...facts([replica()], []), kind: 'single' }
    expect(statusOf(alone)).toMatchObject({ state: 'steady', primary: '10.0.0.1:1', problems: [] })
  })

  test('of a server whose role our user may not ask for takes it for the primary that it is named as', () => {
    const alone = (told: Partial<NodeTold>): Facts => ({
      ...facts([node('10.0.0.1', told)], []),
      kind: 'single',
      primary: '10.0.0.1:1',
    })
    expect(statusOf(alone({ info: undefined }))).toMatchObject({ state: 'steady', primary: '10.0.0.1:1', problems: [] })
    const said = new Map([...Object.entries(info), ['role', '']])
    expect(statusOf(alone({ info: said }))).toMatchObject({ state: 'steady' })
    const other = new Map([...said, ['replica_read_only', '1']])
    expect(statusOf(alone({ info: other }))).toMatchObject({ state: 'none' })
    // A sentinel has no role.
    expect(statusOf(alone({}))).toMatchObject({ state: 'none', problems: ['nobody tells who is the primary'] })
    const unsaid = facts([primary({ role: undefined, info: undefined }), replica()])
    expect(statusOf(unsaid)).toMatchObject({ state: 'steady', problems: [] })
  })

  test('of a failover, and how far a replica is behind', () => {
    const { state, nodes, primaryFor } = statusOf(facts([replica(), primary()], [sentinel('a', { failingOver: true })]))
    expect([state, primaryFor]).toEqual(['failing-over', 60_000])
    expect(nodes.map(({ role, lag }) => [role, lag])).toEqual([
      ['primary', undefined],
      ['replica', 10],
    ])
  })

  const few = 'sees 1 of 3 sentinels, and a failover takes 2'
  test.for([
    ['is not asked', undefined, [], few],
    ['says that there are enough', 'OK 3 usable Sentinels.', [], few],
    ['says that there are too few', 'NOQUORUM 1 usable Sentinels.', ['a', 'b'], 'says NOQUORUM 1 usable Sentinels.'],
    ['is not asked, and sees enough', undefined, ['a', 'b'], undefined],
  ] as const)('finds too few sentinels where the doctor does: CKQUORUM %s', ([, quorumCheck, up, lack]) => {
    const others = up.map((id) => ({ id, host: id, port: 1, down: false }))
    const found = facts([primary(), replica()], [sentinel('10.0.0.9', { quorumCheck, others })])
    const report = statusOf(found)
    const isReached = lack === undefined
    expect(report.sentinels).toMatchObject([{ quorumReached: isReached }])
    expect(statusLines(report, (_, text) => text).some((line) => line.includes('not reached'))).toBe(!isReached)
    expect(report.problems).toEqual(isReached ? [] : [`sentinel 10.0.0.9:1 ${lack}`])
    expect(judge(found)).toMatchObject(isReached ? [] : [{ check: 'quorum', message: `the sentinel ${lack}` }])
  })

  test('tells that a sentinel acts on nothing', () => {
    const report = statusOf(facts([primary(), replica()], [sentinel('a', {}, true), sentinel('b')]))
    expect(report.sentinels).toMatchObject([{ tilt: true }, { tilt: false }])
    const lines = statusLines(report, (_, text) => text).filter((line) => line.includes('TILT'))
    expect(lines).toEqual([expect.stringMatching(/^a:1 +up, TILT /)])
  })

  test('goes by the newest epoch when the sentinels disagree', () => {
    const older = ['a', 'b'].map((host) => sentinel(host, { epoch: 2, primary: { host: '10.0.0.2', port: 1 } }))
    const report = statusOf(facts([primary(), replica()], [...older, sentinel('c')]))
    expect(report).toMatchObject({ primary: '10.0.0.1:1', epoch: 3, state: 'steady' })
    expect(report.problems).toEqual([
      'the sentinels disagree: c:1 says 10.0.0.1:1 in epoch 3, a:1 and b:1 say 10.0.0.2:1 in epoch 2',
    ])
  })

  test('counts the time as primary at the sentinels that name it', () => {
    const older = { epoch: 2, primary: { host: '10.0.0.2', port: 1 }, primarySince: 9_000_000 }
    const report = statusOf(facts([primary(), replica()], [sentinel('a', older), sentinel('c', { primarySince: 5 })]))
    expect(report.primaryFor).toBe(5)
  })

  test('takes the configured primary where roles are fixed, whoever else says that it is one', () => {
    const other = node('10.0.0.0', { role: { role: 'primary', offset: 1, replicas: [] } })
    const report = statusOf({ ...facts([other, primary()], []), kind: 'static', primary: '10.0.0.1:1' })
    expect(report).toMatchObject({ primary: '10.0.0.1:1', state: 'steady' })
    expect(report.problems).toEqual(['node 10.0.0.0:1 says that it is primary as well'])
  })

  test('tells a replica that is being filled from one without a link', () => {
    const role = { role: 'replica', primary: '10.0.0.1:1', offset: undefined } as const
    const links = [{ ...role, link: 'syncing' } as const, { ...role, link: 'searching' } as const]
    const report = statusOf(facts([primary(), replica({ role: links[0]! }), node('10.0.0.3', { role: links[1]! })]))
    expect(report.problems).toEqual([
      'node 10.0.0.2:1 is being filled by its primary',
      'node 10.0.0.3:1 has no link to its primary',
    ])
  })
})

describe('the status of a cluster', () => {
  /** A map with one shard. */
  const mapOf = (primaryHost: string, replicaHost: string): ClusterView => {
    const seen = (host: string, role: Role) => ({ id: host, target: { host, port: 1 }, role, online: true })
    return [{ nodes: [seen(primaryHost, 'primary'), seen(replicaHost, 'replica')], slots: [[0, 16_383]] }]
  }
  const [before, after] = [mapOf('10.0.0.1', '10.0.0.2'), mapOf('10.0.0.2', '10.0.0.1')]
  const seeing = (view: ClusterView, state = 'ok'): Partial<NodeTold> => ({
    cluster: { view, info: new Map([['cluster_state', state]]) },
  })
  const clusterOf = (...nodes: readonly NodeFacts[]): Facts => ({ ...facts(nodes, []), kind: 'cluster' })
  const promoted = node('10.0.0.2', { role: primary().told!.role, ...seeing(after) })

  test('that is well has no problems', () => {
    const report = statusOf(clusterOf(primary(seeing(before)), replica(seeing(before))))
    expect(report).toMatchObject({ state: 'steady', problems: [] })
  })

  test('that is down for all its nodes is not steady', () => {
    const report = statusOf(clusterOf(primary(seeing(before, 'fail')), replica(seeing(before, 'fail'))))
    expect(report.state).toBe('suspect')
    expect(report.problems).toHaveLength(2)
    expect(report.problems[0]).toMatch(/10.0.0.1:1 refuses commands.*cluster_state fail/)
  })

  test('goes by the map of most nodes, and not by that of a primary that is cut off', () => {
    const third = node('10.0.0.3', { role: replica().told!.role, ...seeing(after) })
    for (const cutOff of [primary(seeing(before)), primary(seeing(before, 'fail'))]) {
      const report = statusOf(clusterOf(cutOff, promoted, third))
      expect(report).toMatchObject({ state: 'steady', shards: [{ primary: '10.0.0.2:1' }] })
      expect(report.problems).toContain('the nodes have different maps of the cluster')
    }
    expect(statusOf(clusterOf(primary(seeing(before, 'fail')), promoted)).shards[0]?.primary).toBe('10.0.0.2:1')
  })

  test('says which replica has no link, and which primary is none', () => {
    const role = { role: 'replica', primary: '10.0.0.1:1', link: 'searching', offset: undefined } as const
    const report = statusOf(
      clusterOf(node('10.0.0.1', { role, ...seeing(before) }), replica({ role, ...seeing(before) })),
    )
    expect(report.state).toBe('suspect')
    expect(report.problems).toEqual([
      'node 10.0.0.1:1 is named as the primary, and says that it is a replica',
      'node 10.0.0.1:1 has no link to its primary',
      'node 10.0.0.2:1 has no link to its primary',
    ])
  })
})
