import type { CallOptions, Client } from '../../clients/client.js'
import type { Call } from '../../clients/command.js'
import type { Codec } from '../../codec/codec.js'
import type { Freshness } from '../../codec/frame.js'
import type { Value } from '../../codec/value.js'
import { CodecError, ReadOnlyCacheError } from '../../errors.js'
import type { KeyMaker } from '../../keys/key-maker.js'
import type { Milliseconds } from '../../units.js'
import { isFresh } from '../freshness.js'
import type { LoadGuard, LoadTurn } from '../loads/load-guard.js'
import type { MakeGuard } from '../loads/loads.js'
import type { Replaces } from '../loads/outcome.js'
import { noOptions } from '../options.js'
import type { ServerTime } from '../server-time.js'
import type { FleetLease } from './fleet-lease.js'
import { fleetLocks } from './fleet-writes.js'
import type { Fleet } from './fleet.js'
import type { FleetTurn } from './turn.js'

/** What one load is guarded with. */
export interface FleetGuardParts {
  readonly fleet: Fleet
  readonly client: Client
  readonly codec: Codec
  readonly time: ServerTime
  /** The key of the value, and that of its lock, as the server knows them. */
  readonly key: string
  readonly lock: string
  /** What the load was begun to replace. */
  readonly replaces: Replaces
  /** How long the lock lasts without being renewed, in ms. */
  readonly length: Milliseconds
  /** Told why the lock could not be had; throws what is no outage. */
  readonly onOutage: (error: unknown) => void
}

/** Makes the guards of a cache's loads. */
export function fleetGuards(
  common: Pick<FleetGuardParts, 'fleet' | 'client' | 'codec' | 'time'>,
  keys: KeyMaker,
): MakeGuard {
  return (key, { policy, replaces }, onOutage) => {
    const lock = keys.besideMade(fleetLocks, key)
    if (lock === undefined) return undefined
    return new FleetGuard({ ...common, key, lock, replaces, length: policy.fleetLease, onOutage })
  }
}

/** A value that another process has written. */
interface Written {
  readonly value: unknown
  readonly stored: Value
}

/** Lets the load of one key run in one process at a time. Where the lock cannot be had, the load runs without it. */
export class FleetGuard implements LoadGuard {
  readonly #parts: FleetGuardParts
  #lease: FleetLease | undefined
  #ended = false
  /** What the last stored value was that was no reason not to load. */
  #seen: Replaces = 'unreadable'
  /** What was there when the load was begun, and was of no use: unreadable, or due in a herd cache. */
  #useless: Value | undefined

  constructor(parts: FleetGuardParts) {
    this.#parts = parts
  }

  async enter(isWanted: () => boolean, signal: AbortSignal): Promise<LoadTurn> {
    const { fleet, key, lock, codec, replaces, length, onOutage } = this.#parts
    const wanted = (stored: Value): Promise<Written | undefined> => this.#read(stored)
    const takesOver = replaces === 'anything'
    try {
      const request = { key, lock, reads: codec.reads, wanted, waits: isWanted, takesOver, signal }
      return this.#begin(await fleet.enter(request, length))
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof ReadOnlyCacheError)) onOutage(error)
      return { kind: 'ours', replaces }
    }
  }

  async write(call: Call<unknown>, options: CallOptions): Promise<unknown> {
    const lease = this.#lease
    if (lease === undefined) return this.#parts.client.execute(call, options)
    this.#lease = undefined
    return lease.write(call, options)
  }

  end(): void {
    this.#ended = true
    this.#lease?.release()
    this.#lease = undefined
  }

  #begin(turn: FleetTurn<Written>): LoadTurn {
    if (turn.kind === 'found') return { kind: 'theirs', ...turn.found }
    if (turn.kind === 'held') return { kind: 'nobody' }
    this.#lease = turn.lease
    if (this.#ended) this.end()
    const { replaces } = this.#parts
    return { kind: 'ours', replaces: replaces === 'nothing' && turn.stored !== undefined ? this.#seen : replaces }
  }

  /** Reads a value that is fresh and was not seen before the load began. */
  async #read(stored: Value): Promise<Written | undefined> {
    const { codec, key, replaces } = this.#parts
    this.#seen = 'unreadable'
    if (replaces === 'unreadable' && isSameValue(stored, (this.#useless ??= stored))) return undefined
    try {
      const entry = codec.open(stored, key)
      const { freshness } = entry.fields
      if (replaces === 'anything' || isSame(freshness, replaces)) return undefined
      if (!isFresh(freshness, await this.#now(freshness))) {
        this.#seen = freshness
        return undefined
      }
      const value = await entry.read()
      return value !== undefined || entry.isAbsence() ? { value, stored } : undefined
    } catch (error) {
      if (error instanceof CodecError && error.fault !== 'setup') return undefined
      throw error
    }
  }

  /** On the server's clock, which only matters to what has an end. */
  async #now(freshness: Freshness | undefined): Promise<Milliseconds> {
    const { key, time } = this.#parts
    return freshness === undefined ? 0 : (time.now(key) ?? time.ask(key, noOptions))
  }
}

function isSameValue(one: Value, other: Value): boolean {
  return one === other || Buffer.from(one).equals(Buffer.from(other))
}

function isSame(freshness: Freshness | undefined, replaces: Replaces): boolean {
  if (freshness === undefined || typeof replaces !== 'object') return false
  return freshness.until === replaces.until && freshness.ttl === replaces.ttl
}
