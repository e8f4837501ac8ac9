import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { AuthenticationError, CommandError, InsufficientReplicasError, type Cache } from '../../../src/index.js'
import { eventually, freePort, startTraffic, type LabServer } from '../../../src/lab/index.js'
import { at, test, under } from '../../support/caches.js'
import { refusals } from '../../support/refusals.js'
import { rejection } from '../../support/rejection.js'
import { replicasHave } from '../../support/replicas-have.js'

/** What a server refuses because of its state, and that passes: another node, or the same one a little later. */
describe('is tried again', () => {
  test('READONLY: until the primary is one again, or the deadline', async ({ lab, make }) => {
    const { nodes } = await lab.group({ replicas: 1, sentinels: 0 })
    const [primary, replica] = nodes as [LabServer, LabServer]
    const { cache } = make({ cache: { location: nodes.map((node) => at(node)) } })
    await cache.set('k', 1)
    await primary.command('REPLICAOF', replica.host, replica.port)
    const { error } = await rejection(cache.set('k', 2, { deadline: 300 }))
    expect(error).toBeInstanceOf(CommandError)
    expect(error).toMatchObject({ reply: expect.stringMatching(/^READONLY/) as string, retryable: true })
    const waits = cache.set('k', 3)
    await eventually(async () => (await refusals(primary, 'READONLY')) > 3)
    await primary.command('REPLICAOF', 'NO', 'ONE')
    expect(await waits).toBe(true)
  })

  test('REDIRECT, or READONLY on Redis: a primary that was made a replica by hand is left alone until it is one again', async ({
    lab,
    make,
  }) => {
    const group = await lab.group({ steady: false })
    const [primary, replica] = group.nodes as [LabServer, LabServer]
    const { cache } = make({ cache: under(group) })
    await cache.set('k', 1)
    await primary.command('REPLICAOF', replica.host, replica.port)
    const waits = [2, 3, 4].map((value) => cache.set('k', value))
    await eventually(() => cache.topology().state === 'suspect')
    await primary.command('REPLICAOF', 'NO', 'ONE')
    expect(await Promise.all(waits)).toEqual([true, true, true])
  })

  test('LOADING: by another replica', async ({ lab, make }) => {
    const group = await lab.group({ replicas: 2, sentinels: 0 })
    const [primary, loading] = group.nodes as [LabServer, LabServer]
    const { cache } = make({ cache: { location: group.location, readFrom: 'replica', readYourWrites: 0 } })
    await cache.setMany(Array.from({ length: 500 }, (_, n) => [n, n] as const))
    await replicasHave(primary, group.nodes)
    await replicasAnswer(cache, 2)
    const reads = startTraffic({ rate: 200, operation: async (n) => expect(await cache.get(n % 500)).toBe(n % 500) })
    await loading.command('CONFIG', 'SET', 'key-load-delay', 2_000, 'loading-process-events-interval-bytes', 1_024)
    await primary.command('DEBUG', 'CHANGE-REPL-ID')
    await loading.command('CLIENT', 'KILL', 'TYPE', 'master')
    await eventually(async () => (await refusals(loading, 'LOADING')) > 3)
    await expectNoFailure(reads)
  })

  test('MASTERDOWN: by another replica; where there is none, until the deadline', async ({ lab, make }) => {
    const group = await lab.group({ replicas: 2, sentinels: 0 })
    const [primary, alone] = group.nodes as [LabServer, LabServer]
    const { cache, one } = make(
      { cache: { location: group.location }, one: { location: [at(primary), at(alone)] } },
      { readFrom: 'replica', readYourWrites: 0 },
    )
    await cache.set('k', 1)
    await replicasHave(primary, group.nodes)
    await replicasAnswer(cache, 2)
    await alone.command('CONFIG', 'SET', 'replica-serve-stale-data', 'no')
    await alone.command('REPLICAOF', '127.0.0.1', await freePort())
    const reads = startTraffic({ rate: 200, operation: async () => expect(await cache.get('k')).toBe(1) })
    // It is its first call, for which it connects.
    const { error } = await rejection(one.get('k', { deadline: '3s' }))
    expect(error).toMatchObject({ reply: expect.stringMatching(/^MASTERDOWN/) as string, retryable: true })
    await eventually(async () => (await refusals(alone, 'MASTERDOWN')) > 10)
    await expectNoFailure(reads)
  })

  test('BUSY: until the deadline', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    await cache.set('k', 1)
    await ownServer.command('CONFIG', 'SET', 'busy-reply-threshold', 1)
    const busy = rejection(cache.command(['EVAL', 'while true do end', 0], { intent: 'write', deadline: '30s' }))
    const other = make({ cache: { location: at(ownServer) } }).cache
    await eventually(async () =>
      expect((await rejection(other.set('k', 2, { deadline: 300 }))).error).toMatchObject({
        retryable: true,
        reply: expect.stringMatching(/^BUSY/) as string,
      }),
    )
    await ownServer.command('SCRIPT', 'KILL')
    await busy
    expect(await other.set('k', 3)).toBe(true)
  })
})

