import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { eventually, type LabGroup, type LabServer } from '../../src/lab/index.js'
import { expectReadsWent, expectSwitched, test, type Drill } from '../support/failover.js'
import { hasten } from '../support/sentinel-log.js'

/** From a sentinel's return to its first answer to the cache, in ms: one that failed is dialled again within 2 s. */
const recovery = 5_000

test('sentinels that moved elsewhere lead the cache on; its seeds are asked again when they are back', async ({
  drill,
}) => {
  const run = await drill({
    group: { sentinels: 6, quorum: 2 },
    cache: ({ sentinelAddresses }) => ({ sentinels: sentinelAddresses.slice(0, 3) }),
  })
  const { group } = run
  const [seeds, learned] = [group.sentinels.slice(0, 3), group.sentinels.slice(3)]
  await heard(run, group.sentinels)
  await Promise.all(seeds.map((sentinel) => sentinel.kill()))
  await forgetOthers(learned, group)
  await heard(run, learned)
  await run.strike(() => run.primary.kill())
  await run.switched()
  // Those that come back hear of the switch before they have time to fail over themselves.
  await hasten(learned, { publish: 100 })
  await Promise.all(seeds.map((sentinel) => sentinel.start()))
  await heard(run, group.sentinels, recovery)
  await run.goOn(50)
  const outcome = await run.finish()
  expectSwitched(outcome)
  expectReadsWent(outcome)
})

test('a sentinel that starts again as on its first day moves nobody back, and takes nothing away', async ({
  lab,
  drill,
}) => {
  const run = await drill()
  const { group, cache } = run
  const newcomer = group.sentinels[1] as LabServer
  const removed: string[] = []
  await run.strike(() => group.failover())
  await run.switched()
  cache.on('replica-removed', ({ address }) => removed.push(address))
  await newcomer.kill()
  await run.goOn(100)
  await writeFile(join(lab.folder, String(newcomer.port), 'server.conf'), firstDay(newcomer, run.primary))
  await newcomer.start()
  await heard(run, group.sentinels, recovery)
  await run.goOn(100)
  const outcome = await run.finish()
  expect(removed).toEqual([])
  expect(outcome.epochs).toEqual([1])
  expect(outcome.lostAt).toEqual([])
  expectSwitched(outcome)
  expectReadsWent(outcome)
})

/** Until exactly these answer the cache. */
async function heard({ cache }: Drill, sentinels: readonly LabServer[], timeout = 10_000): Promise<void> {
  const wanted = addressesOf(sentinels)
  await eventually(() => cache.topology().sentinels.toSorted().join() === wanted, { timeout })
}

/** One by one they forget what is dead, and learn of each other again. */
async function forgetOthers(sentinels: readonly LabServer[], { serviceName }: LabGroup): Promise<void> {
  await hasten(sentinels, { info: 100, publish: 100 })
  for (const sentinel of sentinels) {
    await sentinel.command('SENTINEL', 'RESET', serviceName)
    await eventually(async () => {
      const [others, replicas] = await Promise.all(
        ['SENTINELS', 'REPLICAS'].map((word) => sentinel.command('SENTINEL', word, serviceName)),
      )
      return (others as unknown[]).length === sentinels.length - 1 && (replicas as unknown[]).length === 2
    })
  }
  await hasten(sentinels, {})
}

/** What a sentinel is given by hand: whom to watch, and nothing of what became of that since. */
function firstDay({ port }: LabServer, { host, port: primaryPort }: LabServer): string {
  return [
    `port ${port}`,
    'bind 127.0.0.1',
    `sentinel monitor mymaster ${host} ${primaryPort} 2`,
    'sentinel down-after-milliseconds mymaster 1000',
    '',
  ].join('\n')
}

function addressesOf(servers: readonly LabServer[]): string {
  return servers
    .map(({ address }) => address)
    .sort()
    .join()
}
