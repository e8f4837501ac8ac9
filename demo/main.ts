// What this package is for, on real servers: a Django settings object, steady reads and writes, a primary that is
// killed, its successor that is frozen, and a failover that is ordered. Exits 0 when every promise was kept, else 1.
import { createCaches, ReadOnlyCacheError, type Cache } from 'valkey-cache'
import { fromDjangoSettings } from 'valkey-cache/django'
import { eventually, startLab, startStallProbe, startTraffic, type Traffic } from 'valkey-cache/lab'
import { drill, recover, type DrillResult, type Stage } from './drill.js'
import { Ledger } from './ledger.js'
import { ms, Screen } from './screen.js'
import { djangoSettings } from './settings.js'
import { brokenPromises, downAfter } from './verdict.js'

const rate = 1_000
const screen = new Screen()

process.removeAllListeners('warning').on('warning', ({ message }) => screen.say(`  warning: ${message}`))
screen.say('Starting 1 primary, 2 replicas, 3 sentinels and a plain server …')
await using lab = await startLab()
const [group, plain] = await Promise.all([lab.group({ downAfter, failoverTimeout: 3_000 }), lab.server()])
await using caches = createCaches(fromDjangoSettings(djangoSettings(group, plain)))
await caches.ready()
await showCaches()

const ledger = new Ledger(caches.default)
const probe = startStallProbe()
const writes = startTraffic({ rate, operation: (id) => ledger.write(id) })
const reads = startTraffic({ rate, operation: () => ledger.readAny() })
const stage: Stage = { group, cache: caches.default, reads, writes, probe }
let phase = 'all is well'
const ticker = setInterval(() => screen.update(liveLine()), 250)

await calm()
const killed = await act('the primary is killed', () => drill('killed', stage, until))
await recover(group, 'killed')
await calm()
const frozen = await act('the new primary is frozen', () => drill('frozen', stage, until))
await recover(group, 'frozen')
await calm()
const lostInFaults = await ledger.countLost()
const planned = await act('a failover is ordered', () => drill('planned', stage, until))
await calm()

clearInterval(ticker)
const [written, read] = [await writes.stop(), await reads.stop()]
const lost = await ledger.countLost()
const unsettled = written.unsettled + read.unsettled
const lostAsPlanned = lost - lostInFaults
const results = [killed, frozen, planned]
showTable(results)
const broken = brokenPromises(results, { unsettled, wrong: ledger.wrong, lostAsPlanned })
for (const promise of broken) screen.say(`BROKEN: ${promise}`)
screen.say(broken.length === 0 ? 'Every promise was kept.' : `${broken.length} promises were broken.`)
process.exitCode = broken.length === 0 ? 0 : 1

async function showCaches(): Promise<void> {
  await caches.other.set('greeting', 'hello')
  await eventually(async () => (await caches.readonly.get('greeting')) === 'hello')
  await caches.plain.set('greeting', 'hello from database 1')
  const refusal = await caches.readonly.set('greeting', 'no').catch((error: unknown) => error)
  if (!(refusal instanceof ReadOnlyCacheError)) throw new Error('The read-only cache took a write.')
  for (const cache of [caches.default, caches.other, caches.readonly, caches.plain]) screen.say(describe(cache))
}

function describe(cache: Cache): string {
  const { primary, replicas } = cache.topology()
  return `  ${cache.name.padEnd(8)}  ${primary ?? ''}${replicas.length > 0 ? `, replicas ${replicas.join(' ')}` : ''}`
}

async function act(name: string, work: () => Promise<DrillResult>): Promise<DrillResult> {
  phase = name
  screen.say(`${name}: ${caches.default.topology().primary}`)
  const result = await work()
  const { writeGap, afterSentinel, longestReadGap } = result
  screen.say(
    `  writes went on after ${ms(writeGap)} (${moment(afterSentinel)}), at ${result.to}; longest gap in reads ${ms(longestReadGap)}`,
  )
  phase = 'all is well'
  return result
}

function moment(afterSentinel: number): string {
  const [length, side] = [ms(Math.abs(afterSentinel)), afterSentinel < 0 ? 'before' : 'after']
  return `${length} ${side} Sentinel named the new primary`
}

/** A while of undisturbed traffic: this many more writes. */
async function calm(): Promise<void> {
  const goal = writes.succeeded + 3 * rate
  await until(() => writes.succeeded >= goal)
}

async function until(condition: () => boolean): Promise<void> {
  await eventually(() => condition(), { timeout: 30_000 })
}

function liveLine(): string {
  const perSecond = (traffic: Traffic): number =>
    traffic.report().successTimes.filter((at) => at > performance.now() - 1_000).length
  const failed = reads.failed + writes.failed
  return `${phase} · ${perSecond(reads)} reads/s · ${perSecond(writes)} writes/s · ${failed} errors · primary ${caches.default.topology().primary}`
}

function showTable(results: readonly DrillResult[]): void {
  const failures = [...written.failures, ...read.failures].map(([code, count]) => `${count} ${code}`).join(', ')
  screen.say('')
  screen.table([
    ...results.flatMap((result): [string, string, string][] => [
      [`${result.fault}: longest gap in reads`, ms(result.longestReadGap), ''],
      [`${result.fault}: longest gap in writes`, ms(result.writeGap), moment(result.afterSentinel)],
    ]),
    ['reads', String(read.succeeded), `${ledger.missed} of them found a lost or not yet replicated write missing`],
    ['writes acknowledged', String(ledger.acknowledged), ''],
    ['of these lost in the ordered failover', String(lostAsPlanned), 'writes are held from the first sign of it'],
    [
      'lost in all',
      String(lost),
      'replication is asynchronous: what a primary acknowledged and did not pass on dies with it',
    ],
    ['failed with an error', String(written.failed + read.failed), failures],
    ['never settled', String(unsettled), ''],
    ['wrong values', String(ledger.wrong), ''],
  ])
}
