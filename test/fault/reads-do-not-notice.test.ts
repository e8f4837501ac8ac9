import { expect } from 'vitest'
import { eventually, startStallProbe, startTraffic, type LabGroup, type LabServer } from '../../src/lab/index.js'
import { at, test, under } from '../support/caches.js'
import { startControl } from '../support/control.js'
import { Latencies } from '../support/latencies.js'
import { patienceOf } from '../support/patience.js'

/** One node, one fault. */
interface Fault {
  readonly what: string
  readonly strike: (servers: Servers) => unknown
  /** What ends it. @default a second of it */
  readonly over?: (servers: Servers) => Promise<boolean>
}

/** Who is who when it begins. */
interface Servers {
  readonly group: LabGroup
  readonly primary: LabServer
  readonly replicas: readonly LabServer[]
  readonly sentinels: readonly LabServer[]
}

const replaced = async ({ group, primary }: Servers): Promise<boolean> => (await group.primary()) !== primary
const faults: readonly Fault[] = [
  ...([0, 1] as const).flatMap((n): Fault[] => [
    { what: `replica ${n + 1} is frozen`, strike: ({ replicas }) => replicas[n]?.pause() },
    { what: `replica ${n + 1} is killed`, strike: ({ replicas }) => replicas[n]?.kill() },
  ]),
  ...([0, 1, 2] as const).flatMap((n): Fault[] => [
    { what: `sentinel ${n + 1} is frozen`, strike: ({ sentinels }) => sentinels[n]?.pause() },
    { what: `sentinel ${n + 1} is killed`, strike: ({ sentinels }) => sentinels[n]?.kill() },
  ]),
  { what: 'a failover is ordered', strike: ({ group }) => group.failover() },
  { what: 'the primary is killed', strike: ({ primary }) => primary.kill(), over: replaced },
  { what: 'the primary is frozen', strike: ({ primary }) => primary.pause(), over: replaced },
  {
    what: 'a replica sleeps for 3 s',
    strike: ({ replicas }) => sleeps(replicas[0]),
    over: ({ replicas }) => answers(replicas[0]),
  },
  {
    what: 'the primary sleeps for 3 s',
    strike: ({ primary }) => sleeps(primary),
    over: ({ primary }) => answers(primary),
  },
]

test.for(faults.map((fault) => [fault.what, fault] as const))(
  'reads do not notice that %s',
  async ([, { strike, over }], { lab, plain, make, onTestFinished }) => {
    const group = await lab.group({ steady: over !== undefined })
    onTestFinished(
      async () => void (await Promise.all([...group.nodes, ...group.sentinels].map((server) => server.kill()))),
    )
    const servers = {
      group,
      primary: await group.primary(),
      replicas: await group.replicas(),
      sentinels: group.sentinels,
    }
    const { cache, untouched } = make({ cache: under(group), untouched: { location: at(plain) } })
    await servers.primary.command('SET', cache.makeKey('k'), '"v"')
    await servers.primary.command('WAIT', 2, 5_000)

    const probe = startStallProbe()
    const times = new Latencies(probe)
    const control = startControl(untouched, probe)
    const read = async (): Promise<void> => expect(await cache.get('k')).toBe('v')
    const reads = startTraffic({ rate: 500, operation: () => times.time(read) })
    await eventually(() => cache.topology().nodes.filter(({ state }) => state === 'up').length === 3)
    const [since, patience] = [performance.now(), patienceOf(cache)]
    await strike(servers)
    await eventually(async () => performance.now() - since > 1_000 && ((await over?.(servers)) ?? true), {
      timeout: 30_000,
    })
    const [{ failures, unsettled, ...report }, untroubled] = await Promise.all([reads.stop(), control.stop()])
    probe.stop()
    const [p99, machine] = [times.p99(since), control.times.p99(since)]
    const [gap, pause] = [report, untroubled].map((all) => Math.round(all.longestGapSince(since))) as [number, number]
    const others = `of an untouched server ${machine.toFixed(1)} ms and ${pause} ms`
    console.info(
      `${report.issued} reads, p99 ${p99.toFixed(1)} ms, longest gap ${gap} ms, patience ${patience.toFixed(1)} ms; ${others}`,
    )
    expect({ failures: Object.fromEntries(failures), unsettled }).toEqual({ failures: {}, unsettled: 0 })
    // A read that another node answers waits for a timer and two round trips, where one of the untouched server takes one.
    expect(p99 - 3 * machine, 'p99').toBeLessThanOrEqual(patience + slot)
    expect(gap - 2 * pause, 'longest gap').toBeLessThanOrEqual(patience + 50)
  },
)

/** It answers nobody for that long. */
function sleeps(node: LabServer | undefined): void {
  node?.ask(['DEBUG', 'SLEEP', '3'], 10_000).catch(() => {})
}

async function answers(node: LabServer | undefined): Promise<boolean> {
  return (await node?.ask(['PING'], 100).catch(() => undefined)) === 'PONG'
}

/** How often a cache looks at its deadlines, in ms: a read is asked of another node so much later. */
const slot = 10
