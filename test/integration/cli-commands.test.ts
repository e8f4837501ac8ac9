import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { runDrill } from '../../src/cli/commands/drill.js'
import { exitOf, type DrillReport } from '../../src/cli/drill/report.js'
import type { Explanation } from '../../src/cli/explain/explain.js'
import type { CacheOptions } from '../../src/index.js'
import { freePort, type LabServer } from '../../src/lab/index.js'
import { at, test as base } from '../support/caches.js'
import { commandJson, commandLine } from '../support/command-line.js'

// oxlint-disable-next-line no-empty-pattern -- vitest reads a fixture's needs from this pattern
const test = base.extend('folder', ({}) => mkdtemp(join(tmpdir(), 'valkey-cache-cli-')))

/** A folder whose configuration has one cache with these options. */
async function configured(folder: string, options: CacheOptions): Promise<{ readonly folder: string }> {
  await writeFile(join(folder, 'valkey-cache.config.mjs'), `export default ${JSON.stringify({ default: options })}`)
  return { folder }
}

describe('explain', () => {
  test('says where a key is and how it is stored', async ({ server, make, folder }) => {
    const options: CacheOptions = { location: at(server, 1), prefix: 'shop', compressor: 'zlib' }
    const around = await configured(folder, options)
    await make({ cache: options }).cache.set('user:1', { name: 'Ada'.repeat(100) }, { ttl: '10m' })
    const found = await commandJson<Explanation>(['explain', 'user:1'], around)
    expect(found).toMatchObject({
      code: 0,
      key: 'user:1',
      made: 'shop:1:user:1',
      node: server.address,
      type: 'string',
      codec: { format: 'django', serializer: 'json', compressor: 'zlib' },
    })
    expect(found.ttl).toBeGreaterThan(590_000)
    expect(found.bytes).toBeLessThan(100)
    expect(found.memory).toBeGreaterThan(found.bytes!)
    expect(found.frame).toBeUndefined()
  })

  test('reads the frame, with freshness and tags, and never shows the value', async ({ server, make, folder }) => {
    const options: CacheOptions = { location: at(server), grace: '1h', compressor: 'gzip' }
    const around = await configured(folder, options)
    const value = { name: 'Ada'.repeat(10) }
    await make({ cache: options }).cache.set('user:1', value, { ttl: '1m', tags: ['users', 'admins'] })
    const { frame, ttl } = await commandJson<Explanation>(['explain', 'user:1'], around)
    expect(frame).toMatchObject({ serializer: 'json', compressor: 'gzip', tags: ['users', 'admins'] })
    expect(frame!.freshFor).toBeGreaterThan(50_000)
    expect(frame!.freshFor).toBeLessThanOrEqual(60_000)
    expect(ttl).toBeGreaterThan(frame!.freshFor!)
    const { out } = await commandLine(['explain', 'user:1'], around)
    expect(out).toMatch(/^tags +users, admins$/m)
    expect(out).not.toContain('Ada')
  })

  test('says that a key is not there, and what else one is', async ({ server, cache }) => {
    await cache.sadd('set', ['a', 'b'])
    const location = ['--location', at(server)]
    expect(await commandJson<Explanation>(['explain', 'none', ...location])).toMatchObject({ code: 0, type: 'none' })
    expect(await commandJson<Explanation>(['explain', 'set', ...location])).toMatchObject({ type: 'set', ttl: null })
    expect((await commandLine(['explain', 'none', ...location])).out).toContain('it is not there')
  })
})

