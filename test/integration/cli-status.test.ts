import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import type { StatusReport } from '../../src/cli/status/report.js'
import { freePort, type LabGroup } from '../../src/lab/index.js'
import { at, test as base } from '../support/caches.js'
import { commandJson, commandLine } from '../support/command-line.js'

type Report = StatusReport & { readonly cache: string; readonly source: string }

const test = base
  .extend('group', { scope: 'file' }, ({ lab }) =>
    lab.group({ steady: false, downAfter: 30_000, config: { maxmemory: '64mb', requirepass: 'hunter2' } }),
  )
  // oxlint-disable-next-line no-empty-pattern -- vitest reads a fixture's needs from this pattern
  .extend('folder', ({}) => mkdtemp(join(tmpdir(), 'valkey-cache-cli-')))

const password = { VALKEY_CACHE_PASSWORD: 'hunter2' }

function addresses({ sentinels, serviceName }: LabGroup): readonly string[] {
  return ['--sentinels', sentinels.map(({ address }) => address).join(), '--service', serviceName]
}

describe('status of a group', () => {
  test('says who is primary, and how each server is', async ({ group }) => {
    const report = await commandJson<Report>(['status', ...addresses(group)], { env: password })
    const [primary, ...replicas] = group.nodes.map(({ address }) => address)
    expect(report).toMatchObject({ code: 0, name: 'mymaster', kind: 'sentinel', state: 'steady', primary, epoch: 0 })
    expect(report.primaryFor).toBeGreaterThan(0)
    expect(report.problems).toEqual([])
    expect(new Map(report.nodes.map(({ address, role }) => [address, role]))).toEqual(
      new Map([[primary, 'primary'], ...replicas.map((address): [string, string] => [address, 'replica'])]),
    )
    for (const node of report.nodes) {
      expect(node).toMatchObject({ state: 'up', pending: 0, maxMemory: 64 * 1_024 ** 2 })
      expect(node.rtt).toBeGreaterThan(0)
      expect(node.clients).toBeGreaterThan(0)
      expect(node.version).toMatch(/^(Valkey|Redis) \d+\./)
      if (node.role === 'replica') expect(node.lag).toBeGreaterThanOrEqual(0)
    }
    expect(report.sentinels).toHaveLength(3)
    for (const sentinel of report.sentinels)
      expect(sentinel).toMatchObject({ state: 'up', primary, epoch: 0, electorate: 3, othersUp: 2, quorum: 2 })
  })

  test('finds the other sentinels from one', async ({ group }) => {
    const [first] = group.sentinels
    const args = ['status', '--sentinels', first!.address, '--service', group.serviceName]
    const report = await commandJson<Report>(args, { env: password })
    expect(report.sentinels.map(({ address }) => address).sort()).toEqual(
      group.sentinels.map(({ address }) => address).sort(),
    )
  })

  test('is one screen of text without a password', async ({ group }) => {
    const { code, out } = await commandLine(['status', ...addresses(group)], { env: password })
    expect(code).toBe(0)
    for (const { address } of [...group.nodes, ...group.sentinels]) expect(out).toContain(address)
    expect(out).toContain('steady')
    expect(out).not.toContain('hunter2')
    expect(out.split('\n').length).toBeLessThan(20)
  })

  test('says which server does not answer, and why', async ({ group }) => {
    const [, replica] = group.nodes
    const [sentinel] = group.sentinels
    replica!.pause()
    sentinel!.pause()
    const report = await commandJson<Report>(['status', ...addresses(group)], { env: password }).finally(() => {
      replica!.resume()
      sentinel!.resume()
    })
    expect(report).toMatchObject({ code: 1, state: 'steady' })
    const silent = [...report.nodes, ...report.sentinels].filter(({ state }) => state === 'silent')
    expect(silent.map(({ address }) => address).sort()).toEqual([replica!.address, sentinel!.address].sort())
    expect(report.nodes.find(({ address }) => address === replica!.address)?.pending).toBeGreaterThan(0)
    expect(report.problems).toHaveLength(2)
  })

  test('says that the credentials are wrong, and that nobody knows the service', async ({ group }) => {
    const wrong = await commandJson<Report>(['status', ...addresses(group)], {
      env: { VALKEY_CACHE_PASSWORD: 'hunter3' },
    })
    expect(wrong.code).toBe(1)
    expect(wrong.nodes.map(({ state }) => state)).toEqual(['refused', 'refused', 'refused'])
    expect(wrong.problems[0]).toMatch(/WRONGPASS/)
    const args = ['status', '--sentinels', group.sentinels[0]!.address, '--service', 'other']
    const unknown = await commandJson<Report>(args)
    expect(unknown).toMatchObject({ code: 1, state: 'none', nodes: [] })
    expect(unknown.problems).toEqual([`sentinel ${group.sentinels[0]!.address} does not know "other"`])
  })
})

