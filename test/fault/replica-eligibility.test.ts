import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import type { CacheEvents } from '../../src/index.js'
import { eventually, freePort, startTraffic, type LabServer } from '../../src/lab/index.js'
import { callsOf, test, under } from '../support/caches.js'
import { expectReadsWent, expectSwitched, test as drilled } from '../support/failover.js'
import { replicasHave } from '../support/replicas-have.js'
import { hasten } from '../support/sentinel-log.js'
import { Stopwatch } from '../support/stopwatch.js'

/** How long a replica without a link to its primary serves, and how late a sentinel may notice, in ms. */
const linkGrace = 10_000
const noticed = 2_500

describe('a replica', () => {
  test('that is cut off from its primary serves for a grace of 10 s, and no longer', async ({ lab, make }) => {
    const group = await lab.group({ replicas: 1, proxied: true })
    const [primary, replica] = group.nodes as [LabServer, LabServer]
    await hasten(group.sentinels, { info: 250 })
    // Reads that are hedged to the primary would count as its own.
    const { cache } = make({ cache: under(group, { attemptTimeout: '10s' }) })
    const serving = (): boolean => cache.topology().replicas.includes(replica.address)
    await cache.get('k')
    const reads = startTraffic({ rate: 100, operation: () => cache.get('k') })
    await eventually(() => reads.succeeded > 100)
    primary.proxy.cut({ from: replica })
    const [cutAt, served] = [performance.now(), await callsOf(primary, 'get')]
    let meanwhile = served
    const dropped = async (): Promise<boolean> => {
      const calls = await callsOf(primary, 'get')
      if (serving()) meanwhile = calls
      return !serving()
    }
    await eventually(dropped, { timeout: linkGrace + noticed })
    const droppedAfter = performance.now() - cutAt
    expect(droppedAfter).toBeGreaterThan(linkGrace - 1_000)
    expect(meanwhile - served, 'reads of the primary while the replica served').toBeLessThanOrEqual(5)
    await eventually(async () => (await callsOf(primary, 'get')) > served + 20)
    const { failures, unsettled } = await reads.stop()
    expect({ failures: [...failures], unsettled }).toEqual({ failures: [], unsettled: 0 })
  })

  test('that follows a dead port since it started does not serve', async ({ lab, make }) => {
    const group = await lab.group({ steady: false })
    const [primary, lost, fit] = group.nodes as [LabServer, LabServer, LabServer]
    // So rarely would the sentinels set it right.
    await hasten(group.sentinels, { info: 100, publish: 60_000 })
    await lost.kill()
    await follow(join(lab.folder, String(lost.port), 'server.conf'), await freePort())
    await lost.start()
    await eventually(async () => {
      const views = await Promise.all(group.sentinels.map((sentinel) => linkOf(lost, sentinel, group.serviceName)))
      return views.every((link) => link === 'err')
    })
    const { cache } = make({ cache: under(group) })
    await primary.command('SET', cache.makeKey('k'), 1)
    await primary.command('WAIT', 1, 5_000)
    for (let count = 0; count < 100; count++) expect(await cache.get('k')).toBe(1)
    expect(cache.topology().replicas).toEqual([fit.address])
    expect(await callsOf(lost, 'get')).toBe(0)
  })

  test('that falls behind by more than maxLag is ejected, and restored when it has caught up', async ({
    lab,
    make,
  }) => {
    const group = await lab.group({ steady: false, proxied: true })
    const [primary, late] = group.nodes as [LabServer, LabServer]
    const { cache } = make({ cache: under(group, { maxLag: '1s' }) })
    const told: CacheEvents['replica-ejected' | 'replica-restored'][] = []
    cache.on('replica-ejected', (event) => told.push(event))
    cache.on('replica-restored', (event) => told.push(event))
    const traffic = startTraffic({
      rate: 200,
      operation: (n) => (n % 4 === 0 ? cache.set(`k${n}`, n) : cache.get('other')),
    })
    await eventually(() => cache.topology().nodes.every(({ role, lag }) => role === 'primary' || lag === 0))
    // From here on: it has all that there is now.
    const caughtUpAt = performance.now()
    await replicasHave(primary, [late])
    primary.proxy.blackhole({ from: late })
    using watch = new Stopwatch()
    await eventually(() => told.length === 1)
    expect(performance.now() - caughtUpAt, 'ejected after').toBeGreaterThan(900)
    expect(watch.elapsed(), 'ejected after').toBeLessThan(3_000)
    expect(told[0]).toEqual({
      type: 'replica-ejected',
      address: late.address,
      reason: expect.stringMatching(/^is \d+ ms behind its primary$/) as string,
    })
    const goOn = async (operations: number): Promise<void> => {
      const goal = traffic.succeeded + operations
      await eventually(() => traffic.succeeded > goal)
    }
    // What was on its way to it arrives.
    await goOn(20)
    const served = await callsOf(late, 'get')
    await goOn(100)
    expect(await callsOf(late, 'get'), 'reads of the one that is late').toBe(served)
    primary.proxy.heal()
    await eventually(() => told.length === 2)
    expect(told[1]).toEqual({ type: 'replica-restored', address: late.address })
    const { failures, unsettled } = await traffic.stop()
    expect({ failures: [...failures], unsettled }).toEqual({ failures: [], unsettled: 0 })
  })
})

drilled(
  "reads of 'replica' alone go on when the primary is replaced, and when the next is killed",
  async ({ drill }) => {
    const run = await drill({ group: { replicas: 3, downAfter: 1_000 }, cache: { readFrom: 'replica' } })
    await run.strike(() => run.group.failover())
    await run.switched()
    const second = await run.group.primary()
    await second.kill()
    await run.replaced(second)
    const outcome = await run.finish()
    expectSwitched(outcome)
    expectReadsWent(outcome)
  },
)

/** Lets a server that is down follow whoever is at this port when it starts. */
async function follow(configFile: string, port: number): Promise<void> {
  const config = await readFile(configFile, 'utf8')
  await writeFile(configFile, config.replace(/^replicaof .*$/m, `replicaof 127.0.0.1 ${port}`))
}

/** What a sentinel says of the link of a replica to its primary. */
async function linkOf({ port }: LabServer, sentinel: LabServer, serviceName: string): Promise<string | undefined> {
  const rows = (await sentinel.command('SENTINEL', 'REPLICAS', serviceName)) as Map<string, string>[]
  return rows.find((row) => row.get('port') === String(port))?.get('master-link-status')
}
