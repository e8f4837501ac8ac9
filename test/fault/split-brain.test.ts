import { expect } from 'vitest'
import { InsufficientReplicasError, PrimaryNotFoundError } from '../../src/index.js'
import { eventually, startStallProbe, startTraffic, type LabServer, type Traffic } from '../../src/lab/index.js'
import { at, test, under } from '../support/caches.js'
import { startControl } from '../support/control.js'
import { Ledger } from '../support/ledger.js'
import { rejection } from '../support/rejection.js'

const fenceAfter = 500
/** `min-replicas-max-lag`, in s. */
const maxLag = 2
/** The server counts whole seconds, which makes it one more at the most, and counts once a second, in ms. */
const noticedAfter = (maxLag + 2) * 1_000

test('cut off with the old primary: writes stop by the fence, or by the server; after the partition they go on at the new one', async ({
  lab,
  plain: calm,
  make,
}) => {
  const group = await lab.group({
    proxied: true,
    config: { 'min-replicas-to-write': '1', 'min-replicas-max-lag': String(maxLag) },
  })
  const [primary, ...replicas] = group.nodes as [LabServer, ...LabServer[]]
  const warnings = warningsOf('VALKEY_CACHE_SPLIT_BRAIN')
  const { fenced, plain, untouched } = make({
    fenced: under(group, { fenceAfter }),
    plain: under(group),
    untouched: { location: at(calm) },
  })
  const probe = startStallProbe()
  const control = startControl(untouched, probe)
  const ledgers = [new Ledger(fenced), new Ledger(plain)] as const
  const errors: readonly unknown[][] = [[], []]
  const [byFence, byServer] = ledgers.map((ledger, index) =>
    startTraffic({
      rate: 200,
      operation: (n) => ledger.write(n, 700),
      onFailure: (error) => errors[index]?.push(error),
    }),
  ) as [Traffic, Traffic]
  await eventually(() => Math.min(byFence.succeeded, byServer.succeeded) > 100)

  primary.proxy.blackhole({ from: 'servers' })
  for (const { proxy } of [...replicas, ...group.sentinels]) proxy.blackhole({ from: 'clients' })
  const cutAt = performance.now()
  await group.addressChanged(primary.address)
  await eventually(() => byServer.report().failures.has('E_REPLICAS'))
  await eventually(() => byFence.report().failures.has('E_PRIMARY_NOT_FOUND'))
  const failed = byServer.failed
  await eventually(() => byServer.failed > failed + 50)
  expect(await fenced.get('k')).toBe(undefined)
  const [healedAt, cutOff] = [performance.now(), errors.map((list) => [...list])]
  for (const { proxy } of [...group.nodes, ...group.sentinels]) proxy.heal()
  for (const writes of [byFence, byServer])
    await eventually(() => writes.report().firstSuccessAfter(healedAt + 500) !== undefined)

  const reports = [await byFence.stop(), await byServer.stop()]
  const lastAt = reports.map(({ successTimes }) => successTimes.findLast((at) => at < healedAt) ?? Infinity)
  const machine = 2 * control.pauseSince(cutAt)
  await control.stop()
  const lastBefore = lastAt.map((time) => time - cutAt - probe.stalledWithin(cutAt, time) - machine)
  probe.stop()
  console.info(
    `last acknowledged: ${lastBefore.map(Math.round).join(', ')} ms after the cut; ${JSON.stringify(reports.map(({ failures }) => [...failures]))}`,
  )
  expect(lastBefore[0], 'by the fence').toBeLessThanOrEqual(fenceAfter + 100)
  expect(lastBefore[1], 'by the server').toBeLessThanOrEqual(noticedAfter + 500)
  expect(reports.map(({ unsettled }) => unsettled)).toEqual([0, 0])
  expect(cutOff[0]?.filter((error) => !(error instanceof PrimaryNotFoundError))).toEqual([])
  expect(cutOff[1]?.filter((error) => !(error instanceof InsufficientReplicasError))).toEqual([])
  for (const [index, ledger] of ledgers.entries()) {
    const lost = await ledger.lost()
    expect(
      lost.filter(({ at }) => at > (lastAt[index] ?? 0)),
      'lost after that',
    ).toEqual([])
  }
  expect(warnings()).toEqual([])
})

test('one sentinel of three is no majority, by however many names it is reached', async ({ lab, make }) => {
  const group = await lab.group({ replicas: 1, steady: false })
  const [seen, ...others] = group.sentinels as [LabServer, ...LabServer[]]
  const sentinels = [seen.host, 'localhost', 'LOCALHOST'].map((host) => [host, seen.port] as const)
  const { cache } = make({ cache: under(group, { sentinels, fenceAfter }) })
  expect(await cache.set('k', 1)).toBe(true)
  await Promise.all(others.map((sentinel) => sentinel.kill()))
  await eventually(async () => (await rejection(cache.set('k', 2, { deadline: 200 }))).error)
  const { error } = await rejection(cache.set('k', 2, { deadline: 2 * fenceAfter }))
  expect(String(error)).toContain('writes are fenced: no majority of sentinels answers')
  expect(cache.topology().sentinels).toEqual([seen.address])
})

test('a write that WAITs for a replica and finds none is an InsufficientReplicasError', async ({ lab, make }) => {
  const { location, nodes } = await lab.group({ replicas: 1, sentinels: 0 })
  const { cache } = make({ cache: { location, minReplicas: 1 } })
  expect(await cache.set('k', 1)).toBe(true)
  nodes[1]?.pause()
  const { error } = await rejection(cache.set('k', 2, { deadline: 1_000 }))
  expect(error).toBeInstanceOf(InsufficientReplicasError)
  expect(await nodes[0]?.command('GET', cache.makeKey('k'))).toBe('2')
  nodes[1]?.resume()
  await eventually(() => cache.set('k', 3))
})

test('a primary that accepts writes without a replica is warned of, once', async ({ lab, make }) => {
  const group = await lab.group({ replicas: 1 })
  const warnings = warningsOf('VALKEY_CACHE_SPLIT_BRAIN')
  const { one, other } = make({ one: under(group), other: under(group, { database: 1 }) })
  await Promise.all([one.set('k', 1), other.set('k', 1)])
  await group.failover()
  await eventually(async () => one.topology().primary === (await group.primary()).address)
  await Promise.all([one.set('k', 2), other.set('k', 2)])
  expect(warnings()).toEqual([expect.stringContaining('min-replicas-to-write')])
})

/** The texts of the warnings with this code, from now on. */
function warningsOf(code: string): () => readonly string[] {
  const texts: string[] = []
  process.on('warning', (warning: Error & { readonly code?: string }) => {
    if (warning.code === code || warning.name === code) texts.push(warning.message)
  })
  return () => texts
}
