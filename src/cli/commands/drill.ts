import type { Cache } from '../../cache/cache.js'
import { loopClock } from '../../connection/deadlines.js'
import { CommandTimeoutError } from '../../errors.js'
import { eventually } from '../../lab/eventually.js'
import type { Milliseconds } from '../../units.js'
import type { Command } from '../command.js'
import { findOrder, type Order } from '../drill/order.js'
import { drillLines, exitOf, type DrillReport } from '../drill/report.js'
import { DrillTraffic } from '../drill/traffic.js'
import { remoteOf } from '../target/target.js'
import { withCache } from '../target/with-cache.js'
import { painter } from '../terminal/paint.js'
import { confirmed } from './confirmed.js'

/** Orders a failover under traffic of its own, and says what this cache felt of it. */
export const drill: Command = {
  usage: 'drill --yes [--shard 0]',
  summary: 'orders a failover, and says what this cache felt of it',
  options: ['yes', 'shard'],
  run: (given, surroundings) =>
    withCache(given, surroundings, async (cache, target) => {
      const order = await findOrder(remoteOf(target), given.shard ?? 0)
      confirmed(given, 'drill', `asks ${order.asked}, and writes keys of its own meanwhile`)
      const report = await run(cache, order)
      const paint = painter(surroundings.stdout, surroundings.env)
      const lines = given.json ? [JSON.stringify(report)] : drillLines(report, paint)
      surroundings.stdout.write(`${lines.join('\n')}\n`)
      return exitOf(report)
    }),
}

async function run(cache: Cache, order: Order): Promise<DrillReport> {
  await cache.ping()
  const traffic = new DrillTraffic(cache, order.holds)
  try {
    await written(traffic, calm)
    const from = order.primaryIn(cache.topology())
    const ordered = traffic.mark()
    await order.give()
    const to = await changed(cache, order, from)
    const switched = traffic.mark()
    await written(traffic, calm)
    const felt = await traffic.end(ordered)
    return { asked: order.asked, from, to, after: switched - ordered, felt }
  } finally {
    await traffic.stop()
  }
}

/** Waits for that many more writes. */
async function written(traffic: DrillTraffic, count: number): Promise<void> {
  const goal = traffic.written + count
  await eventually(() => traffic.written >= goal, { timeout: patience })
}

/** Waits for another primary. */
async function changed(cache: Cache, order: Order, from: string | undefined): Promise<string> {
  const begun = loopClock.now()
  try {
    return await eventually(
      () => {
        const now = order.primaryIn(cache.topology())
        return now !== undefined && now !== from ? now : false
      },
      { timeout: patience },
    )
  } catch (cause) {
    const problem = 'no other primary was seen'
    throw new CommandTimeoutError(order.asked, loopClock.now() - begun, true, { problem, cause })
  }
}

/** Writes before the order and after the switch. */
const calm = 100
const patience: Milliseconds = 30_000
