import type { CacheTelemetry } from '../telemetry/cache-telemetry.js'
import type { NodeStats } from '../telemetry/call-meters.js'
import { joined, type LatencyStats } from '../telemetry/histogram.js'
import type { MeterStats } from '../telemetry/meter.js'
import type { ReportKind } from '../telemetry/reporter.js'
import type { WatchedParts } from './cache-parts.js'
import { statsOf } from './near/near-part.js'
import type { NearStats } from './near/stats.js'

/** What one place has answered of the keys that it was asked for. */
export interface TierStats {
  /** Keys whose value it gave. */
  readonly hits: number
  /** Of servers that of all commands, of loaders that of all runs; `undefined` for memory, which is not timed. */
  readonly latency: LatencyStats | undefined
}

/** What a cache has counted since it was made. Everything adds up, but for what a node has now. */
export interface CacheStats {
  /** How often each method was called, of those that were. */
  readonly methods: Readonly<Record<string, number>>
  /** Commands that left for a server, by name; those that travelled together are one `BATCH`. None with `memory://`. */
  readonly commands: Readonly<Record<string, MeterStats>>
  /**
   * Where values came from, of the keys that were read: `near` is the memory of this process, `stale` are those that a server
   * had and that were past their ttl.
   */
  readonly tiers: {
    readonly near: TierStats
    readonly server: TierStats & { readonly stale: number }
    readonly loader: TierStats
  }
  /**
   * Keys that were read and had no value for their caller: none was there, it was past its ttl and not served, it could not be
   * read, or its server was away and the call fail-safe.
   */
  readonly misses: number
  /** Attempts by node, `host:port`. */
  readonly nodes: Readonly<Record<string, NodeStats>>
  /** Commands that have failed for good, by the code of their error, whether or not the cache went on without its servers. */
  readonly errors: Readonly<Record<string, number>>
  /** What was survived, by kind: also what `onError` was not told, which hears of each kind once a second. */
  readonly survived: Readonly<Partial<Record<ReportKind, number>>>
  /** Topology events by type, as `cache.on` names them. */
  readonly events: Readonly<Record<string, number>>
  /** Runs of loaders. */
  readonly loads: MeterStats
  /** How often writes were held in a failover, and for how long. */
  readonly holds: MeterStats
  /** `undefined` without a near cache. */
  readonly near: NearStats | undefined
}

/** Reads what was counted. */
export function cacheStats({ name, telemetry, reporter, near }: WatchedParts): CacheStats {
  const { calls, methods, reads, events } = telemetry
  const commands = calls.commands.mapped(({ stats }) => stats)
  const loads = telemetry.loads.stats
  return {
    methods,
    commands,
    tiers: tiersOf(reads, joined(Object.values(commands).map(({ latency }) => latency)), loads),
    misses: reads.misses,
    nodes: calls.nodes.mapped(({ nodeStats }) => nodeStats),
    errors: calls.errors,
    survived: reporter.survived(name),
    events,
    loads,
    holds: telemetry.holds.stats,
    near: statsOf(near),
    ...telemetry.mark,
  }
}

function tiersOf(
  reads: CacheTelemetry['reads'],
  server: LatencyStats,
  { latency, errors }: MeterStats,
): CacheStats['tiers'] {
  return {
    near: { hits: reads.near, latency: undefined },
    server: { hits: reads.hits, stale: reads.stale, latency: server },
    loader: { hits: latency.count - errors, latency },
  }
}
