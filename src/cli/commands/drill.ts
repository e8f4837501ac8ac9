import type { Cache } from '../../cache/cache.js'
import { CommandTimeoutError } from '../../errors.js'
import { eventually } from '../../lab/eventually.js'
import { LabError } from '../../lab/lab-error.js'
import type { Milliseconds } from '../../units.js'
import type { Command } from '../command.js'
import { findOrder, type Order } from '../drill/order.js'
import { drillLines, exitOf, type DrillReport } from '../drill/report.js'
import { DrillTraffic } from '../drill/traffic.js'
import { remoteOf } from '../target/target.js'
import { withCache } from '../target/with-cache.js'
import { confirmed } from './confirmed.js'
import { show } from './show.js'

/** Orders a failover under traffic of its own, and says what this cache felt of it. */
export const drill: Command = {
  usage: 'drill --yes [--shard 0]',
  summary: 'orders a failover, and says what this cache felt of it',
  options: ['yes', 'shard'],
  run: (given, surroundings) =>
    withCache(given, surroundings, async (cache, target) => {
      const order = await findOrder(remoteOf(target), given.shard ?? 0)
      confirmed(given, 'drill', `asks ${order.asked}, and writes keys of its own meanwhile`)
      const report = await runDrill(cache, order)
      show(given, surroundings, { found: report, lines: (paint) => drillLines(report, paint) })
      return exitOf(report)
    }),
}

/**
 * Orders it under traffic. Whatever comes of it once it is ordered is in the report.
 * @param most how long to wait for another primary, and then for writes, in ms
 * @throws {CommandTimeoutError} E_TIMEOUT when writes do not succeed before; then nothing is ordered
 */
export async function runDrill(cache: Cache, order: Order, most: Milliseconds = patience): Promise<DrillReport> {
  await cache.ping()
  const traffic = new DrillTraffic(cache, order.holds)
  try {
    if ((await written(traffic, patience)) === undefined)
      throw new CommandTimeoutError('SET', patience, true, {
        problem: 'nothing was ordered, for writes did not succeed',
      })
    const from = order.primaryIn(cache.topology())
    const ordered = traffic.mark()
    await order.give()
    const to = await changed(cache, order, from, most)
    const after = traffic.mark() - ordered
    if (to !== undefined) await written(traffic, most)
    return { asked: order.asked, from, to, after, felt: await traffic.end(ordered) }
  } finally {
    await traffic.close()
  }
}

/** Waits for some more writes. */
function written(traffic: DrillTraffic, timeout: Milliseconds): Promise<true | undefined> {
  const goal = traffic.written + calm
  return inTime(() => traffic.written >= goal, timeout)
}

/** Waits for another primary. */
function changed(
  cache: Cache,
  order: Order,
  from: string | undefined,
  timeout: Milliseconds,
): Promise<string | undefined> {
  return inTime(() => {
    const now = order.primaryIn(cache.topology())
    return now !== undefined && now !== from ? now : false
  }, timeout)
}

/** Resolves to `undefined` when time was up. */
function inTime<T>(check: () => T | false, timeout: Milliseconds): Promise<Exclude<T, false | null> | undefined> {
  return eventually(check, { timeout }).catch((error: unknown) => {
    if (!(error instanceof LabError)) throw error
    return undefined
  })
}

/** Writes before the order and after the switch. */
const calm = 100
const patience: Milliseconds = 30_000
