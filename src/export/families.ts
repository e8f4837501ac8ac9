import type { CacheStats } from '../cache/stats.js'
import type { LatencyStats } from '../telemetry/histogram.js'
import type { MeterStats } from '../telemetry/meter.js'
import type { ReportKind } from '../telemetry/reporter.js'

/** What monitoring gets of `stats()` under one name. */
export interface Family<Value> {
  /** Its name, words between dots, without what systems put before and behind it. */
  readonly name: string
  /** What it says, in a sentence. */
  readonly help: string
  /** Its values of one cache, each with what tells it from the others. Never a key: there are too many. */
  readonly values: (stats: CacheStats) => readonly Measured<Value>[]
}

/** One value. */
export interface Measured<Value> {
  readonly labels: Readonly<Record<string, string>>
  readonly value: Value
}

/** Every kind is there from the start: what grows is seen from its second value on. */
const nothingSurvived: Readonly<Record<ReportKind, 0>> = {
  OUTAGE: 0,
  UNREADABLE: 0,
  SCHEMA: 0,
  WRITE_BACK: 0,
  LOADER: 0,
  LISTENER: 0,
  RECOVERY: 0,
}

/** What grows only. */
export const counters: readonly Family<number>[] = [
  {
    name: 'reads',
    help: 'Keys that were read, by what became of them: near (from memory), hit, stale (past the ttl, and served), miss.',
    values: ({ tiers: { near, server }, misses }) =>
      each('outcome', { near: near.hits, hit: server.hits, stale: server.stale, miss: misses }),
  },
  { name: 'calls', help: 'Calls of methods.', values: ({ methods }) => each('method', methods) },
  {
    name: 'errors',
    help: 'Commands that failed for good, by error code.',
    values: ({ errors }) => each('code', errors),
  },
  {
    name: 'survived',
    help: 'What went on without its servers or its value, by kind.',
    values: ({ survived }) => each('kind', { ...nothingSurvived, ...survived }),
  },
  { name: 'events', help: 'Topology events, by type.', values: ({ events }) => each('type', events) },
  {
    name: 'command.errors',
    help: 'Commands that failed for good, by command.',
    values: ({ commands }) => each('command', commands, ({ errors }) => errors),
  },
  {
    name: 'node.errors',
    help: 'Attempts that failed, by node.',
    values: ({ nodes }) => each('node', nodes, ({ errors }) => errors),
  },
  {
    name: 'node.retries',
    help: 'Attempts after another one had failed, by node.',
    values: ({ nodes }) => each('node', nodes, ({ retries }) => retries),
  },
  {
    name: 'node.hedges',
    help: 'Reads that were also sent to this node, for another one had not answered.',
    values: ({ nodes }) => each('node', nodes, ({ hedges }) => hedges),
  },
  { name: 'load.errors', help: 'Loaders that failed.', values: ({ loads }) => only(loads.errors) },
  {
    name: 'near.invalidations',
    help: 'Copies that were dropped because a server announced a change.',
    values: ({ near }) => only(near?.invalidations),
  },
  {
    name: 'near.flushes',
    help: 'How often copies were dropped at once, by cause.',
    values: ({ near }) => each('cause', near?.flushes ?? {}),
  },
]

/** What is so now. */
export const gauges: readonly Family<number>[] = [
  {
    name: 'node.pending',
    help: 'Commands that wait for their replies, by node.',
    values: ({ nodes }) => each('node', nodes, ({ pending }) => pending),
  },
  {
    name: 'pool.connections',
    help: 'Open connections that all calls share, by node.',
    values: ({ nodes }) => each('node', nodes, ({ pool }) => pool?.connections),
  },
  {
    name: 'pool.leases',
    help: 'Connections of one’s own that are lent, by node.',
    values: ({ nodes }) => each('node', nodes, ({ pool }) => pool?.leases),
  },
  {
    name: 'pool.waiting',
    help: 'Callers who wait for a connection, by node.',
    values: ({ nodes }) => each('node', nodes, ({ pool }) => pool?.waiting),
  },
  {
    name: 'near.entries',
    help: 'Keys that are held in this process.',
    values: ({ near }) => only(near?.entries),
  },
  {
    name: 'near.bytes',
    help: 'What the keys that are held in this process take, by estimate.',
    values: ({ near }) => only(near?.bytes),
  },
]

/** How long things took, in seconds. */
export const latencies: readonly Family<LatencyStats>[] = [
  {
    name: 'command.duration',
    help: 'From a call to its end, with retries and what it waited for a node, by command.',
    values: ({ commands }) => each('command', commands, latencyOf),
  },
  { name: 'node.duration', help: 'Attempts, by node.', values: ({ nodes }) => each('node', nodes, latencyOf) },
  { name: 'load.duration', help: 'Runs of loaders.', values: ({ loads }) => only(loads.latency) },
  {
    name: 'hold.duration',
    help: 'Times in which writes were held.',
    values: ({ holds }) => only(holds.latency),
  },
]

/** One value that nothing tells from others; none where it is not known. */
function only<Value>(value: Value | undefined): readonly Measured<Value>[] {
  return value === undefined ? [] : [{ labels: {}, value }]
}

/** What a record holds, by a label that is its name there; without what is not known. */
function each<Of, Value>(
  label: string,
  record: Readonly<Record<string, Of>>,
  value?: (one: Of) => Value | undefined,
): readonly Measured<Value>[]
function each(
  label: string,
  record: Readonly<Record<string, unknown>>,
  value = (one: unknown): unknown => one,
): readonly Measured<unknown>[] {
  return Object.entries(record).flatMap(([name, one]) => {
    const known = value(one)
    return known === undefined ? [] : [{ labels: { [label]: name }, value: known }]
  })
}

function latencyOf({ latency }: MeterStats): LatencyStats {
  return latency
}