describe('status of other servers', () => {
  test('of one', async ({ server }) => {
    const report = await commandJson<Report>(['status', '--location', at(server)])
    expect(report).toMatchObject({ code: 0, kind: 'single', state: 'steady', primary: server.address, problems: [] })
  })

  test('of a primary and replicas that are named', async ({ lab }) => {
    const { location, nodes } = await lab.group({ sentinels: 0, replicas: 1 })
    const report = await commandJson<Report>(['status', '--location', location])
    expect(report).toMatchObject({ code: 0, kind: 'static', state: 'steady', primary: nodes[0]!.address })
    expect(report.nodes.map(({ role }) => role)).toEqual(['primary', 'replica'])
  })

  test('that are none', async () => {
    const web = createServer((_, response) => void response.end()).listen(0, '127.0.0.1')
    await once(web, 'listening')
    const { port } = web.address() as AddressInfo
    for (const location of [`valkey://127.0.0.1:${port}`, `valkeys://127.0.0.1:${port}`]) {
      const { code, nodes } = await commandJson<Report>(['status', '--location', location])
      expect([code, nodes.map(({ state }) => state)]).toEqual([2, ['unusable']])
    }
    web.close()
  })

  test('where nothing answers it could not look', async () => {
    const port = await freePort()
    const report = await commandJson<Report>(['status', '--location', `valkey://127.0.0.1:${port}`])
    expect(report).toMatchObject({ code: 2, state: 'none' })
    expect(report.nodes.map(({ state }) => state)).toEqual(['down'])
    expect(report.problems).toEqual([expect.stringMatching(/ECONNREFUSED/)])
    // A name may have several addresses.
    const { nodes } = await commandJson<Report>(['status', '--location', `valkey://localhost:${port}`])
    expect(nodes.map(({ state }) => state)).toEqual(['down'])
  })
})

describe('the configuration is', () => {
  const entry = new URL('../../src/index.ts', import.meta.url).href

  test('the options by name that a module exports', async ({ server, folder }) => {
    const options = `{ default: { location: '${at(server)}' }, other: {} }`
    await writeFile(join(folder, 'valkey-cache.config.mjs'), `export default ${options}`)
    const report = await commandJson<Report>(['status'], { folder })
    expect(report).toMatchObject({ cache: 'default', source: 'valkey-cache.config.mjs', primary: server.address })
    const { code, err } = await commandLine(['status', '--cache', 'third'], { folder })
    expect([code, err]).toEqual([2, expect.stringMatching(/no cache 'third': it has default, other/)])
  })

  test('beside what all of them share', async ({ server, folder }) => {
    const text = `export default { shop: {} }; export const shared = { location: '${at(server)}' }`
    await writeFile(join(folder, 'mine.mjs'), text)
    const report = await commandJson<Report>(['status', '--config', 'mine.mjs'], { folder })
    expect(report).toMatchObject({ cache: 'shop', source: 'mine.mjs', primary: server.address })
  })

  test('the caches that a module has made', async ({ server, folder }) => {
    const text = `import { createCaches } from '${entry}'
      export default createCaches({ default: {}, other: { location: '${at(server)}' } })`
    await writeFile(join(folder, 'made.mjs'), text)
    const report = await commandJson<Report>(['status', '--config', 'made.mjs', '--cache', 'other'], { folder })
    expect(report).toMatchObject({ cache: 'other', primary: server.address })
  })

  test('the settings of a Django project', async ({ group, folder }) => {
    const OPTIONS = {
      CLIENT_CLASS: 'django_valkey.client.SentinelClient',
      SENTINELS: group.sentinelAddresses,
      PASSWORD: 'hunter2',
      SERIALIZER: 'django_valkey.serializers.json.JSONSerializer',
    }
    const settings = {
      DJANGO_VALKEY_CONNECTION_FACTORY: 'django_valkey.pool.SentinelConnectionFactory',
      CACHES: { default: { BACKEND: 'django_valkey.cache.ValkeyCache', LOCATION: 'valkey://mymaster/0', OPTIONS } },
    }
    await writeFile(join(folder, 'settings.json'), JSON.stringify(settings))
    const report = await commandJson<Report>(['status', '--django', 'settings.json'], { folder })
    expect(report).toMatchObject({ code: 0, source: 'settings.json', primary: group.nodes[0]!.address })
  })

  test('never a Django file that is no JSON, of which nothing is shown', async ({ folder }) => {
    await writeFile(join(folder, 'settings.json'), '{ "PASSWORD": "hunter2", }')
    const { code, err } = await commandLine(['status', '--django', 'settings.json'], { folder })
    expect([code, err]).toEqual([2, expect.stringMatching(/settings.json: is not JSON/)])
    expect(err).not.toContain('hunter2')
  })

  test.for([
    ['export const options = {}', /must export by default/],
    ['export default 5', /must export by default.*got 5/],
    ['export default {', /cannot be read/],
    ["throw 'what it has not'", /wrong.mjs: cannot be read: what it has not/],
    ['throw undefined', /wrong.mjs: cannot be read: undefined/],
    ["export default { default: { locatoin: '' } }", /caches.default.locatoin: unknown option/],
    ['export default { close() {} }', /another copy of valkey-cache/],
  ] as const)('never %s', async ([text, message], { folder }) => {
    await writeFile(join(folder, 'wrong.mjs'), text)
    const { code, err } = await commandLine(['status', '--config', 'wrong.mjs'], { folder })
    expect([code, err]).toEqual([2, expect.stringMatching(message)])
  })
})