describe('keys and values', () => {
  test('keys lists what matches, up to a limit', async ({ server, cache }) => {
    await cache.setMany(Object.entries({ 'user:1': 1, 'user:2': 2, 'order:1': 3 }))
    const location = ['--location', at(server)]
    expect((await commandLine(['keys', 'user:*', ...location])).out.split('\n').sort()).toEqual([
      '',
      'user:1',
      'user:2',
    ])
    const all = await commandLine(['keys', '--json', ...location])
    expect((JSON.parse(all.out) as string[]).sort()).toEqual(['order:1', 'user:1', 'user:2'])
    const some = await commandLine(['keys', '--limit', '2', ...location])
    expect(some.out.trim().split('\n')).toHaveLength(2)
    expect(some.err).toContain('--limit')
  })

  test('get shows a value, and exits with 1 where there is none', async ({ server, cache }) => {
    const location = ['--location', at(server)]
    await cache.set('user:1', { name: 'Ada' })
    await cache.set('count', 2n ** 60n)
    expect(await commandLine(['get', 'user:1', ...location])).toMatchObject({ code: 0, out: "{ name: 'Ada' }\n" })
    expect((await commandLine(['get', 'user:1', '--json', ...location])).out).toBe('{"name":"Ada"}\n')
    expect((await commandLine(['get', 'count', '--json', ...location])).out).toBe(`"${2n ** 60n}"\n`)
    expect(await commandLine(['get', 'none', ...location])).toMatchObject({ code: 1, out: '' })
  })

  test('get says what it is that it does not show', async ({ server, make, folder }) => {
    const around = await configured(folder, { location: at(server), grace: '1h' })
    const { cache } = make({ cache: { location: at(server), grace: '1h' } })
    await cache.sadd('set', ['a'])
    await cache.hset('hash', { a: '1' })
    await cache.command(['RPUSH', 'list', 'a'], { intent: 'write', key: 1 })
    await cache.set('old', 1, { ttl: '1h', tags: ['all'] })
    await cache.invalidateTags(['all'])
    for (const [key, said] of [
      ['set', 'holds a set, which get does not read'],
      ['hash', 'holds a hash, which get does not read'],
      ['list', 'holds a list, which get does not read'],
      ['old', 'counts as absent'],
      ['none', 'is not there'],
    ] as const) {
      const { code, out, err } = await commandLine(['get', key], around)
      expect([code, out, err]).toEqual([1, '', expect.stringContaining(`${key} ${said}`)])
    }
  })

  test('get --json has maps and sets as JSON has them', async ({ server, make, folder }) => {
    const options: CacheOptions = { location: at(server), serializer: 'v8' }
    await make({ cache: options }).cache.set('map', new Map([['a', new Set([1, 2])]]))
    const around = await configured(folder, options)
    expect((await commandLine(['get', 'map', '--json'], around)).out).toBe('{"a":[1,2]}\n')
  })

  test('in an outage nothing is a miss, and nothing is kept for later', async ({ folder }) => {
    const location = `valkey://127.0.0.1:${await freePort()}`
    const deadlines = { readDeadline: '100ms', writeDeadline: '100ms' } as const
    const around = await configured(folder, { location, failSafe: true, ...deadlines })
    for (const args of [['get', 'a'], ['keys'], ['explain', 'a'], ['del', 'a', '--yes'], ['clear', '--yes']]) {
      const { code, out, err } = await commandLine(args, around)
      expect([code, out]).toEqual([2, ''])
      expect(err).toMatch(/^valkey-cache: E_CONNECTION.*ECONNREFUSED/)
      expect(err).not.toMatch(/kept/)
    }
  })

  test('del and clear delete, and do nothing without --yes', async ({ server, cache }) => {
    const location = ['--location', at(server)]
    await cache.setMany(Object.entries({ a: 1, b: 2, c: 3 }))
    const unsure = await commandLine(['del', 'a', 'b', ...location])
    expect(unsure).toMatchObject({ code: 2, err: expect.stringMatching(/deletes 2 keys .*--yes/) })
    expect((await commandLine(['clear', ...location])).code).toBe(2)
    expect((await cache.keys('*')).sort()).toEqual(['a', 'b', 'c'])
    expect(await commandLine(['del', 'a', 'none', '--yes', ...location])).toMatchObject({
      code: 0,
      out: 'deleted 1 key\n',
    })
    expect((await commandLine(['clear', '--yes', '--json', ...location])).out).toBe('{"deleted":2}\n')
    expect(await cache.keys('*')).toEqual([])
  })

  test('what a server refuses us is wrong; one that does not let us in cannot be looked at', async ({ server }) => {
    await server.command('ACL', 'SETUSER', 'guest', 'on', '>guest', '~*', '+@connection', '+role')
    const location = ['--location', `valkey://guest@${server.address}`]
    for (const [password, expected] of [
      ['guest', [1, /^valkey-cache: E_AUTH: .*NOPERM/]],
      ['other', [2, /^valkey-cache: E_AUTH: .*WRONGPASS/]],
    ] as const) {
      const around = { env: { VALKEY_CACHE_PASSWORD: password } }
      for (const args of [['get', 'a'], ['keys'], ['explain', 'a'], ['del', 'a', '--yes'], ['clear', '--yes']]) {
        const { code, out, err } = await commandLine([...args, ...location], around)
        expect([args, code, out, err]).toEqual([args, expected[0], '', expect.stringMatching(expected[1])])
      }
    }
    await server.command('ACL', 'DELUSER', 'guest')
  })
})

describe('drill', () => {
  test('orders a failover of a group, and says what was felt', async ({ lab }) => {
    const group = await lab.group({ downAfter: 3_000, config: { 'min-replicas-to-write': '1' } })
    const before = await group.primary()
    const [sentinel] = group.sentinels
    const args = ['drill', '--sentinels', sentinel!.address, '--service', group.serviceName]
    const unsure = await commandLine(args)
    expect(unsure).toMatchObject({ code: 2, err: expect.stringMatching(/SENTINEL FAILOVER mymaster.*--yes/) })
    const report = await commandJson<DrillReport>([...args, '--yes'])
    const after = await group.primary()
    expect(report).toMatchObject({ code: 0, from: before.address, to: after.address })
    expect(report.to).not.toBe(report.from)
    expect(report.felt).toMatchObject({ errors: {}, lost: 0, unsettled: 0 })
    expect(report.felt.writes).toBeGreaterThanOrEqual(200)
    expect(report.felt.longestWriteGap).toBeGreaterThan(0)
  })

  test.for([
    ['refuses writes', { errors: { E_REPLICAS: expect.any(Number) }, lost: 0 }, refuseWrites],
    ['is gone', { lost: undefined }, (server: LabServer) => server.kill()],
  ] as const)(
    'of which no new primary comes, and the old one %s, has a report',
    async ([, felt, spoil], { make, ownServer }) => {
      const deadlines = { readDeadline: '200ms', writeDeadline: '200ms' } as const
      const { cache } = make({ cache: { location: at(ownServer), recovery: false, ...deadlines } })
      await cache.ping({ deadline: '10s' })
      const give = async (): Promise<void> => void (await spoil(ownServer))
      const order = { asked: 'nobody', holds: undefined, primaryIn: () => ownServer.address, give }
      const report = await runDrill(cache, order, 300)
      expect(report).toMatchObject({ from: ownServer.address, to: undefined, felt })
      expect(exitOf(report)).toBe(1)
    },
  )

  test('not where nobody can order one', async ({ server }) => {
    const { code, err } = await commandLine(['drill', '--yes', '--location', at(server)])
    expect([code, err]).toEqual([2, expect.stringMatching(/E_UNSUPPORTED: A failover is ordered from sentinels/)])
  })
})

function refuseWrites(server: LabServer): Promise<unknown> {
  return server.command('CONFIG', 'SET', 'min-replicas-to-write', '1')
}
