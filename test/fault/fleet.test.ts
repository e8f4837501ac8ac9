import { expect, onTestFinished } from 'vitest'
import type { Cache } from '../../src/index.js'
import { eventually, startTraffic } from '../../src/lab/index.js'
import { at, test, under } from '../support/caches.js'
import { controlledLoader } from '../support/controlled-loader.js'
import { FleetMember, listeners } from '../support/fleet.js'
import { replicasHave } from '../support/replicas-have.js'

/** How long a lock lasts without being renewed, in ms. */
const lease = 2_000

test('of eight processes with fifty callers each one loads, once; when it is killed, all others are served after its lease', async ({
  server,
  lab,
  make,
}) => {
  const members = await FleetMember.start(8, { location: at(server), singleFlight: 'fleet', fleetLease: lease })
  onTestFinished(() => members.forEach((member) => member.kill()))
  const cold = { key: 'cold', callers: 50, takes: 50, value: 'v' }
  const answers = await Promise.all(members.map((member) => member.load(cold)))
  expect(answers.map(({ values }) => values)).toEqual(members.map(() => ['v']))
  expect(answers.reduce((sum, { loads }) => sum + loads, 0)).toBe(1)

  const [holder, ...others] = members as [FleetMember, ...FleetMember[]]
  void holder.load({ ...cold, key: 'lost', takes: 60_000 }).catch(() => {})
  await holder.loading('lost')
  const asked = others.map((member) => member.load({ ...cold, key: 'lost' }))
  await eventually(async () => (await listeners(server)) === others.length)
  const { calm } = make({ calm: { location: at(await lab.server()) } })
  const control = startTraffic({ rate: 250, operation: () => calm.get('k') })
  const killedAt = performance.now()
  holder.kill()
  const served = await Promise.all(asked)
  const took = performance.now() - killedAt
  const machine = 2 * (await control.stop()).longestGapSince(killedAt)
  console.info(`served after ${Math.round(took)} ms, the machine's doing ${Math.round(machine)} ms`)
  expect(served.map(({ values }) => values)).toEqual(others.map(() => ['v']))
  expect(served.reduce((sum, { loads }) => sum + loads, 0)).toBe(1)
  expect(took - machine, 'time until all are served').toBeLessThanOrEqual(lease + 200)
})

test('a failover while a load is waited for: its value is written to the new primary, and who waits is woken there', async ({
  lab,
  make,
}) => {
  const group = await lab.group()
  // Nobody stops waiting, however long the sentinels take.
  const options = under(group, { singleFlight: 'fleet', fleetLease: '1m', readDeadline: '1m' })
  const [one, two] = [make({ cache: options }).cache, make({ cache: options }).cache] as [Cache, Cache]
  const load = controlledLoader()
  const first = one.getOrSet('k', load.loader, { waitForWrite: true })
  await eventually(() => load.begun === 1)
  const second = two.getOrSet('k', () => 'loaded twice')
  const primary = await group.primary()
  await eventually(async () => (await listeners(primary)) === 1)
  await replicasHave(primary, group.nodes)
  const next = await group.failover()
  await eventually(async () => (await listeners(next)) === 1, { timeout: 20_000 })
  load.finish('v')
  expect(await Promise.all([first, second])).toStrictEqual(['v', 'v'])
  expect(await next.command('GET', one.makeKey('k'))).toBe('"v"')
})
