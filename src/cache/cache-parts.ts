import type { Client } from '../clients/client.js'
import type { Codec } from '../codec/codec.js'
import type { KeyMaker } from '../keys/key-maker.js'
import type { CacheTelemetry } from '../telemetry/cache-telemetry.js'
import type { Reporter } from '../telemetry/reporter.js'
import { monotonicClock, type Milliseconds } from '../units.js'
import { ClientRunner } from './client-runner.js'
import { fleetGuards } from './fleet/fleet-guard.js'
import { Fleet } from './fleet/fleet.js'
import { FleetWrites } from './fleet/fleet-writes.js'
import type { LoadPolicy } from './load-policy.js'
import { Loads } from './loads/loads.js'
import type { RunningLoads } from './loads/running-loads.js'
import type { NearPart } from './near/near-part.js'
import type { OperationContext } from './operations/context.js'
import { WatchedClient } from './watched-client.js'
import type { WriteWatch } from './write-watch.js'

/** What a cache is made of. */
export interface CacheParts {
  readonly name: string
  readonly client: Client
  /** That of another cache on the same client. @default one of its own */
  readonly runner?: ClientRunner | undefined
  /** That of another cache on the same client. @default one of its own */
  readonly writes?: WriteWatch
  /** That of another cache on the same client. @default one of its own */
  readonly running?: RunningLoads
  /** Those of another cache with the same codec on the same client. @default its own */
  readonly loads?: Loads
  /** Whether a key is deleted and its server does not know yet. @default none is */
  readonly isDeleted?: (key: string) => boolean
  /** Whether a write of a key is kept, and its server does not know yet. @default none is */
  readonly isKept?: (key: string) => boolean
  /** Where values are held in this process. @default nowhere */
  readonly near?: NearPart | undefined
  readonly keys: KeyMaker
  readonly codec: Codec
  readonly reporter: Reporter
  /** What it tells of itself. @default nothing of its keys */
  readonly telemetry?: CacheTelemetry
  /** Whether an outage is a miss. */
  readonly failSafe: boolean
  /** Kept by default for this long; `undefined`: for ever. */
  readonly ttl: Milliseconds | undefined
  /** How values are loaded where a call does not say otherwise. @default as no option says otherwise */
  readonly loading?: LoadPolicy
  /** How long servers may take to answer a read, in ms. @default 1000 */
  readonly readDeadline?: Milliseconds | undefined
  /** How long close() waits for what runs, in ms. */
  readonly closeTimeout: Milliseconds
}

/** The parts of a cache whose writes can be heard of, and whose loads are waited for. */
export type WatchedParts = CacheParts & Required<Pick<CacheParts, 'writes' | 'running' | 'telemetry'>>

/** Makes the runner of a cache. The writes of a cache whose loads other processes wait for take those loads away. */
export function runnerOf({ client, writes, keys, loading }: WatchedParts): ClientRunner {
  const watched = new WatchedClient(client, writes)
  return new ClientRunner(loading?.singleFlight === 'fleet' ? new FleetWrites(watched, keys) : watched)
}

/** Makes the loads of a cache. */
export function loadsOf(parts: WatchedParts, { failSafe, time }: Pick<OperationContext, 'failSafe' | 'time'>): Loads {
  const { client, codec, keys, writes, running, telemetry, loading, isDeleted = () => false } = parts
  const isFleet = loading?.singleFlight === 'fleet'
  const guard = isFleet ? fleetGuards({ fleet: fleetOf(parts), client, codec, time }, keys) : undefined
  return new Loads({ client, codec, time, failSafe, writes, running, telemetry, guard, isDeleted })
}

/** Its locks are had, or not, within the time of a look. */
function fleetOf({ name, client, reporter, readDeadline: time = 1_000 }: CacheParts): Fleet {
  const mute = (error: Error): void => reporter.advise('CHANNELS', noChannels(name, error))
  return new Fleet({ client, clock: monotonicClock, time, mute })
}

function noChannels(name: string, error: Error): string {
  const advice = 'allow SSUBSCRIBE, SPUBLISH and the channels of its prefix to its user'
  return `Cache '${name}' looks every 50 ms whether other processes have loaded, for it may not subscribe (${error.message}); ${advice}.`
}
