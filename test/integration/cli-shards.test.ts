import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { DrillReport } from '../../src/cli/drill/report.js'
import type { Explanation } from '../../src/cli/explain/explain.js'
import type { StatusReport } from '../../src/cli/status/report.js'
import type { CacheOptions } from '../../src/index.js'
import type { LabServer } from '../../src/lab/index.js'
import { commandJson, commandLine, wrongWith } from '../support/command-line.js'
import { ownerOf, shardsOf, test } from '../support/shards.js'

/** A folder whose configuration has one cache with these options. */
async function configured(options: CacheOptions): Promise<{ readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'valkey-cache-cli-'))
  await writeFile(join(folder, 'valkey-cache.config.mjs'), `export default ${JSON.stringify({ default: options })}`)
  return { folder }
}

test('status shows each shard', async ({ servers }) => {
  const around = await configured(shardsOf(servers))
  const report = await commandJson<StatusReport>(['status'], around)
  expect(report).toMatchObject({ code: 0, kind: 'shard', state: 'steady', problems: [] })
  expect(report.shards.map(({ primary }) => primary)).toEqual(servers.map(({ address }) => address))
  const { out } = await commandLine(['status'], around)
  expect(out).toMatch(/\(hash ring\) · steady · 3 shards\n/)
})

test('explain tells which shard has a key, and drill that nobody can order a failover', async ({
  servers,
  sharded,
}) => {
  const around = await configured(shardsOf(servers))
  for (const key of ['a', 'b', 'c', 'd']) {
    await sharded.set(key, 1)
    const owner = ownerOf(sharded, servers, key)
    const found = await commandJson<Explanation>(['explain', key], around)
    expect(found).toMatchObject({ type: 'string', shard: servers.indexOf(owner), node: owner.address })
  }
  expect(await commandLine(['drill', '--yes'], around)).toMatchObject({
    code: 2,
    err: expect.stringMatching(/neither/),
  })
  const { err } = await commandLine(['drill', '--yes', '--shard', '3'], around)
  expect(err).toMatch(/--shard: there are 3 shards/)
})

test('drill fails over the service of one shard, on keys of that shard', async ({ lab }) => {
  const config = { 'min-replicas-to-write': '1' }
  const [one, other] = await Promise.all([
    lab.group({ downAfter: 3_000, config }),
    lab.group({ serviceName: 'other', replicas: 1, sentinels: 0 }),
  ])
  const [{ host, port }] = other.nodes as [LabServer]
  for (const sentinel of one.sentinels) await sentinel.command('SENTINEL', 'MONITOR', 'other', host, port, 2)
  const location = ['valkey://other', one.location]
  const around = await configured({ client: 'shard', location, sentinels: one.sentinelAddresses })
  const before = await one.primary()
  const report = await commandJson<DrillReport>(['drill', '--yes', '--shard', '1'], around)
  expect(report).toMatchObject({ code: 0, from: before.address, to: (await one.primary()).address })
  const { kind, shards, sentinels } = await commandJson<StatusReport>(['status'], around)
  expect(kind).toBe('shard')
  expect(shards).toMatchObject([{ name: 'other' }, { name: 'mymaster', primary: report.to }])
  expect(sentinels.map(({ service }) => service)).toEqual([...Array(3).fill('other'), ...Array(3).fill('mymaster')])
})

// The last one, for it takes a shard away.
test('status and doctor say what is wrong with which shard', async ({ servers }) => {
  const options = shardsOf(servers)
  const unbounded = { check: 'memory-limit', subjects: servers.map(({ address }) => address) }
  expect(await wrongWith(options)).toEqual([expect.objectContaining(unbounded)])
  const [lost] = servers
  await lost!.kill()
  const gone = { check: 'nodes-answer', level: 'fail', subjects: [lost!.address] }
  expect(await wrongWith(options)).toContainEqual(expect.objectContaining(gone))
  const { code, state, problems } = await commandJson<StatusReport>(['status'], await configured(options))
  expect([code, state, problems]).toEqual([1, 'none', [expect.stringContaining(lost!.address)]])
})