/** What passes only when somebody does something about it. */
describe('is said at once', () => {
  test('NOREPLICAS: InsufficientReplicasError', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    await ownServer.command('CONFIG', 'SET', 'min-replicas-to-write', 1)
    const { error } = await rejection(cache.set('k', 1))
    expect(error).toBeInstanceOf(InsufficientReplicasError)
    expect(await refusals(ownServer, 'NOREPLICAS')).toBe(1)
  })

  test('NOPERM: AuthenticationError, and what the user may do goes on', async ({ lab, make }) => {
    const group = await lab.group({ replicas: 1, steady: false })
    for (const node of group.nodes)
      await node.command('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '+@all', '-incrby', '-eval', '-evalsha')
    const { cache } = make({ cache: under(group, { username: 'app', password: 'secret' }) })
    await cache.set('k', 1)
    const { error } = await rejection(cache.incr('k'))
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(String(error)).toContain('NOPERM')
    expect(cache.topology()).toMatchObject({ state: 'steady' })
    expect(await cache.set('k', 2)).toBe(true)
  })

  test('OOM: CommandError', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    await ownServer.command('CONFIG', 'SET', 'maxmemory', 1)
    const { error } = await rejection(cache.set('k', 1))
    expect(error).toBeInstanceOf(CommandError)
    expect(error).toMatchObject({ reply: expect.stringMatching(/^OOM/) as string, retryable: false })
    expect(await refusals(ownServer, 'OOM')).toBe(1)
  })

  test('MISCONF: CommandError', async ({ lab, ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    await mkdir(join(lab.folder, String(ownServer.port), 'dump.rdb', 'in-the-way'), { recursive: true })
    await ownServer.command('CONFIG', 'SET', 'save', '3600 1')
    await ownServer.command('BGSAVE')
    await eventually(async () => String(await ownServer.command('INFO')).includes('rdb_last_bgsave_status:err'))
    const { error } = await rejection(cache.set('k', 1))
    expect(error).toBeInstanceOf(CommandError)
    expect(error).toMatchObject({ reply: expect.stringMatching(/^MISCONF/) as string, retryable: false })
    expect(await refusals(ownServer, 'MISCONF')).toBe(1)
  })
})

async function replicasAnswer(cache: Cache, count: number): Promise<void> {
  await cache.get('k')
  const up = (): number =>
    cache.topology().nodes.filter(({ role, state }) => role === 'replica' && state === 'up').length
  await eventually(() => up() === count)
}

async function expectNoFailure(reads: ReturnType<typeof startTraffic>): Promise<void> {
  const { succeeded, failures, unsettled } = await reads.stop()
  expect(succeeded).toBeGreaterThan(20)
  expect({ failures: [...failures], unsettled }).toEqual({ failures: [], unsettled: 0 })
}
