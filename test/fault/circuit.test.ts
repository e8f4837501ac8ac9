import { expect } from 'vitest'
import { PrimaryNotFoundError, SentinelUnreachableError } from '../../src/index.js'
import { eventually, startStallProbe, startTraffic, type LabServer, type Traffic } from '../../src/lab/index.js'
import { at, test, under } from '../support/caches.js'
import { startControl, type Control } from '../support/control.js'
import { Latencies } from '../support/latencies.js'
import { rejection } from '../support/rejection.js'
import { replicasHave } from '../support/replicas-have.js'

/** How long after an outage began calls are refused at once, and what that takes beyond a read of a calm server, in ms. */
const patience = 1_000 + 200
const atOnce = 5
/** How long after its return a node is noticed. */
const recovery = 500

test.for<[what: string, away: (server: LabServer) => unknown, back: (server: LabServer) => unknown]>([
  ['killed', (server) => server.kill(), (server) => server.start()],
  ['frozen', (server) => server.pause(), (server) => server.resume()],
])(
  'all nodes and sentinels are %s: after a second calls are refused at once, and each node is noticed that is back',
  async ([, away, back], { lab, plain, make }) => {
    const group = await lab.group({ steady: false })
    const [primary, replica] = group.nodes as [LabServer, LabServer]
    const { cache, untouched } = make({ cache: under(group), untouched: { location: at(plain) } })
    await cache.set('k', 1)
    const probe = startStallProbe()
    const [times, errors, control] = [new Latencies(probe), new Set<unknown>(), startControl(untouched, probe)]
    let lastsFrom = Infinity
    const judged = async (call: Promise<unknown>): Promise<unknown> => {
      const isRefused = performance.now() > lastsFrom
      return call.catch((error: Error) => {
        if (isRefused) errors.add(error.constructor)
        throw error
      })
    }
    const stream = (operation: (n: number) => Promise<unknown>): Traffic =>
      startTraffic({ rate: 250, operation: (n) => times.time(() => judged(operation(n))) })
    const reads = stream(() => cache.get('other'))
    const writes = stream((n) => cache.set(`k${n}`, n))
    await eventually(() => cache.topology().nodes.filter(({ state }) => state === 'up').length === 3)
    const awayAt = performance.now()
    await Promise.all([...group.nodes, ...group.sentinels].map(away))
    await eventually(() => writes.report().failures.has('E_PRIMARY_NOT_FOUND'))
    lastsFrom = performance.now()
    const refusedAfter = lastsFrom - awayAt - probe.stalledWithin(awayAt, lastsFrom)
    expect(refusedAfter - control.pauseSince(awayAt), 'ms until calls are refused').toBeLessThanOrEqual(patience)
    await eventually(() => performance.now() > lastsFrom + 1_000)
    const backAt = performance.now()
    const [refusals, machine] = [times.p99(lastsFrom, backAt), control.times.p99(lastsFrom, backAt)]
    console.info(`p99 of refusals ${refusals.toFixed(2)} ms, of reads of a calm server ${machine.toFixed(2)} ms`)
    expect(refusals).toBeLessThanOrEqual(atOnce + machine)
    expect([...errors]).toEqual([PrimaryNotFoundError])

    await back(replica)
    await noticed(reads, control)
    await back(primary)
    await noticed(writes, control)
    await control.stop()
    const [{ unsettled }, { unsettled: unwritten }] = [await reads.stop(), await writes.stop()]
    expect([unsettled, unwritten]).toEqual([0, 0])
  },
)

test('no primary, and sentinels that can name none: reads go on, and writes wait for one within their deadlines', async ({
  lab,
  make,
}) => {
  const group = await lab.group({ config: { 'replica-priority': '0' } })
  const [primary] = group.nodes as [LabServer]
  const { cache } = make({ cache: under(group) })
  await cache.set('k', 1)
  await replicasHave(primary, group.nodes)
  const reads = startTraffic({ rate: 200, operation: () => cache.get('k', { readFrom: 'replicaPreferred' }) })
  await primary.kill()
  const startedAt = performance.now()
  const [patient, impatient] = [cache.set('k', 2), rejection(cache.set('k', 3, { deadline: 2_000 }))]
  const { error, at } = await impatient
  expect(error).toBeInstanceOf(PrimaryNotFoundError)
  expect(at - startedAt).toBeGreaterThan(1_900)
  await primary.start()
  expect(await patient).toBe(true)
  const { failures, unsettled } = await reads.stop()
  expect({ failures: Object.fromEntries(failures), unsettled }).toEqual({ failures: {}, unsettled: 0 })
})

test('a cache that is made in an outage: after a second calls are refused at once, also those of another cache', async ({
  lab,
  plain,
  make,
}) => {
  const group = await lab.group({ steady: false })
  await Promise.all(group.nodes.map((node) => node.kill()))
  group.sentinels.forEach((sentinel) => sentinel.pause())
  const { cache, another, untouched } = make({
    cache: under(group),
    another: under(group),
    untouched: { location: at(plain) },
  })
  const probe = startStallProbe()
  const [times, errors, control] = [new Latencies(probe), new Set<unknown>(), startControl(untouched, probe)]
  const startedAt = performance.now()
  const calls = startTraffic({
    rate: 250,
    operation: (n) => times.time(() => (n % 2 === 0 ? cache.get('k') : cache.set('k', n))),
    onFailure: (error) => errors.add((error as Error).constructor),
  })
  // By the first refusals those that waited for the servers are over as well.
  await eventually(() => calls.failed > 50)
  const lastsFrom = performance.now()
  const refusedAfter = lastsFrom - startedAt - probe.stalledWithin(startedAt, lastsFrom)
  expect(refusedAfter - control.pauseSince(startedAt), 'ms until calls are refused').toBeLessThanOrEqual(patience)
  await eventually(() => performance.now() > lastsFrom + 500)
  const [refusals, machine] = [times, control.times].map((some) => some.p99(lastsFrom, performance.now()))
  expect(refusals).toBeLessThanOrEqual(atOnce + (machine ?? 0))
  const firstAt = performance.now()
  const { at: refusedAt } = await rejection(another.get('k', { deadline: '30s' }))
  expect(refusedAt - firstAt - control.pauseSince(firstAt), "ms of another cache's first call").toBeLessThan(
    patience / 2,
  )
  expect([...errors]).toEqual([SentinelUnreachableError])
  await Promise.all(group.nodes.map((node) => node.start()))
  group.sentinels.forEach((sentinel) => sentinel.resume())
  await noticed(calls, control, 2_500)
  await control.stop()
  expect((await calls.stop()).unsettled).toBe(0)
})

/** A call succeeds soon, of those that are issued from now on. */
async function noticed(calls: Traffic, control: Control, within = recovery): Promise<void> {
  const now = performance.now()
  const at = await eventually(() => calls.report().firstSuccessAfter(now) ?? false)
  // It takes a connection, its handshake and a call, where a read of the untouched server is a call.
  expect(at - now - 3 * control.pauseSince(now), 'ms until it is noticed').toBeLessThanOrEqual(within)
}
